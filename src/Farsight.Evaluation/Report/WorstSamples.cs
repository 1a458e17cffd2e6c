using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Report;

/// <summary>Finds the answers worth reading: those that lost most against the first variant, or the lowest of a single one.</summary>
static class WorstSamples
{
    const int Shown = 3, MostCharacters = 1200, MostChoices = 8;

    /// <summary>Returns the worst answers to a task; none if all are right, or if the task has no readable text.</summary>
    internal static WorstAnswers Of(MeasuredTask task, IReadOnlyList<ReportVariant> variants)
    {
        ReportVariant[] own = [.. variants.Where(v => task.Of(v.Name) is not null)];
        Dictionary<string, EvalRecord>[] answers = [.. own.Select(v => task.RecordsOf(v).DistinctBy(r => r.Id).ToDictionary(r => r.Id))];
        double sign = task.First.IsLowerBetter ? -1 : 1;
        EvalRecord[] worst =
        [
            .. task.RecordsOf(own[^1])
                .Where(r => r.Failed is not null || !task.First.IsShare || r.Score < 1)
                .Where(r => r.Failed is not null || r.Question.Length + r.Completion.Length + r.References.Count > 0)
                .OrderBy(r => own.Length > 1 && answers[0].TryGetValue(r.Id, out EvalRecord? before) ? sign * (r.Score - before.Score) : 0)
                .ThenBy(r => sign * r.Score)
                .DistinctBy(r => r.Failed ?? $"\n{r.Id}") // one failure stands for all of its kind
                .Take(Shown),
        ];
        string note =
            own.Length > 1
                ? $"Largest losses of {own[^1].Name} against {own[0].Name}, then lowest scores."
                : "Lowest scores.";
        return new(task.First.Title, note, [.. worst.Select(r => Sample(task, r, own, answers))]);
    }

    static WorstAnswer Sample(MeasuredTask task, EvalRecord record, ReportVariant[] variants, Dictionary<string, EvalRecord>[] answers)
    {
        (string Name, EvalRecord Record)[] given =
        [
            .. variants
                .Select((v, i) => (v.Name, Record: answers[i].GetValueOrDefault(record.Id)))
                .Where(g => g.Record is not null)
                .Select(g => (g.Name, g.Record!)),
        ];
        string groups = string.Concat(record.Groups.Where(g => g.Value.Length > 0).Select(g => $" · {g.Key} {g.Value}"));
        return new($"{record.Id}{groups}: {string.Join(", ", given.Select(g => $"{g.Name} {Mark(task, g.Record)}"))}",
            Short(record.Question), record.PromptEnd, [.. record.References.Select(Short)],
            [.. given.Select(g => new Setting($"{g.Name}, {Mark(task, g.Record)}", Said(g.Record)))]);
    }

    static string Mark(MeasuredTask task, EvalRecord record) => record.Failed is not null ? "failed" : task.Number(record.Score);

    static string Said(EvalRecord record)
    {
        string said = record.Failed ?? (record.Choices is { } choices ? Choices(choices) : Short(record.Completion));
        return record.Verdict is { } verdict ? $"{said}\n\nThe judge: {Short(verdict)}" : said;
    }

    static string Choices(IReadOnlyList<ChoiceLogProb> choices)
    {
        IEnumerable<string> shown = choices.Take(MostChoices).Select(c => c.LogProb.ToString("0.00", CultureInfo.InvariantCulture));
        return $"log-probabilities of the choices: {string.Join(", ", shown)}{(choices.Count > MostChoices ? ", …" : "")}";
    }

    static string Short(string text)
    {
        if (text.Length <= MostCharacters)
        {
            return text;
        }
        int end = char.IsHighSurrogate(text[MostCharacters - 1]) ? MostCharacters - 1 : MostCharacters;
        return $"{text[..end]} … ({(text.Length - end).ToString(CultureInfo.InvariantCulture)} more characters)";
    }
}
