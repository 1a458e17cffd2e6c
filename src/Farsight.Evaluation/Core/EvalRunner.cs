using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core.Answering;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Evaluation.Core;

/// <summary>Runs tasks on a model and records every example.</summary>
/// <remarks>
/// A task that can make no examples at a length (too short, no data) is skipped there, and the results say why; if nothing is
/// left, that is an error. An example fails if the model refuses it or its prompt does not fit: it scores 0, its record has the
/// reason, and it stays in the denominator. Any other exception is a bug and ends the run. Examples are sent in groups whose
/// limits depend on the examples alone. In a directory every example is written as soon as it and those before it are scored;
/// running again keeps those whose task, version, id and prompt are the same and that did not fail, so an interrupted evaluation
/// continues where it was. Kept answers are scored again where references have changed (<see cref="ScoringInput"/>). For a model
/// that batches (<see cref="ModelCapabilities.IsBatched"/>) a group with gaps is sent again as a whole, and only the gaps are
/// written; its groups, also those of different tasks, are answered side by side where it takes several calls at a time.
/// </remarks>
/// <param name="model">Answers the prompts.</param>
/// <param name="prompts">Renders the prompts.</param>
/// <param name="options">Sizes of the groups.</param>
/// <param name="judge">Judges the tasks that are judged; null for none.</param>
sealed class EvalRunner(ILanguageModel model, IPromptMaker prompts, EvalRunnerOptions? options = null, EvalJudge? judge = null)
{
    readonly ModelCalls _calls = new(model);
    readonly EvalRunnerOptions _options = options ?? new();

    /// <summary>Runs a plan: task by task, length by length.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="directory">Directory of examples.jsonl, timing.jsonl and results.json; null to write no files.</param>
    /// <param name="progress">Receives the progress after every example.</param>
    /// <param name="cancellationToken">Stops the evaluation; finished examples stay on disk.</param>
    /// <exception cref="InputException">The plan does not fit the text or the lengths, or the
    /// directory belongs to another model.</exception>
    public EvalResults Run(
        EvalPlan plan, string? directory = null, IProgress<EvalProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        (plan, IReadOnlyList<SkippedPart> leftOut) = TaskNeeds.RemoveUnmet(plan, model, judge);
        using ExamplesLog log = ExamplesLog.Open(directory, plan.Model);
        IReadOnlyList<EvalDataRead> data = EvalDataRead.Of(plan.Tasks, plan.Setting.Data);
        NoticeBefore(plan, data);
        List<EvalRecord> records = [];
        List<SkippedPart> skipped = [.. leftOut, .. Omissions(plan)];
        // Estimating makes examples, which pays off for a suite, or where answers cost money.
        EvalEstimate? estimate =
            plan.OfSuites.Count > 0 || plan.Prices is not null ? EvalEstimate.Of(plan, prompts, cancellationToken) : null;
        if (estimate is not null)
        {
            plan.Notice?.Invoke(estimate.Describe(plan));
        }
        int? total = estimate?.Examples ?? plan.Count();
        List<TaskRun> runs = [];
        TaskRun? current = null;
        int part = 0, inPart = 0;
        foreach ((TaskRun run, EvalRecord record) in Ahead(Groups(plan, log, runs, skipped), cancellationToken))
        {
            if (run != current)
            {
                (current, part, inPart) = (run, runs.IndexOf(run), 0);
            }
            records.Add(record);
            progress?.Report(new(record.Task, run.Length, records.Count, total) { Work = estimate?.ShareDone(part, ++inPart) });
        }
        NoticeAfter(plan, runs.Sum(r => r.Rescored), runs.Sum(r => r.Remeasured));

        if (records.Count == 0 && skipped.Count > 0)
        {
            throw new InputException(skipped[0].Reason);
        }
        TaskResult[] tasks = [.. Aggregates(plan, records)];
        EvalResults results = new(plan.Model, plan.Setting.Seed, plan.HaystackName, tasks, records)
        {
            Means = [.. EvalTaskCatalog.Families.SelectMany(f => f.Means(tasks, records))],
            Skipped = skipped,
            Lines = log.Lines(records),
            Data = data,
            Command = plan.Command,
            Decoding = plan.Decoding.IsDefault ? null : plan.Decoding,
            Stored = (model as AnswerStore)?.Use,
        };
        if (directory is not null)
        {
            EvalFiles.WriteResults(directory, results);
            results = results with { Cost = EvalCost.Read(directory, tasks) };
            HeadScores.Of(records)?.Write(Path.Combine(directory, HeadScores.FileName));
        }
        return results;
    }

    /// <summary>Returns the groups of all tasks and lengths, in order.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="log">Earlier and new records.</param>
    /// <param name="runs">Receives each task at each length.</param>
    /// <param name="skipped">Receives what has no examples.</param>
    IEnumerable<(TaskRun Run, List<ExampleRun> Group)> Groups(
        EvalPlan plan, ExamplesLog log, List<TaskRun> runs, List<SkippedPart> skipped)
    {
        foreach ((IEvalTask task, EvalSetting setting) in plan.Parts())
        {
            int? length = task.Card.IsPerLength ? setting.Length : null;
            IEnumerable<EvalExample> examples = Unless(
                () => plan.Limit is { } limit ? SpreadSample.Of(task, setting, limit) : task.Examples(setting),
                task.Card.IsPerLength,
                e => skipped.Add(new(task.Card.Name, length, e.Message)));
            examples = FewShotExamples.Add(task, examples, plan.Decoding.FewShot, () => task.Examples(setting));
            TaskRun run = new(plan, model, prompts, _calls, judge, task, length, log, _options);
            runs.Add(run);
            int notMade = skipped.Count;
            bool isEmpty = true;
            foreach (List<ExampleRun> group in run.Groups(examples.Select(WithData(task, plan.Setting.Data))))
            {
                isEmpty = false;
                yield return (run, group);
            }
            if (isEmpty && skipped.Count == notMade)
            {
                string reason = $"{task.Card.Name} has no examples, because its data are empty; {EvalData.Advice}.";
                skipped.Add(new(task.Card.Name, length, reason));
            }
        }
    }

