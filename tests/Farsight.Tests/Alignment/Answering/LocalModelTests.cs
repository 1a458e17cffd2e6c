using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;
using Farsight.Text.Conversations;

namespace Farsight.Tests.Alignment.Answering;

public sealed class LocalModelTests : IDisposable
{
    static readonly GenerationOptions s_greedy = new(12);

    readonly LoadedModel _loaded = LoadedModel.Open(Path.Combine(Repository.Root, "models/tiny"));

    LocalModel Model => _loaded.LanguageModel;

    public void Dispose() => _loaded.Dispose();

    [Fact]
    public async Task A_stop_text_ends_the_answer_and_is_not_part_of_it_however_tokens_cut_it()
    {
        string free = (await One("The lamp is", s_greedy)).Text;
        string stop = free[5..9];

        Completion stopped = await One("The lamp is", s_greedy with { Stop = [stop, "never there"] });

        Assert.Equal(free[..free.IndexOf(stop, StringComparison.Ordinal)], stopped.Text);
        Assert.Equal(FinishReason.Stop, stopped.FinishReason);
    }

    [Fact]
    public async Task A_stop_token_ends_the_answer_after_the_minimum_number_of_tokens()
    {
        Completion free = await One("The lamp is", s_greedy);
        int token = free.Tokens[2];

        Completion stopped = await One("The lamp is", s_greedy with { StopTokens = [token] });
        Completion later = await One("The lamp is", s_greedy with { StopTokens = [token], MinNewTokens = 4 });

        int first = free.Tokens.ToList().IndexOf(token);
        Assert.Equal((FinishReason.Stop, token), (stopped.FinishReason, stopped.StopToken));
        Assert.Equal(free.Tokens.Take(first), stopped.Tokens);
        Assert.Equal(first + 1, stopped.OutputTokens);
        Assert.DoesNotContain(token, later.Tokens.Take(4));
        Assert.True(later.Tokens.Count >= 4);
    }

    [Fact]
    public async Task A_stop_text_ends_the_answer_after_the_minimum_number_of_tokens()
    {
        Completion free = await One("The lamp is", s_greedy);
        GenerationOptions stops = s_greedy with { Stop = [free.Text[..1], free.Text[2..5]] };

        Assert.Equal("", (await One("The lamp is", stops)).Text);
        Assert.Equal(free.Text, (await One("The lamp is", stops with { MinNewTokens = free.Tokens.Count })).Text);
    }

    [Fact]
    public async Task A_stop_token_outside_the_vocabulary_has_no_effect()
    {
        GenerationOptions late = s_greedy with { MinNewTokens = 2 };

        Assert.Equal(
            (await One("The lamp is", late)).Tokens,
            (await One("The lamp is", late with { StopTokens = [-1, _loaded.Model.Config.VocabSize, int.MaxValue] })).Tokens);
    }

    [Fact]
    public async Task A_temperature_that_is_0_as_a_float_takes_the_likeliest_tokens() =>
        Assert.Equal(
            (await One("The lamp is", s_greedy)).Tokens,
            (await One("The lamp is", s_greedy with { Temperature = 1e-46 })).Tokens);

    [Fact]
    public async Task A_kept_conversation_is_not_used_for_a_prompt_at_other_positions()
    {
        int[] ids = _loaded.Format.Prompt("The lamp is red.", "What is the lamp?");
        int[] far = [.. Enumerable.Range(0, ids.Length).Select(i => i < 5 ? i : i + 3000)];
        CompletionRequest plain = new(new Prompt.Tokens(ids), new(7)) { KeepsPrefix = true };
        CompletionRequest moved = plain with { Prompt = new Prompt.Tokens(ids) { Positions = far } };
        Completion expected = (await Model.CompleteAsync([moved with { KeepsPrefix = false }]))[0];
        Completion first = (await Model.CompleteAsync([plain]))[0];

        Completion between = (await Model.CompleteAsync([moved]))[0];

        Assert.Equal(expected.Tokens, between.Tokens);
        Assert.Equal(first.Tokens, (await Model.CompleteAsync([plain]))[0].Tokens);
    }

