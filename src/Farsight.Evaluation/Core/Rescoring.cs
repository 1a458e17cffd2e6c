using System.Text;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Evaluation.Core.Answering;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Core;

/// <summary>Scores the stored answers of an evaluation again, by another metric or by a judge, without the model.</summary>
/// <remarks>
/// Each answer is compared with the stored references, and the best of them counts. Failed examples score 0 as before. A judge sees the
/// first of several draws.
/// </remarks>
public static class Rescoring
{
    const int JudgeTokens = 1024;

    static readonly Dictionary<string, Func<string, string, double>> s_metrics = new(StringComparer.Ordinal)
    {
        ["exact"] = (said, right) => AnswerText.Normalize(said) == AnswerText.Normalize(right) ? 1 : 0,
        ["contains"] = (said, right) =>
            AnswerText.Normalize(said).Contains(AnswerText.Normalize(right), StringComparison.Ordinal) && right.Length > 0 ? 1 : 0,
        ["f1"] = (said, right) => TokenF1.OfAnswers(said, right).F1,
        ["rouge-1"] = (said, right) => GoogleRouge.N(right, said, 1).F1,
        ["rouge-2"] = (said, right) => GoogleRouge.N(right, said, 2).F1,
        ["rouge-l"] = (said, right) => GoogleRouge.L(right, said).F1,
    };

    /// <summary>The names of the metrics.</summary>
    public static IReadOnlyCollection<string> Metrics => s_metrics.Keys;

    /// <summary>Scores answers by a metric.</summary>
    /// <param name="results">The results with their examples.</param>
    /// <param name="metric">One of <see cref="Metrics"/>.</param>
    /// <param name="tasks">Tasks to score; empty for all.</param>
    /// <exception cref="InputException">The metric is unknown, or no answer has a reference.</exception>
    public static EvalResults ByMetric(EvalResults results, string metric, IReadOnlyCollection<string> tasks)
    {
        if (!s_metrics.TryGetValue(metric, out Func<string, string, double>? score))
        {
            throw new InputException($"There is no metric '{metric}'.{Suggestion.Question(metric, [.. s_metrics.Keys])} "
                + $"Metrics: {string.Join(", ", s_metrics.Keys)}.");
        }
        EvalRecord[] records = [.. Selected(results, tasks).Select(r => r.Failed is null
            ? Again(r, score)
            : r with { Score = 0, Beside = Kept(r) })];
        return Of(results, records, metric);
    }

    /// <summary>Scores answers by a judge: right or wrong beside the first reference.</summary>
    /// <param name="results">The results with their examples.</param>
    /// <param name="judge">The judge.</param>
    /// <param name="tasks">Tasks to score; empty for all.</param>
    /// <param name="progress">Receives the number of judged answers.</param>
    /// <param name="cancellationToken">Stops the judge.</param>
    /// <exception cref="InputException">No answer has a reference, or the judge fails for all requests.</exception>
    public static EvalResults ByJudge(
        EvalResults results, ILanguageModel judge, IReadOnlyCollection<string> tasks, IProgress<int>? progress,
        CancellationToken cancellationToken)
    {
        EvalRecord[] all = [.. Selected(results, tasks)], answered = [.. all.Where(r => r.Failed is null)];
        CompletionRequest[] requests =
        [
            .. answered.Select(r => new CompletionRequest(
                new Prompt.Chat([new ChatTurn("user", Ask(r))]), new GenerationOptions(JudgeTokens))),
        ];
        Dictionary<EvalRecord, EvalRecord> judged = new(ReferenceEqualityComparer.Instance);
        foreach ((EvalRecord record, (Completion? reply, Exception? failure)) in answered.Zip(
            new ModelCalls(judge).SendUntilHopeless(requests, cancellationToken)))
        {
            string text = reply is null ? "" : Thought.Remove(reply.Text) ?? "";
            double? score = text.Contains("INCORRECT", StringComparison.Ordinal) ? 0 : text.Contains("CORRECT", StringComparison.Ordinal)
                ? 1 : null;
            judged[record] = record with
            {
                Score = score ?? 0,
                Beside = Kept(record),
                Draws = null,
                ScoringSha256 = null,
                Judge = judge.Name,
                Verdict = text,
                EarlierVerdicts = null,
                Failed = score is null ? $"judge: {(failure is null ? "the verdict contains no score" : ExampleRun.Describe(failure))}"
                    : null,
            };
            progress?.Report(judged.Count);
        }
        return Of(results, [.. all.Select(r => judged.GetValueOrDefault(r, r with { Score = 0, Beside = Kept(r) }))],
            $"judged by {judge.Name}");
    }

