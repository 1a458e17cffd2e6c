using System.Globalization;
using Farsight.Evaluation.Core;

namespace Farsight.Cli.Output;

/// <summary>Formats the results of an evaluation as a table.</summary>
static class EvalTable
{
    /// <summary>Writes a block per task, with a row per context length and a row for all examples.</summary>
    internal static string Of(EvalResults results)
    {
        StringWriter text = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        foreach (TaskResult task in results.Tasks)
        {
            string unit = task.All.IntervalUnit == IntervalUnit.Document ? " over documents" : "";
            string metric = $"{task.Metric}{(task.IsShare ? ", %" : "")} [95 % interval{unit}]";
            text.WriteLine($"{task.Task} v{task.Version}: {metric}{Remarks(task)}{Truncated(task, results)}");
            CellResult[] rows = task.Lengths.Count == 1 ? [.. task.Lengths] : [.. task.Lengths, task.All];
            string[] beside = [.. rows[^1].Beside.Keys];
            string title = $"{(task.Lengths.Count > 0 ? "length" : ""),8} {"n",5} {"failed",7} {"mean",8}  {"interval",11}";
            text.WriteLine($"{title}  {string.Join(' ', beside.Select(k => $"{k,7}"))}".TrimEnd());
            foreach (CellResult cell in rows)
            {
                text.WriteLine(Row(task, cell, beside).TrimEnd());
            }
            if (results.Examples.FirstOrDefault(r => r.Task == task.Task && r.Failed is not null) is { } failed)
            {
                text.WriteLine($"{"",8} first failure, {failed.Id}: {failed.Failed}");
            }
        }
        if (results.Decoding is { } decoding)
        {
            text.WriteLine($"decoded with {decoding.Describe()}");
        }
        if (results.Stored is { } stored)
        {
            text.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{stored.FromStore:N0} of {stored.Requests:N0} requests answered from the cache"));
        }
        foreach (BenchmarkMean mean in results.Means)
        {
            text.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{mean.Name}: {100 * mean.Mean:0.0} % (mean of {mean.Tasks.Count} tasks)"));
        }
        foreach (SkippedPart part in results.Skipped)
        {
            text.WriteLine($"skipped: {part.Task}{(part.Length is { } length ? $" at {length}" : "")}: {part.Reason}");
        }
        return text.ToString();
    }

    static string Row(TaskResult task, CellResult cell, string[] beside)
    {
        string name = cell.Length > 0 ? cell.Length.ToString(CultureInfo.InvariantCulture) : "all";
        string interval = cell.Low is { } low && cell.High is { } high ? $"{Number(task, low, "0")}–{Number(task, high, "0")}" : "";
        string rest = string.Join(' ', beside.Select(k => $"{Number(task.IsShareOf(k), cell.Beside.GetValueOrDefault(k), "0.0"),7}"));
        string mean = cell.Mean is { } value ? Number(task, value, "0.0") : "–";
        return $"{name,8} {cell.N,5} {cell.Failed,7} {mean,8}  {interval,11}  {rest}";
    }

    static string Remarks(TaskResult task) =>
        (task.By.Any(c => c.Groups.GetValueOrDefault(EvalExample.Data) == "substitute") ? "; substitute data" : "")
        + (task.Chance is { } chance and > 0 ? $"; chance {Number(task, chance, "0.0")}" : "")
        + (task.CutShare > 0 ? string.Create(CultureInfo.InvariantCulture, $"; {100 * task.CutShare:0.0} % of prompts truncated") : "");

    static string Truncated(TaskResult task, EvalResults results) =>
        task.TruncatedByServer > 0 && results.Examples.FirstOrDefault(r => r.Task == task.Task && r.SentTokens is not null) is { } first
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"; the server truncated {task.TruncatedByServer} of {task.All.N} prompts "
                    + $"(it counted {first.PromptTokens:N0} of {first.SentTokens:N0} tokens of {first.Id}): raise its context length")
            : "";

    static string Number(TaskResult task, double value, string format) => Number(task.IsShare, value, format);

    static string Number(bool isShare, double value, string format) => isShare
        ? (100 * value).ToString(format, CultureInfo.InvariantCulture)
        : value.ToString(format == "0" ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
