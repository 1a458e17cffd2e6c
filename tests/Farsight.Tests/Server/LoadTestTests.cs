using Farsight.Engine;
using Farsight.Server.Hosting;

namespace Farsight.Tests.Server;

public sealed class LoadTestTests
{
    [Fact]
    public async Task Every_question_is_answered_as_it_is_alone_whatever_the_number_of_clients()
    {
        List<LoadTestRound> rounds = [];
        LoadTestOptions size = new([1, 4], Questions: 6, DocumentTokens: 100, NewTokens: 6);
        await foreach (LoadTestRound round in LoadTest.Run(new() { Model = ServerFixture.ModelPath }, size, CancellationToken.None))
        {
            rounds.Add(round);
        }

        Assert.Equal([0, 1, 4], rounds.Select(r => r.Clients));
        Assert.All(rounds, r => Assert.Equal((6, 0, 0), (r.Questions, r.Failed, r.Different)));
        Assert.All(rounds, r => Assert.True(r.FirstToken > 0 && r.FirstToken95 >= r.FirstToken && r.TokensPerSecond > 0));
    }

    [Fact]
    public async Task A_document_beyond_the_window_is_refused_with_the_sizes()
    {
        LoadTestOptions size = new([1], Questions: 1, DocumentTokens: 600, NewTokens: 6);
        IAsyncEnumerator<LoadTestRound> rounds = LoadTest.Run(
            new() { Model = ServerFixture.ModelPath }, size, CancellationToken.None).GetAsyncEnumerator();

        InputException refused = await Assert.ThrowsAsync<InputException>(async () => await rounds.MoveNextAsync());

        Assert.Contains("the model's window has 512", refused.Message, StringComparison.Ordinal);
    }
}