    /// <summary>Writes results and examples into a new directory.</summary>
    /// <exception cref="InputException">The directory has files.</exception>
    public static void Write(string directory, EvalResults results)
    {
        if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
        {
            throw new InputException($"{directory} is not empty; choose a new output folder.");
        }
        Directory.CreateDirectory(directory);
        StringBuilder lines = new();
        foreach (EvalRecord record in results.Examples)
        {
            lines.Append(EvalFiles.Line(record)).Append('\n');
        }
        AtomicFile.WriteText(Path.Combine(directory, EvalFiles.ExamplesName), lines.ToString());
        EvalFiles.WriteResults(directory, results with { Lines = [new(1, results.Examples.Count)] });
    }

    /// <summary>Returns the records with a reference, of some tasks or all.</summary>
    /// <exception cref="InputException">There is none, or a task is not among the results.</exception>
    internal static EvalRecord[] Selected(EvalResults results, IReadOnlyCollection<string> tasks)
    {
        if (tasks.FirstOrDefault(t => results.Examples.All(e => e.Task != t)) is { } unknown)
        {
            throw new InputException($"The results have no answers of the task '{unknown}'.");
        }
        EvalRecord[] fitting =
        [
            .. results.Examples.Where(r => (tasks.Count == 0 || tasks.Contains(r.Task)) && r.References.Count > 0 && r.Choices is null),
        ];
        return fitting.Length > 0
            ? fitting
            : throw new InputException("No stored answer has a reference to compare it with, so nothing can be scored again.");
    }

    // The mean over the draws, of each the best over the references.
    static EvalRecord Again(EvalRecord record, Func<string, string, double> score)
    {
        IEnumerable<string> answers = record.Draws?.Select(d => d.Completion) ?? [record.Completion];
        double mean = answers.Average(a => record.References.Max(r => score(a, r)));
        return record with { Score = mean, Beside = Kept(record), Draws = null, ScoringSha256 = null };
    }

    // The earlier score stays beside the new one.
    internal static Dictionary<string, double> Kept(EvalRecord record) => new() { ["before"] = record.Score };

    /// <summary>Returns the results of records that were scored again.</summary>
    /// <param name="results">The results before.</param>
    /// <param name="records">The records with their new scores, and the earlier one beside each as "before".</param>
    /// <param name="metric">Name of the new metric.</param>
    /// <param name="isShare">Whether its scores are shares.</param>
    internal static EvalResults Of(
        EvalResults results, IReadOnlyList<EvalRecord> records, string metric, bool isShare = true)
    {
        IEnumerable<TaskResult> tasks = records.GroupBy(r => r.Task).Select(g =>
        {
            TaskResult before = results.Tasks.First(t => t.Task == g.Key);
            return TaskResult.Of(new RescoredTask(before, metric, isShare), [.. g], results.Seed);
        });
        return results with
        {
            Examples = [.. records.Select(r => r with { Task = Renamed(r.Task, metric) })],
            Lines = [],
            Means = [],
            Tasks = [.. tasks],
        };
    }

    // Scores by different metrics are not comparable, so tasks and answers have another name.
    static string Renamed(string task, string metric) => $"{task} ({metric})";

    static string Ask(EvalRecord record) =>
        "Is the answer to the question right? Compare it with the right answer; wording does not count. Reply with one word, CORRECT or "
        + $"INCORRECT.\n\nQuestion:\n{record.Question}\n\nRight answer:\n{record.References[0]}\n\nAnswer:\n"
        + PythonStrings.Strip(record.Completion);

    /// <summary>Represents a task whose answers are scored by another metric; its aggregate is the mean.</summary>
    sealed class RescoredTask(TaskResult before, string metric, bool isShare) : IEvalTask
    {
        public EvalTaskCard Card { get; } = new(
            Renamed(before.Task, metric), before.Version, before.Title, "stored answers", metric, null)
        {
            Benchmark = before.Benchmark,
            IsShare = isShare,
            Metrics = [new EvalMetric("before") { IsShare = before.IsShare, IsLowerBetter = before.IsLowerBetter }],
        };

        public IEnumerable<EvalExample> Examples(EvalSetting setting) => [];
    }
}