    /// <summary>Answers as many groups at a time as the model takes, and yields their records in order.</summary>
    IEnumerable<(TaskRun Run, EvalRecord Record)> Ahead(
        IEnumerable<(TaskRun Run, List<ExampleRun> Group)> groups, CancellationToken cancel)
    {
        int atOnce = model.Capabilities.IsBatched ? model.Capabilities.Concurrency : 1;
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Queue<(TaskRun Run, GroupRun Group)> begun = new();
        try
        {
            foreach ((TaskRun run, List<ExampleRun> group) in groups)
            {
                cancel.ThrowIfCancellationRequested();
                begun.Enqueue((run, run.Begin(group, isAhead: atOnce > 1, stop.Token)));
                foreach ((TaskRun Run, EvalRecord Record) finished in begun.Count == atOnce ? First() : [])
                {
                    yield return finished;
                }
            }
            while (begun.Count > 0)
            {
                foreach ((TaskRun Run, EvalRecord Record) finished in First())
                {
                    yield return finished;
                }
            }
        }
        finally
        {
            stop.Cancel(); // after a failure, the other groups are abandoned
            foreach ((_, GroupRun group) in begun)
            {
                group.Abandon();
            }
        }

        IEnumerable<(TaskRun Run, EvalRecord Record)> First()
        {
            (TaskRun run, GroupRun group) = begun.Dequeue();
            return run.Finish(group, cancel).Select(r => (run, r));
        }
    }

    /// <summary>Returns the function that adds the group <see cref="EvalExample.Data"/> to examples of a task with a substitute.</summary>
    static Func<EvalExample, EvalExample> WithData(IEvalTask task, EvalData data)
    {
        if (task.Card.Data.All(f => f.Substitute is null))
        {
            return e => e;
        }
        string read = task.Card.Data.Any(f => f.Substitute is not null && data.PathRead(f) == f.Substitute) ? "substitute" : "official";
        return e => e with { Groups = new Dictionary<string, string>(e.Groups) { [EvalExample.Data] = read } };
    }

    static IEnumerable<SkippedPart> Omissions(EvalPlan plan) =>
        from task in plan.Tasks
        let omission = task.Omission(plan.Setting)
        where omission is not null
        select new SkippedPart(task.Card.Name, null, omission);

    static void NoticeBefore(EvalPlan plan, IReadOnlyList<EvalDataRead> data)
    {
        string[] changed = [.. data.Where(d => d.Status == "changed").Select(d => d.Path)];
        if (changed.Length > 0)
        {
            plan.Notice?.Invoke(
                $"The content of {string.Join(", ", changed)} is not the known one, so the results are not comparable with others; "
                    + $"{EvalData.Advice}.");
        }
        string[] fixedSamples = [.. plan.Tasks.Select(t => t.Card).Where(c => c.HasFixedSamples).Select(c => c.Name)];
        if (plan.Setting.Samples is not null && fixedSamples.Length > 0)
        {
            plan.Notice?.Invoke(
                $"The number of samples does not apply to {string.Join(", ", fixedSamples)}, whose examples are the same at every length.");
        }
    }

    static void NoticeAfter(EvalPlan plan, int rescored, int remeasured)
    {
        if (rescored > 0)
        {
            plan.Notice?.Invoke($"{rescored} kept answers were scored again, because their references or details have changed.");
        }
        if (remeasured > 0)
        {
            plan.Notice?.Invoke(
                $"{remeasured} kept examples were measured again, because their references, details or judge prompts have changed or are "
                    + "not recorded.");
        }
    }

    /// <summary>
    /// Examples that cannot be made are no reason to lose those of other tasks and lengths. Where a task draws its examples, the
    /// rest is left out when one does not fit; data that end in damage are an error.
    /// </summary>
    static IEnumerable<EvalExample> Unless(Func<IEnumerable<EvalExample>> examples, bool areDrawn, Action<InputException> skip)
    {
        IEnumerator<EvalExample>? each = null;
        try
        {
            for (bool isFirst = true; Next(isFirst); isFirst = false)
            {
                yield return each!.Current;
            }
        }
        finally
        {
            each?.Dispose();
        }

        bool Next(bool isFirst)
        {
            try
            {
                each ??= examples().GetEnumerator();
                return each.MoveNext();
            }
            catch (InputException e) when (isFirst || areDrawn)
            {
                skip(e);
                return false;
            }
        }
    }

    static IEnumerable<TaskResult> Aggregates(EvalPlan plan, List<EvalRecord> records) =>
        from task in plan.Tasks
        let own = records.Where(r => r.Task == task.Card.Name).ToList()
        where own.Count > 0
        select TaskResult.Of(task, own, plan.Setting.Seed);
}

/// <summary>Limits how many examples are sent together.</summary>
/// <remarks>A large group computes more at once; a small one loses less when it is interrupted.</remarks>
/// <param name="Examples">Maximum number of examples of a group.</param>
/// <param name="Tokens">Maximum prompt tokens of a group of several; what a prompt has in common
/// with the one before it does not count.</param>
sealed record EvalRunnerOptions(int Examples = 256, int Tokens = 1 << 15);