    [Fact]
    public async Task Scores_of_choices_take_the_positions_of_the_request()
    {
        int[] ids = _loaded.Format.Prompt("The lamp is red.", "What is the lamp?"), answer = _loaded.Format.Response("Red.");
        int[] far = [.. Enumerable.Range(0, ids.Length).Select(i => i < 5 ? i : i + 400)];
        TokenTreeBuilder tree = new();
        int root = tree.Add(TokenTreeBuilder.Root, ids, far, scored: false);
        tree.Add(root, answer, [.. Enumerable.Range(far[^1] + 1, answer.Length)], scored: true);

        ChoiceLogProb score = (await Model.ScoreAsync([new(ids, [answer]) { Positions = far }]))[0][0];

        Assert.Equal(_loaded.LogProbs(tree.Build()).Sum(p => (double)p), score.LogProb, tolerance: 1e-3);
    }

    [Fact]
    public async Task What_is_streamed_is_the_text()
    {
        List<string> parts = [];

        Completion text = await One("The lamp is", s_greedy with { Stop = ["zzz", "e q"] }, parts.Add);

        Assert.True(parts.Count > 3);
        Assert.Equal(text.Text, string.Concat(parts));
    }

    [Fact]
    public async Task The_same_seed_draws_the_same_and_another_draws_another()
    {
        GenerationOptions warm = new(20) { Temperature = 1, Seed = 5 };

        Completion once = await One("The lamp", warm);

        Assert.Equal(once.Tokens, (await One("The lamp", warm)).Tokens);
        Assert.NotEqual(once.Tokens, (await One("The lamp", warm with { Seed = 6 })).Tokens);
        CompletionRequest own = new(new Prompt.RawText("The lamp"), warm with { Seed = 9 })
        {
            Random = SeededRandom.For(5, "generate", 0),
        };
        Assert.Equal(once.Tokens, (await Model.CompleteAsync([own]))[0].Tokens);
    }

    [Fact]
    public async Task A_penalty_keeps_greedy_text_from_repeating_itself()
    {
        int repeats = Repeats(await One("The lamp", s_greedy with { MaxNewTokens = 60 })),
            fewer = Repeats(await One("The lamp", new(60) { RepetitionPenalty = 1.5 }));

        Assert.True(fewer < repeats, $"{fewer} and {repeats}");
    }

    [Fact]
    public async Task Cancelling_keeps_what_was_generated()
    {
        using CancellationTokenSource cancel = new();
        int parts = 0;

        Completion text = (await Model.CompleteAsync(
            [
                new(new Prompt.RawText("The lamp is"), s_greedy)
                {
                    OnText = _ =>
                    {
                        if (++parts == 3)
                        {
                            cancel.Cancel();
                        }
                    },
                },
            ],
            cancel.Token))[0];

        Assert.Equal(FinishReason.Cancelled, text.FinishReason);
        Assert.InRange(text.Tokens.Count, 3, 5);
        Assert.Equal(FinishReason.Cancelled, (await Model.CompleteAsync([Chat("Who?")], cancel.Token))[0].FinishReason);
    }

    [Fact]
    public async Task A_cancelled_answer_has_the_text_that_was_held_back_as_a_possible_stop_text()
    {
        string free = (await One("The lamp is", s_greedy)).Text;
        using CancellationTokenSource cancel = new();
        List<string> parts = [];
        int others = 0;
        CompletionRequest held = new(new Prompt.RawText("The lamp is"), s_greedy with { Stop = [free + " and never this"] })
        {
            OnText = parts.Add,
        };
        CompletionRequest other = new(new Prompt.RawText("The lamp is"), s_greedy)
        {
            OnText = _ =>
            {
                if (++others == 4)
                {
                    cancel.Cancel();
                }
            },
        };

        Completion stopped = (await Model.CompleteAsync([held, other], cancel.Token))[0];

        Assert.Equal(FinishReason.Cancelled, stopped.FinishReason);
        Assert.NotEmpty(stopped.Text);
        Assert.StartsWith(stopped.Text, free);
        Assert.Equal(stopped.Text, string.Concat(parts));
    }

