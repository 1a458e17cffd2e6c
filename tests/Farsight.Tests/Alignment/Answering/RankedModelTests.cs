using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Engine.Communication;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Alignment.Answering;

public sealed class RankedModelTests
{
    [Theory]
    [InlineData(1), InlineData(2), InlineData(4)]
    public void Every_rank_answers_and_the_answers_are_those_of_one_model(int size)
    {
        const int Calls = 24;

        IReadOnlyList<Completion>[][] answers = ThreadRanks.Run(size, ranks => Run(ranks, new Named(ranks.Rank), model => Task.WhenAll(
            Enumerable.Range(0, Calls).Select(i => model.CompleteAsync([Request($"call {i}"), Request("second")])))));

        Assert.Equal(
            Enumerable.Range(0, Calls).Select(i => $"call {i}!"), answers[0].Select(a => a[0].Text));
        Assert.All(answers[0], a => Assert.Equal("second!", a[1].Text));
        Assert.Equal(Enumerable.Range(0, size), answers[0].Select(a => a[0].InputTokens!.Value).Distinct().Order());
    }

    [Fact]
    public void A_request_and_its_answer_reach_another_rank_unchanged()
    {
        CompletionRequest sent = new(
            new Prompt.Tokens([3, 1, 2]) { Positions = [0, 5, 9], ContinuesText = true },
            new(7)
            {
                Temperature = 0.1 + 0.2,
                TopP = 0.3,
                Seed = -5,
                Stop = ["\n", "é\u0001"],
                LogitBias = new Dictionary<int, float> { [4] = 0.1f },
            })
        {
            Random = SeededRandom.For(1, "x", 2),
            ObservesHeads = true,
            Given = [8, 9],
        };
        Completion answered = new("an answér", FinishReason.Length)
        {
            Tokens = [1, 2],
            StopToken = 3,
            OutputTokens = 3,
            Seconds = 1.1,
            Heads = new(1, 2, [3, 1, 2], [1], [[0, 2]]),
            Steps = [new("worker 1", "reply", 3, null) { Counts = new Dictionary<string, int> { ["facts"] = 2 } }],
        };
        CompletionRequest? received = null;

        Completion[] all = ThreadRanks.Run(2, ranks => Run(
            ranks,
            new Answering((r, rank) =>
            {
                received = rank == 1 ? r : received;
                return answered;
            }, ranks.Rank),
            async model => (await Task.WhenAll(model.CompleteAsync([sent]), model.CompleteAsync([sent])))[1][0]));

        Prompt.Tokens prompt = Assert.IsType<Prompt.Tokens>(received!.Prompt);
        Assert.Equal([3, 1, 2], prompt.Ids);
        Assert.Equal([0, 5, 9], prompt.Positions!);
        Assert.True(prompt.ContinuesText);
        Assert.Equal((sent.Options.Temperature, 0.3, -5L), (received.Options.Temperature, received.Options.TopP, received.Options.Seed));
        Assert.Equal(sent.Options.Stop, received.Options.Stop);
        Assert.Equal(0.1f, received.Options.LogitBias[4]);
        SeededRandom expected = sent.Random.Value, actual = received.Random!.Value;
        Assert.Equal(expected.NextUInt64(), actual.NextUInt64());
        Assert.Equal([8, 9], received.Given!);
        Assert.True(received.ObservesHeads);
        Assert.Equal(("an answér", FinishReason.Length), (all[0].Text, all[0].FinishReason));
        Assert.Equal((3, 3, 1.1), (all[0].StopToken, all[0].OutputTokens, all[0].Seconds));
        Assert.Equal([0, 2], all[0].Heads!.Peaks[0]);
        Assert.Equal(2, all[0].Steps[0].Counts["facts"]);
    }

