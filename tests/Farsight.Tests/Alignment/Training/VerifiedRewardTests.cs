using Farsight.Alignment.Training;

namespace Farsight.Tests.Alignment.Training;

public sealed class VerifiedRewardTests
{
    const string Evidence = "The keeper said that the lamp of Ansel is kept in the north tower of the harbour.";

    [Theory]
    [InlineData("It is in the North  tower.", 1)]
    [InlineData("It is in the south tower.", 0)]
    public void Without_evidence_the_reward_is_the_answer(string response, double reward) =>
        Assert.Equal(reward, VerifiedReward.Of(response, "north tower", null));

    // a + 0.1·F + 0.9·a·F; F = 5PR/(4P + R) with one chunk: R is 1 once a quote is right.
    [Theory]
    [InlineData("\"the lamp of Ansel\" So: the north tower.", 1 + 0.1 + 0.9)]
    [InlineData("“the lamp of Ansel” So: the south tower.", 0.1)]
    [InlineData("\"the lamp of Ansel is kept in the north tower\"", 0.1)] // the answer counts outside of quotes
    [InlineData("\"the lamp of Berta\" So: the north tower.", 1)]
    [InlineData("\"a lamp\" So: the north tower.", 1)] // two words are no citation
    [InlineData("So: the north tower.", 1)]
    // P = 1/2: F = 2.5/3.
    [InlineData("\"the lamp of Ansel\" \"the lamp of Berta\" So: the north tower.", 1 + 2.5 / 3)]
    public void With_evidence_quotes_from_the_chunk_count(string response, double reward) =>
        Assert.Equal(reward, VerifiedReward.Of(response, "north tower", Evidence), 1e-12);
}
