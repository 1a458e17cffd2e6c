using System.Diagnostics;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core.Answering;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Evaluation.Core;

/// <summary>Runs one task at one length: examples in, records out, in the order of the examples.</summary>
sealed class TaskRun(
    EvalPlan plan,
    ILanguageModel model,
    IPromptMaker prompts,
    ModelCalls calls,
    EvalJudge? judge,
    IEvalTask task,
    int? length,
    ExamplesLog log,
    EvalRunnerOptions options)
{
    const string ThinkingTruncated = "thinking_truncated";

    readonly EvalDecoding? _decoding = plan.Decoding.For(task);

    /// <summary>Context tokens; null where the task is not made for a length.</summary>
    internal int? Length => length;

    int ThinkTokens => _decoding?.ThinkTokens ?? 0;

    string? JudgeName => task is IJudgedTask ? judge?.Name : null;

    /// <summary>Number of records that were kept with another score, because references or details changed.</summary>
    internal int Rescored { get; private set; }

    /// <summary>Number of examples with a record that are measured again, because the record does not suffice for a new score.</summary>
    internal int Remeasured { get; private set; }

    /// <summary>Asks the model about the examples of a group without a record.</summary>
    /// <param name="group">The group.</param>
    /// <param name="isAhead">Whether the model is asked now, on another thread; else as <see cref="Finish"/> reads the answers.</param>
    /// <param name="cancel">Abandons the answers.</param>
    internal GroupRun Begin(List<ExampleRun> group, bool isAhead, CancellationToken cancel)
    {
        bool hasGaps = group.Any(r => r.Kept is null && r.Failed is null);
        HashSet<ExampleRun> asked =
            [.. group.Where(r => r.Failed is null && (r.Kept is null || (hasGaps && model.Capabilities.IsBatched)))];
        foreach (ExampleRun run in asked)
        {
            run.DrawUpTo(_decoding?.Draws ?? 1);
        }
        ExampleRun[] draws = [.. group.Where(asked.Contains).SelectMany(r => r.Draws)];
        IEnumerable<ExampleRun> answered = draws.Length == 0 ? [] : Ask(draws, cancel);
        return new(group, asked, answered, isAhead ? OnThread(answered.ToList) : null);

        // The thread waits most of the time, so it is not taken from the pool.
        static Task<T> OnThread<T>(Func<T> work) =>
            Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Scores a group and yields the records of all its examples.</summary>
    internal IEnumerable<EvalRecord> Finish(GroupRun group, CancellationToken cancel)
    {
        using IEnumerator<ExampleRun> scored = (group.Asked.Count == 0 ? [] : Score(group.Answered, cancel)).GetEnumerator();
        foreach (ExampleRun run in group.Runs)
        {
            for (int draw = 0; group.Asked.Contains(run) && draw < run.Draws.Count; draw++)
            {
                scored.MoveNext();
            }
            if (run.Prompt != RenderedPrompt.None)
            {
                log.KeepPrompt(run.Sha256, () => run.PromptText(prompts.Tokens));
            }
            yield return run switch
            {
                { Kept: null } => Write(run),
                { IsRescored: true } => Rewrite(run.Kept),
                _ => run.Kept,
            };
        }
    }

    EvalRecord Write(ExampleRun run)
    {
        EvalRecord record = run.Record(plan.Model, task, JudgeName, _decoding);
        log.Append(record, run.Draws.Sum(d => d.Seconds));
        return record;
    }

    EvalRecord Rewrite(EvalRecord record)
    {
        log.Append(record, seconds: null);
        return record;
    }

    ExampleRun Prepare(EvalExample example)
    {
        ExampleRun run = new(example);
        try
        {
            if (task is IChoiceTask)
            {
                RenderChoices(run);
            }
            else
            {
                run.Prompt = RenderPlaced(example, example.Prompt, example.MaxNewTokens + ThinkTokens);
            }
            if (log.Find(task.Card, example.Id, run.Sha256, JudgeName, _decoding) is { } record)
            {
                Keep(run, record);
            }
        }
        catch (InputException e)
        {
            run.Fail(e);
        }
        return run;
    }

    /// <summary>Keeps the record of an earlier run, with another score where references or details changed since.</summary>
    void Keep(ExampleRun run, EvalRecord record)
    {
        run.Kept = ScoringInput.Renew(record, task, run.Example);
        run.IsRescored = run.Kept is not null && run.Kept != record;
        Rescored += run.IsRescored && (run.Kept! with { Group = record.Group }) != record ? 1 : 0;
        Remeasured += run.Kept is null ? 1 : 0;
    }

    /// <summary>Makes one request where all choices have one prompt, else one for each choice.</summary>
    void RenderChoices(ExampleRun run)
    {
        EvalExample example = run.Example;
        IReadOnlyList<int>[] continuations = [.. example.Choices.Select(c => c.Tokens ?? prompts.Tokens!.EncodeInside(c.Text))];
        if (continuations.Length == 0 || continuations.Any(c => c.Count == 0))
        {
            throw new InputException(
                $"Example {example.Id} has {(continuations.Length == 0 ? "no choices" : "an empty choice")}; {EvalData.Advice}.");
        }
        RenderedPrompt[] rendered = example.Choices.Any(c => c.Prompt is not null)
            ? [.. example.Choices.Select((c, i) => Render(c.Prompt ?? example.Prompt, continuations[i].Count))]
            : [Render(example.Prompt, continuations.Max(c => c.Count))];
        run.Prompt = rendered[0];
        run.Requests = rendered.Length == 1
            ? [Placed(new(rendered[0].Tokens, continuations), 0)]
            : [.. rendered.Select((p, i) => Placed(new(p.Tokens, [continuations[i]]), i))];

        ChoiceRequest Placed(ChoiceRequest request, int number) => request with
        {
            Positions = PositionsOf(example, request.Prompt.Count + request.Continuations.Max(c => c.Count), 0, number),
        };
    }

    RenderedPrompt Render(EvalPrompt prompt, int maxNewTokens) => prompts.Make(prompt, maxNewTokens, length);

    RenderedPrompt RenderPlaced(EvalExample example, EvalPrompt prompt, int maxNewTokens)
    {
        RenderedPrompt rendered = Render(prompt, maxNewTokens);
        return rendered.Prompt is Prompt.Tokens tokens
            ? rendered with { Prompt = tokens with { Positions = PositionsOf(example, tokens.Ids.Count, maxNewTokens, 0) } }
            : rendered;
    }

    /// <summary>Draws the positions of a prompt of an example; null for 0, 1, 2, ….</summary>
    int[]? PositionsOf(EvalExample example, int tokens, int room, int number) =>
        _decoding?.Draw(tokens, room, SeededRandom.For(plan.Setting.Seed, $"positions/{task.Card.Name}/{example.Id}", number));

    /// <summary>Maximum number of examples of a group. Judged tasks and follow-ups finish a whole group before its first record is
    /// written, so a model that does not batch gets only as many as keep it busy.</summary>
    int MaxGroupSize => !model.Capabilities.IsBatched && task is IJudgedTask or IFollowUpTask
        ? Math.Min(options.Examples, 2 * model.Capabilities.Concurrency)
        : options.Examples;

    /// <summary>Forms groups of consecutive examples, limited in number and in tokens.</summary>
    internal IEnumerable<List<ExampleRun>> Groups(IEnumerable<EvalExample> examples)
    {
        List<ExampleRun> group = [];
        long tokens = 0;
        foreach (ExampleRun run in examples.Select(Prepare))
        {
            int own = run.Prompt.Tokens.Count - (group.Count > 0 ? Common(group[^1].Prompt.Tokens, run.Prompt.Tokens) : 0);
            if (group.Count > 0 && (group.Count == MaxGroupSize || tokens + own > options.Tokens))
            {
                yield return group;
                (group, tokens, own) = ([], 0, run.Prompt.Tokens.Count);
            }
            group.Add(run);
            tokens += own;
        }
        if (group.Count > 0)
        {
            yield return group;
        }
    }

    static int Common(IReadOnlyList<int> one, IReadOnlyList<int> other) =>
        one.Zip(other).TakeWhile(pair => pair.First == pair.Second).Count();

    /// <summary>Asks the model and yields each example as soon as it and those before it have their answers.</summary>
    IEnumerable<ExampleRun> Ask(IReadOnlyList<ExampleRun> runs, CancellationToken cancel) =>
        task is IChoiceTask ? Compare(runs, cancel) : Complete(runs, cancel);

    /// <summary>Scores examples with answers, and yields each as soon as it and those before it are scored.</summary>
    IEnumerable<ExampleRun> Score(IEnumerable<ExampleRun> answered, CancellationToken cancel) => task switch
    {
        IChoiceTask choices => answered.Select(r => Rate(r, () => choices.Score(r.Example, r.Choices!))),
        IObservedTask observed => answered.Select(r => Rate(r, () => observed.Score(
            r.Example,
            r.Completions[^1],
            r.Answers[^1].Heads ?? throw new InputException("this model does not return its attention weights")))),
        IGeneratedTask generated => answered.Select(r => Rate(r, () => generated.Score(r.Example, r.Completions))),
        IJudgedTask judged => judge!.Judge(judged, [.. answered], cancel),
        _ => throw new InvalidOperationException($"{task.Card.Name} defines no score."),
    };

    static ExampleRun Rate(ExampleRun run, Func<EvalScore> score)
    {
        run.Rate(score);
        return run;
    }

    IEnumerable<ExampleRun> Compare(IReadOnlyList<ExampleRun> runs, CancellationToken cancel)
    {
        long started = Stopwatch.GetTimestamp();
        Queue<ChoiceLogProb[]> all = new(model.ScoreAsync([.. runs.SelectMany(r => r.Requests)], cancel).GetAwaiter().GetResult());
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds / runs.Count;
        foreach (ExampleRun run in runs)
        {
            (run.Choices, run.Seconds) = ([.. run.Requests.SelectMany(_ => all.Dequeue())], seconds);
            yield return run;
        }
    }

    /// <summary>Completes the examples' prompts, and their follow-ups where the task has some.</summary>
    IEnumerable<ExampleRun> Complete(IReadOnlyList<ExampleRun> runs, CancellationToken cancel)
    {
        IEnumerable<ExampleRun> first = Send([.. runs.Select(r => (r, r.Prompt, r.Example.MaxNewTokens))], cancel);
        return task is IFollowUpTask followUps ? Continue([.. first], followUps, cancel) : first;
    }

    ExampleRun[] Continue(ExampleRun[] runs, IFollowUpTask followUps, CancellationToken cancel)
    {
        ExampleRun[] open = runs;
        while (open.Length > 0)
        {
            List<(ExampleRun Run, RenderedPrompt Prompt, int MaxNewTokens)> next = [];
            foreach (ExampleRun run in open.Where(r => r.Failed is null))
            {
                try
                {
                    if (followUps.FollowUp(run.Example, run.Completions) is { } more)
                    {
                        RenderedPrompt prompt = RenderPlaced(run.Example, more.Prompt, more.MaxNewTokens + ThinkTokens);
                        run.FollowUps.Add(prompt);
                        next.Add((run, prompt, more.MaxNewTokens));
                    }
                }
                catch (InputException e)
                {
                    run.Fail(e);
                }
            }
            open = next.Count > 0 ? [.. Send(next, cancel)] : [];
        }
        return runs;
    }

    IEnumerable<ExampleRun> Send(
        IReadOnlyList<(ExampleRun Run, RenderedPrompt Prompt, int MaxNewTokens)> prompted, CancellationToken cancel)
    {
        CompletionRequest[] requests = [.. prompted.Select(p => Request(p.Run, p.Prompt, p.MaxNewTokens))];
        foreach (
            ((ExampleRun run, RenderedPrompt prompt, _), (Completion? completion, Exception? failure)) in prompted.Zip(
                calls.Send(requests, cancel)))
        {
            if (completion is null)
            {
                run.Fail(failure!);
            }
            else
            {
                Take(run, completion, prompt);
            }
            yield return run;
        }
    }

    void Take(ExampleRun run, Completion completion, RenderedPrompt prompt)
    {
        int[] tokens = completion.StopToken is { } stop ? [.. completion.Tokens, stop] : [.. completion.Tokens];
        string whole = TextOf(completion, prompt, tokens);
        if (_decoding?.ThinkEnd is not null)
        {
            (string answer, bool isTruncated) = _decoding.AfterReasoning(whole);
            run.ThinkingTokens = prompts.Tokens?.Count(whole[..^answer.Length]);
            completion = isTruncated ? completion with { FinishReason = new(ThinkingTruncated) } : completion;
            run.Answers.Add(UpToStop(completion with { Text = answer }, tokens, run.Example));
        }
        else if (Thought.Remove(whole) is { } text)
        {
            run.ThinkingTokens = text.Length < whole.Length ? prompts.Tokens?.Count(whole[..^text.Length]) : null;
            run.Answers.Add(UpToStop(completion with { Text = text }, tokens, run.Example));
        }
        else
        {
            run.Fail(Thought.Unclosed(model.Name));
        }
        run.SentTokens ??= TruncatedPrompt(completion, prompt);
        run.Seconds += completion.Seconds;
    }

    /// <summary>Returns the tokens of a prompt of which the server read far fewer; null elsewhere and without a tokenizer.</summary>
    /// <remarks>The server's count includes its template, so it is the larger one where nothing is truncated.</remarks>
    int? TruncatedPrompt(Completion completion, RenderedPrompt prompt)
    {
        const int Tolerance = 64;
        if (prompts.Tokens is not { } tokens || prompt.Messages.Count == 0 || completion.InputTokens is not { } read)
        {
            return null;
        }
        int sent = prompt.Messages.Sum(m => tokens.Count(m.Content));
        return sent - Math.Max(Tolerance, sent / 10) > read ? sent : null;
    }

    CompletionRequest Request(ExampleRun run, RenderedPrompt prompt, int maxNewTokens)
    {
        EvalExample example = run.Example;
        int seed = (int)SeededRandom.For(plan.Setting.Seed, $"{task.Card.Name}/{example.Id}", run.Draw).NextUInt64();
        double temperature = _decoding is { Temperature: > 0 and var own } ? own : example.Temperature;
        bool byTokens = prompt.Prompt is Prompt.Tokens, thinks = _decoding?.ThinkEnd is not null;
        GenerationOptions generation = new(maxNewTokens + ThinkTokens)
        {
            Temperature = temperature,
            TopP = example.TopP,
            Seed = temperature > 0 ? seed : null,
            MinNewTokens = byTokens ? example.MinNewTokens : 0,
            Stop = byTokens || thinks || example.MinNewTokens > 0 ? [] : example.Stop,
            // an endpoint could end too early; the answer is cut later
            StopTokens = byTokens && !thinks ? [.. example.Stop.Select(StopToken).OfType<int>()] : [],
        };
        return new(prompt.Prompt, generation)
        {
            Random = SeededRandom.For(seed, "completion", 0),
            ObservesHeads = task is IObservedTask,
            Given = example.GivenAnswer,
        };
    }

    /// <summary>Returns the token that spells a stop text; null where one token does not, and the
    /// text is searched for in the answer only.</summary>
    int? StopToken(string stop) =>
        prompts.Tokens!.Encode(stop) is [.., int last] && prompts.Tokens.Decode([last]) == stop ? last : null;

    /// <summary>Cuts a completion before its first stop text.</summary>
    Completion UpToStop(Completion completion, int[] tokens, EvalExample example)
    {
        GenerationOptions stops = new(1) { Stop = example.Stop, MinNewTokens = example.MinNewTokens };
        string text = stops.BeforeStop(completion.Text, out bool isCut);
        return completion with
        {
            Text = text,
            FinishReason = isCut ? FinishReason.Stop : completion.FinishReason,
            Heads = isCut ? completion.Heads?.Take(TokensUpToStop()) : completion.Heads,
        };

        int TokensUpToStop() => Enumerable.Range(1, tokens.Length).FirstOrDefault(
            n =>
            {
                stops.BeforeStop(Thought.Remove(prompts.Tokens!.Decode(tokens.AsSpan(0, n))) ?? "", out bool ends);
                return ends;
            },
            tokens.Length);
    }

    /// <summary>
    /// Benchmarks score the text as it was decoded, with the white space around it; our own prompts have the chat format's way of reading.
    /// </summary>
    string TextOf(Completion completion, RenderedPrompt prompt, int[] tokens) =>
        prompt.Prompt is not Prompt.Tokens ? completion.Text
        : prompt.Template == PromptMaker.ExactTokens ? completion.Text.Trim()
        : prompts.Tokens!.Decode(tokens);
}

/// <summary>Represents a group whose examples are being answered.</summary>
/// <param name="Runs">All examples of the group.</param>
/// <param name="Asked">Those that the model is asked about.</param>
/// <param name="Lazy">Asks the model as it is read.</param>
/// <param name="Ahead">Answers that another thread asks for; null where none does.</param>
sealed record GroupRun(
    IReadOnlyList<ExampleRun> Runs, IReadOnlySet<ExampleRun> Asked, IEnumerable<ExampleRun> Lazy, Task<List<ExampleRun>>? Ahead)
{
    /// <summary>The draws of the asked examples, with their answers.</summary>
    internal IEnumerable<ExampleRun> Answered => Ahead?.GetAwaiter().GetResult() ?? Lazy;

    /// <summary>Waits for the thread to end, also if it failed.</summary>
    internal void Abandon() => Ahead?.ContinueWith(_ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
}
