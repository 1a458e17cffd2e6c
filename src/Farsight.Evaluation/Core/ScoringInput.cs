using System.Security.Cryptography;
using System.Text.Json;

namespace Farsight.Evaluation.Core;

/// <summary>Compares what the score of a kept record depends on, beside the answer, with what it would depend on today.</summary>
static class ScoringInput
{
    /// <summary>Returns the hash of an example's references, details, groups and choices, and of the judge's prompt.</summary>
    /// <param name="task">The task.</param>
    /// <param name="example">The example.</param>
    /// <param name="completions">The completions that a judge reads.</param>
    internal static string Hash(IEvalTask task, EvalExample example, IReadOnlyList<string> completions)
    {
        IEnumerable<IReadOnlyList<string>> parts =
        [
            [example.Question],
            example.References,
            .. example.Details.OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => (IReadOnlyList<string>)[d.Key, .. d.Value]),
            [.. example.Groups.OrderBy(g => g.Key, StringComparer.Ordinal).SelectMany(g => new[] { g.Key, g.Value })],
            [.. example.Choices.Select(c => c.Text)],
            .. task is IJudgedTask judged ? judged.Judge(example, completions).Select(t => (IReadOnlyList<string>)[t.Role, t.Content]) : [],
        ];
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(parts)));
    }

    /// <summary>Brings the record of an earlier run up to date.</summary>
    /// <returns>
    /// The record itself where its score is still right, else the record with the new score, without asking the model. Null where the
    /// example must be measured again: a judge has not seen today's prompt, a follow-up may have been another, or the heads are not kept.
    /// </returns>
    internal static EvalRecord? Renew(EvalRecord kept, IEvalTask task, EvalExample example)
    {
        EvalRecord? record = Rescore(kept, task, example);
        return record is null || record.Group == example.Group
            ? record
            : record with { Group = example.Group }; // not in the hash: no score depends on it
    }

    static EvalRecord? Rescore(EvalRecord kept, IEvalTask task, EvalExample example)
    {
        string[] completions = [.. kept.Earlier ?? [], kept.Completion];
        string hash = Hash(task, example, completions);
        if (kept.ScoringSha256 == hash)
        {
            return kept;
        }
        EvalDraw[]? draws = task is IGeneratedTask sampled and not IObservedTask
            ? kept.Draws?.Select(d => Renew(d, sampled, example)).ToArray()
            : null;
        EvalScore? score = task switch
        {
            IObservedTask => null,
            IFollowUpTask when kept.ScoringSha256 is not null => null,
            IGeneratedTask when draws is not null =>
                EvalScore.OfDraws([.. draws.Select(d => new EvalScore(d.Score, d.Beside))], task.Card.IsShare),
            IGeneratedTask generated => generated.Score(example, completions),
            IChoiceTask choices when kept.Choices?.Count == example.Choices.Count => choices.Score(example, kept.Choices),
            _ => null,
        };
        return score is null ? null
            : IsSame(kept, example, score) ? kept
            : kept with
            {
                Score = score.Value,
                Beside = score.Beside,
                Draws = draws ?? kept.Draws,
                ScoringSha256 = hash,
                Groups = example.Groups,
                Question = example.Question,
                References = example.References,
            };
    }

    static EvalDraw Renew(EvalDraw kept, IGeneratedTask task, EvalExample example)
    {
        string[] completions = [.. kept.Earlier ?? [], kept.Completion];
        EvalScore score = task.Score(example, completions);
        return kept with { Score = score.Value, Beside = score.Beside };
    }

    static bool IsSame(EvalRecord kept, EvalExample example, EvalScore score) =>
        kept.Score.Equals(score.Value)
        && kept.Beside.Count == score.Beside.Count
        && kept.Beside.All(b => score.Beside.TryGetValue(b.Key, out double value) && value.Equals(b.Value))
        && kept.Groups.Count == example.Groups.Count
        && kept.Groups.All(g => example.ValueOf(g.Key) == g.Value)
        && kept.Question == example.Question
        && kept.References.SequenceEqual(example.References);
}
