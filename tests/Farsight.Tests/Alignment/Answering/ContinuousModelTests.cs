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
    public async Task Answers_that_share_too_little_memory_wait_for_each_other_and_have_the_log_probabilities_of_each_alone()
    {
        Prompt[] prompts =
            [.. new[] { "Once upon a time", "A boat", "The lamp stands", "In the morning" }.Select(p => new Prompt.RawText(p))];
        GenerationOptions limit = new(300) { LogitBias = new Dictionary<int, float> { [_model.Tokenizer.Eos!.Value] = -100 } };
        using ContinuousModel answers = new(_model, new() { CacheBytes = 1 }); // one window
        Assert.Equal(512, answers.CacheTokens);
        List<Completion> alone = [];
        foreach (Prompt prompt in prompts)
        {
            alone.AddRange(await answers.CompleteAsync([new(prompt, limit) { TopLogProbs = 0 }], CancellationToken.None));
        }

        IReadOnlyList<Completion> together = await answers
            .CompleteAsync([.. prompts.Select((p, i) => new CompletionRequest(p, limit) { TopLogProbs = 0, Given = alone[i].Tokens })])
            .WaitAsync(TimeSpan.FromMinutes(2));

        foreach ((Completion expected, Completion actual) in alone.Zip(together))
        {
            Assert.Equal((300, FinishReason.Length), (actual.Tokens.Count, actual.FinishReason));
            Near.Each(
                [.. expected.LogProbs.Select(t => (double)t.LogProb)],
                [.. actual.LogProbs.Select(t => t.LogProb)],
                relative: 1e-3,
                absolute: 1e-3);
            Assert.InRange(actual.QueueSeconds!.Value, 0, actual.FirstTokenSeconds!.Value);
        }
    }

    [Fact]
    public async Task A_request_without_a_limit_does_not_keep_a_short_one_waiting()
    {
        using ContinuousModel answers = new(_model, new() { CacheBytes = 1 });
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenSource cancel = new();
        GenerationOptions all = new(500) { LogitBias = new Dictionary<int, float> { [_model.Tokenizer.Eos!.Value] = -100 } };
        Task<IReadOnlyList<Completion>> unlimited = answers.CompleteAsync(
            [
                new(new Prompt.RawText("Once upon a time"), all)
                {
                    OnPart = _ => started.TrySetResult(),
                },
            ],
            cancel.Token);
        await started.Task;

        Completion quick = (await answers.CompleteAsync([new(new Prompt.RawText("A boat"), new(4))], CancellationToken.None))[0];

        Assert.False(unlimited.IsCompleted);
        Assert.InRange(quick.Tokens.Count, 1, 4);
        await cancel.CancelAsync();
        Assert.Equal(FinishReason.Cancelled, (await unlimited)[0].FinishReason);
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
