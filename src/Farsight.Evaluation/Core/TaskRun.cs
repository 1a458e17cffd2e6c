using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core.Answering;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Evaluation.Core;

/// <summary>One task at one length: examples in, records out, in the order of the examples.</summary>
sealed class TaskRun(
    EvalPlan plan,
    IEvalModel model,
    EvalJudge? judge,
    IEvalTask task,
    int? length,
    ExamplesLog log,
    EvalRunnerOptions options)
{
    /// <summary>Judges what is not judged yet, group by group, and yields the records of all.</summary>
    internal IEnumerable<EvalRecord> Run(IEnumerable<EvalExample> examples, CancellationToken cancel)
    {
        foreach (List<Asked> group in Groups(examples.Select(Prepare)))
        {
            cancel.ThrowIfCancellationRequested();
            bool hasGaps = group.Any(a => a.Kept is null && a.Failed is null);
            bool asks(Asked a) => a.Failed is null && (a.Kept is null || (hasGaps && model.DependsOnCompany));
            using IEnumerator<Judged> judged = Judge([.. group.Where(asks)], cancel).GetEnumerator();
            foreach (Asked asked in group)
            {
                Judged result = asks(asked) && judged.MoveNext() ? judged.Current : Judged.Failure(asked.Failed ?? "");
                yield return asked.Kept ?? Write(asked, result);
            }
        }
    }

    EvalRecord Write(Asked asked, Judged judged)
    {
        EvalRecord record = judged.Record(plan.Model, task.Card, asked) with { Judge = JudgeName };
        log.Append(record, judged.Seconds);
        return record;
    }

    Asked Prepare(EvalExample example)
    {
        try
        {
            return Found(task is IChoiceTask ? WithChoices(example) : new(example, Make(example.Prompt, example.MaxNewTokens)));
        }
        catch (InputException e)
        {
            return new(example, new("none", "")) { Failed = e.Message };
        }
    }

    string? JudgeName => task is IJudgedTask ? judge?.Name : null;

    Asked Found(Asked asked) => asked with { Kept = log.Find(task.Card, asked.Example.Id, asked.Sha256, JudgeName) };

    /// <summary>One request where all choices have one prompt, else one for each.</summary>
    Asked WithChoices(EvalExample example)
    {
        IReadOnlyList<int>[] continuations = [.. example.Choices.Select(model.Continuation)];
        MadePrompt[] prompts = example.Choices.Any(c => c.Prompt is not null)
            ? [.. example.Choices.Select((c, i) => Make(c.Prompt ?? example.Prompt, continuations[i].Count))]
            : [Make(example.Prompt, continuations.Max(c => c.Count))];
        return new(example, prompts[0])
        {
            Requests = prompts.Length == 1
                ? [new(prompts[0].Tokens, continuations)]
                : [.. prompts.Select((p, i) => new ChoiceRequest(p.Tokens, [continuations[i]]))],
        };
    }

    MadePrompt Make(EvalPrompt prompt, int maxNewTokens) => model.Make(prompt, maxNewTokens, length);

    /// <summary>Groups of consecutive examples, limited in number and in tokens.</summary>
    IEnumerable<List<Asked>> Groups(IEnumerable<Asked> examples)
    {
        List<Asked> group = [];
        long tokens = 0;
        foreach (Asked asked in examples)
        {
            int own = asked.Prompt.Tokens.Count - (group.Count > 0 ? Common(group[^1].Prompt.Tokens, asked.Prompt.Tokens) : 0);
            if (group.Count > 0 && (group.Count == options.Examples || tokens + own > options.Tokens))
            {
                yield return group;
                (group, tokens, own) = ([], 0, asked.Prompt.Tokens.Count);
            }
            group.Add(asked);
            tokens += own;
        }
        if (group.Count > 0)
        {
            yield return group;
        }
    }

    static int Common(IReadOnlyList<int> one, IReadOnlyList<int> other)
    {
        int common = 0;
        while (common < Math.Min(one.Count, other.Count) && one[common] == other[common])
        {
            common++;
        }
        return common;
    }

    IEnumerable<Judged> Judge(IReadOnlyList<Asked> asked, CancellationToken cancel) =>
        task switch
        {
            _ when asked.Count == 0 => [],
            IChoiceTask choices => new ChoiceJudge(model, choices).Judge(asked, cancel),
            IObservedTask observed => new Conversations(model, task, length, plan.Setting.Seed)
                .Hold(asked, cancel)
                .Select(
                    (said, i) =>
                        said.Judge(() =>
                            observed.Score(
                                asked[i].Example,
                                said.Completion,
                                said.Answers[^1].Heads ?? throw new InputException("this model does not show where its heads look")))),
            IGeneratedTask generated => new Conversations(model, task, length, plan.Setting.Seed)
                .Hold(asked, cancel)
                .Select((said, i) => said.Judge(() => generated.Score(asked[i].Example, said.Completions))),
            IJudgedTask judged => judge!.Judge(
                judged,
                asked,
                new Conversations(model, task, length, plan.Setting.Seed).Hold(asked, cancel),
                cancel),
            _ => throw new InvalidOperationException($"{task.Card.Name} does not say how it is scored."),
        };
}

/// <summary>An example on its way to an answer.</summary>
/// <param name="Example">The example.</param>
/// <param name="Prompt">Its prompt.</param>
sealed record Asked(EvalExample Example, MadePrompt Prompt)
{
    /// <summary>What a task of choices asks.</summary>
    internal IReadOnlyList<ChoiceRequest> Requests { get; init; } = [];

    /// <summary>The record of an earlier run.</summary>
    internal EvalRecord? Kept { get; init; }

    /// <summary>Why it cannot be asked.</summary>
    internal string? Failed { get; init; }

    /// <summary>Of everything that the model is given.</summary>
    internal string Sha256 => Requests.Count == 0
        ? Prompt.Sha256
        : PromptMaker.Hash([.. Requests.SelectMany(r => r.Prompt.Concat(r.Continuations.SelectMany(c => c.Prepend(-1))).Append(-2))]);
}