    [Fact]
    public void An_infinite_log_probability_of_a_choice_keeps_its_value()
    {
        ChoiceLogProb[][] scores = ThreadRanks.Run(2, ranks => Run(ranks, new Named(ranks.Rank), async model =>
            (await Task.WhenAll(model.ScoreAsync([new([1], [[2]])]), model.ScoreAsync([new([1], [[2]])])))[1][0]));

        Assert.Equal(new ChoiceLogProb(double.NegativeInfinity, 1, false), scores[0][0]);
    }

    [Fact]
    public void A_call_that_another_rank_refuses_fails_with_the_exception_of_one_model()
    {
        PromptTooLongException[] failures = ThreadRanks.Run(2, ranks => Run(
            ranks,
            new Answering((_, _) => throw new PromptTooLongException(9, 8), ranks.Rank),
            async model => await Assert.ThrowsAsync<PromptTooLongException>(
                () => Task.WhenAll(model.CompleteAsync([Request("a")]), model.CompleteAsync([Request("b")])))));

        Assert.Equal((9, 8), (failures[0].PromptTokens, failures[0].Window));
    }

    [Fact]
    public void A_request_with_a_constraint_of_this_process_is_answered_by_it()
    {
        IReadOnlyList<Completion>[][] answers = ThreadRanks.Run(2, ranks => Run(ranks, new Named(ranks.Rank), model => Task.WhenAll(
            Enumerable.Range(0, 6).Select(_ => model.CompleteAsync([Request("a") with { OnText = _ => { } }])))));

        Assert.All(answers[0], a => Assert.Equal(0, a[0].InputTokens));
    }

    static CompletionRequest Request(string text) => new(new Prompt.RawText(text), new(4));

    /// <summary>Rank 0 asks, the others serve.</summary>
    static T Run<T>(Communicator ranks, ILanguageModel own, Func<RankedModel, Task<T>> ask)
    {
        if (!ranks.IsFirst)
        {
            RankedModel.Serve(own, ranks);
            return default!;
        }
        using RankedModel model = new(own, ranks);
        return ask(model).GetAwaiter().GetResult();
    }

    /// <summary>Echoes the prompt after a moment, one call at a time, and reports its rank as the number of tokens.</summary>
    sealed class Named(int rank) : ILanguageModel
    {
        Task _turn = Task.CompletedTask;

        public string Name => "named";

        public int? ContextWindow => null;

        public ModelCapabilities Capabilities { get; } = new() { AcceptsTokens = true, IsBatched = true };

        public async Task<IReadOnlyList<Completion>> CompleteAsync(
            IReadOnlyList<CompletionRequest> requests, CancellationToken cancellationToken)
        {
            await (_turn = AfterOthers(_turn, cancellationToken));
            return
            [
                .. requests.Select(r => new Completion(((Prompt.RawText)r.Prompt).Text + "!", FinishReason.Stop) { InputTokens = rank }),
            ];
        }

        static async Task AfterOthers(Task others, CancellationToken cancellationToken)
        {
            await others;
            await Task.Delay(20, cancellationToken);
        }

        public async Task<IReadOnlyList<ChoiceLogProb[]>> ScoreAsync(
            IReadOnlyList<ChoiceRequest> requests, CancellationToken cancellationToken)
        {
            await Task.Delay(20, cancellationToken);
            return [.. requests.Select(r => r.Continuations.Select(c => new ChoiceLogProb(double.NegativeInfinity, c.Count, false)))
                .Select(s => s.ToArray())];
        }
    }

    sealed class Answering(Func<CompletionRequest, int, Completion> answer, int rank) : ILanguageModel
    {
        public string Name => "answering";

        public int? ContextWindow => null;

        public ModelCapabilities Capabilities { get; } = new() { AcceptsTokens = true, IsBatched = true };

        public async Task<IReadOnlyList<Completion>> CompleteAsync(
            IReadOnlyList<CompletionRequest> requests, CancellationToken cancellationToken)
        {
            await Task.Delay(50, cancellationToken);
            return [.. requests.Select(r => answer(r, rank))];
        }
    }
}
