using Farsight.Alignment.Answering;
using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis.Quality;

namespace Farsight.Tests.Alignment.Synthesis.Quality;

public sealed class QualityJudgeTests
{
    [Theory]
    [InlineData("""{"accepted": true, "reason": "It says so."}""", true, "It says so.")]
    [InlineData("Here:\n```json\n{\"reason\": \"Made up.\", \"accepted\": false}\n```", false, "Made up.")]
    [InlineData("""{"accepted": true}""", true, "")]
    [InlineData("Looks good to me", false, "unreadable: Looks good to me")]
    [InlineData("""{"accepted": "maybe"}""", false, "unreadable: {\"accepted\": \"maybe\"}")]
    public async Task The_verdict_is_read_and_an_unreadable_one_accepts_nothing(string answer, bool accepted, string reason)
    {
        using ScriptedChat client = new(prompt =>
        {
            Assert.Contains("The lamp of Ardmore.", prompt, StringComparison.Ordinal);
            return answer;
        });
        JudgeVerdict verdict = await new QualityJudge(client.AsLanguageModel("judge")).Judge(
            "Which lamp?",
            "Ardmore's",
            ["The lamp of Ardmore."],
            CancellationToken.None);

        Assert.Equal(new JudgeVerdict("judge", accepted, reason), verdict);
    }

    [Fact]
    public async Task An_answer_without_text_accepts_nothing_and_does_not_end_the_run()
    {
        using ScriptedChat client = new(_ => throw new UnusableAnswerException("only reasoning"));

        Assert.Equal(
            new JudgeVerdict("judge", false, "unreadable: the answer has no text"),
            await new QualityJudge(client.AsLanguageModel("judge")).Judge("Which lamp?", "Ardmore's", ["A."], CancellationToken.None));
    }
}