    [Fact]
    public async Task Disposing_waits_for_the_running_call_and_may_be_repeated()
    {
        using ManualResetEventSlim isRunning = new(), mayEnd = new();
        Task<IReadOnlyList<Completion>> running = Model.CompleteAsync([
            Chat("Who?") with
            {
                OnText = _ =>
                {
                    isRunning.Set();
                    mayEnd.Wait();
                },
            },
        ]);
        isRunning.Wait();
        Task<IReadOnlyList<Completion>> waiting = Model.CompleteAsync([Chat("Who?")]);

        Task dispose = Task.Run(_loaded.Dispose);
        await Task.WhenAny(dispose, Task.Delay(100));
        bool wasEarly = dispose.IsCompleted;
        mayEnd.Set();
        await dispose;
        _loaded.Dispose();

        Assert.False(wasEarly);
        Assert.NotEmpty((await running)[0].Text);
        Exception? afterwards = await Record.ExceptionAsync(() => waiting); // its turn may come before or after the disposal
        Assert.True(afterwards is null or ObjectDisposedException, $"{afterwards}");
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Model.CompleteAsync([Chat("Who?")]));
    }

    [Fact]
    public async Task A_batch_gives_what_each_request_gives_alone()
    {
        CompletionRequest[] requests =
        [
            Chat("What is the lamp of the door?"),
            Chat("What is the lamp of the hall?"),
            new(new Prompt.RawText("The lamp is"), s_greedy),
            new(new Prompt.Tokens(_loaded.Format.Prompt("The lamp is red.", "What is the lamp?")), new(7)),
        ];

        IReadOnlyList<Completion> together = await Model.CompleteAsync(requests);

        for (int i = 0; i < requests.Length; i++)
        {
            Completion alone = (await Model.CompleteAsync([requests[i]]))[0];
            Completion one = together[i];
            Assert.Equal((alone.Text, alone.FinishReason, alone.OutputTokens), (one.Text, one.FinishReason, one.OutputTokens));
            Assert.Equal(Model.Encode(requests[i].Prompt), together[i].PromptTokens);
        }
    }

    [Fact]
    public async Task A_prompt_is_encoded_by_its_kind()
    {
        ChatTurn[] turns = [new("system", "Be short."), new("user", "What is it?")];

        Assert.Equal(_loaded.Format.Conversation(turns, " It"), Model.Encode(new Prompt.Chat(turns) { AnswerPrefix = " It" }));
        Assert.Equal(
            Model.Encode(new Prompt.RawText("Be short.\n\nWhat is it? It")),
            Model.Encode(new Prompt.Chat(turns) { AnswerPrefix = " It", UsesTemplate = false }));
        Assert.Equal(
            (await Model.CompleteAsync([new(new Prompt.Chat(turns), s_greedy)]))[0].Tokens,
            (await Model.CompleteAsync([new(new Prompt.Tokens(_loaded.Format.Conversation(turns)), s_greedy)]))[0].Tokens);
    }

    [Fact]
    public async Task A_kept_conversation_continues_as_if_it_was_computed_anew_also_after_a_cancelled_answer()
    {
        using CancellationTokenSource cancel = new();
        CompletionRequest first = Chat("What is the lamp?") with { KeepsPrefix = true, OnText = _ => cancel.Cancel() };

        Completion stopped = (await Model.CompleteAsync([first], cancel.Token))[0];
        CompletionRequest second = new(
            new Prompt.Chat([new("user", "What is the lamp?"), new("assistant", stopped.Text), new("user", "And the door?")]), s_greedy);

        Assert.Equal(FinishReason.Cancelled, stopped.FinishReason);
        Assert.Equal(
            (await Model.CompleteAsync([second]))[0].Tokens,
            (await Model.CompleteAsync([second with { KeepsPrefix = true }]))[0].Tokens);
    }

    [Fact]
    public async Task A_kept_conversation_computes_only_what_is_new()
    {
        _loaded.Model.TrainEverything(); // makes the weights writable
        Completion first = (await Model.CompleteAsync([Chat("What is the lamp?") with { KeepsPrefix = true }]))[0];
        CompletionRequest second = new(
            new Prompt.Chat([new("user", "What is the lamp?"), new("assistant", first.Text), new("user", "And the door?")]), s_greedy);
        Completion expected = (await Model.CompleteAsync([second]))[0];

        IEnumerable<int> computed = first.PromptTokens
            .Except(expected.PromptTokens.Skip(first.PromptTokens.Count))
            .Except(expected.Tokens);
        foreach (int token in computed)
        {
            _loaded.Model.Parameters.Single(p => p.Role == ParameterRole.Embedding).Value[token].Clear();
        }

        Assert.NotEqual(expected.Tokens, (await Model.CompleteAsync([second]))[0].Tokens);
        Assert.Equal(expected.Tokens, (await Model.CompleteAsync([second with { KeepsPrefix = true }]))[0].Tokens);
    }

    [Fact]
    public async Task A_kept_conversation_goes_on_after_memory_ran_out()
    {
        CompletionRequest small = Chat("What is the lamp?") with { KeepsPrefix = true };
        Completion answer = (await Model.CompleteAsync([small]))[0];
        CompletionRequest huge = new(
            new Prompt.Tokens(answer.PromptTokens), new(1 << 24) { StopTokens = [answer.Tokens[0]] })
        { KeepsPrefix = true };

        Exception? problem = await Record.ExceptionAsync(() => Model.CompleteAsync([huge]));

        Assert.True(problem is null or OutOfMemoryException, $"{problem}"); // some systems promise any amount of memory
        Assert.Equal(answer.Tokens, (await Model.CompleteAsync([small]))[0].Tokens);
    }

    [Fact]
    public async Task A_kept_conversation_whose_heads_are_observed_has_their_trace()
    {
        Completion answer = (await Model.CompleteAsync([Chat("What is the lamp?") with { KeepsPrefix = true, ObservesHeads = true }]))[0];

        Assert.Equal(answer.OutputTokens, answer.Heads!.Peaks.Count);
    }

    [Fact]
    public async Task A_given_answer_is_read_token_by_token_and_its_heads_are_those_of_writing_it()
    {
        CompletionRequest request = Chat("What is the lamp?") with { ObservesHeads = true };
        Completion written = (await Model.CompleteAsync([request]))[0];
        int[] other = [.. written.Tokens.Reverse()];

        Completion given = (await Model.CompleteAsync([request with { Given = written.Tokens }]))[0],
            reversed = (await Model.CompleteAsync([request with { Given = other }]))[0];

        Assert.Equal(written.Text, given.Text);
        Assert.Equal(written.Tokens, given.Tokens);
        Assert.Equal(written.Heads!.Peaks.Take(written.Tokens.Count), given.Heads!.Peaks);
        Assert.Equal(other, reversed.Tokens);
    }

    [Fact]
    public async Task Choices_are_scored_as_one_forward_each_would()
    {
        IReadOnlyList<int> shots = Model.Encode(
            new Prompt.RawText(string.Concat(Enumerable.Range(0, 20).Select(i => $"Lamp number {i} is in the hall.\n"))));
        ChoiceRequest[] requests = [.. Enumerable.Range(0, 5).Select(i => new ChoiceRequest(
            [.. shots, .. _loaded.Tokenizer.Encode($"Where is lamp number {i}?\n")],
            [
                .. new[] { " In the hall.", " In the cellar.", " A", $" Number {i} is in a room" }
                    .Select(c => _loaded.Tokenizer.Encode(c)),
            ]))];

        IReadOnlyList<ChoiceLogProb[]> scores = await Model.ScoreAsync(requests);

        foreach ((ChoiceRequest request, ChoiceLogProb[] choices) in requests.Zip(scores))
        {
            foreach ((IReadOnlyList<int> continuation, ChoiceLogProb choice) in request.Continuations.Zip(choices))
            {
                ChoiceLogProb alone = (await Model.ScoreAsync([new(request.Prompt, [continuation])]))[0][0];
                Assert.Equal(alone.LogProb, choice.LogProb, 1e-4);
                Assert.Equal((continuation.Count, alone.IsGreedy), (choice.Tokens, choice.IsGreedy));
            }
        }
    }

    [Fact]
    public async Task What_cannot_be_answered_is_refused_with_the_option_or_the_numbers()
    {
        Assert.Contains("TopP is 0", (await Assert.ThrowsAsync<InputException>(() => One("x", s_greedy with { TopP = 0 }))).Message);
        Assert.Contains(
            "--top-k is -1",
            Assert.Throws<InputException>(() => new GenerationOptions(1) { TopK = -1 }.Check(_ => "--top-k")).Message);
        Assert.Contains(
            "empty",
            (await Assert.ThrowsAsync<InputException>(() => Model.CompleteAsync([new(new Prompt.Tokens([]), s_greedy)]))).Message);
        PromptTooLongException tooLong = await Assert.ThrowsAsync<PromptTooLongException>(() =>
            One(string.Concat(Enumerable.Repeat("the ", 900)), s_greedy));
        Assert.Equal(512, tooLong.Window);
        Assert.True(tooLong.PromptTokens > 512);
    }

    async Task<Completion> One(string prompt, GenerationOptions options, Action<string>? onText = null) =>
        (await Model.CompleteAsync([new(new Prompt.RawText(prompt), options) { OnText = onText }]))[0];

    static CompletionRequest Chat(string question) => new(Prompt.User(question), s_greedy);

    static int Repeats(Completion text) => text.Tokens.Count - text.Tokens.Distinct().Count();
}
