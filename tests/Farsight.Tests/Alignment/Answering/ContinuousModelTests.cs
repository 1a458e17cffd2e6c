using Farsight.Alignment.Answering;

namespace Farsight.Tests.Alignment.Answering;

public sealed class ContinuousModelTests : IDisposable
{
    readonly LoadedModel _model = LoadedModel.Open(Path.Combine(Repository.Root, "models/tiny"));

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task A_receiver_that_fails_when_its_request_is_cancelled_ends_no_other_request()
    {
        using ContinuousModel answers = new(_model, new() { CacheBytes = 1 << 22 });
        using CancellationTokenSource cancel = new();
        Prompt prompt = new Prompt.RawText("Once upon a time");
        GenerationOptions all = new(100) { LogitBias = new Dictionary<int, float> { [_model.Tokenizer.Eos!.Value] = -100 } };
        Completion expected = (await answers.CompleteAsync([new(prompt, all)]))[0];
        CompletionRequest failing = new(prompt, all with { Stop = [expected.Text + "§"] }) // so all text is held back
        {
            OnPart = _ => throw new InvalidOperationException("gone"),
            OnPromptProgress = _ => cancel.Cancel(),
        };

        Task<IReadOnlyList<Completion>> other = answers.CompleteAsync([new(new Prompt.RawText("A boat"), all)], CancellationToken.None);
        Task<IReadOnlyList<Completion>> failed = answers.CompleteAsync([failing], cancel.Token);

        await Assert.ThrowsAsync<InvalidOperationException>(() => failed);
        Assert.Equal(100, (await other)[0].Tokens.Count);
    }

    [Fact]
    public async Task Requests_that_arrive_while_the_model_is_disposed_end()
    {
        for (int round = 0; round < 20; round++)
        {
            ContinuousModel answers = new(_model, new() { CacheBytes = 1 << 22 });
            Task[] calls = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(Call))];
            answers.Dispose();
            await Task.WhenAll(calls).WaitAsync(TimeSpan.FromMinutes(1));

            async Task Call()
            {
                try
                {
                    Completion answer = (await answers.CompleteAsync([new(new Prompt.RawText("Once"), new(4))]))[0];
                    Assert.True(answer.FinishReason == FinishReason.Cancelled || answer.OutputTokens > 0);
                }
                catch (ObjectDisposedException)
                {
                    // It came too late, and was told.
                }
            }
        }
    }
}
