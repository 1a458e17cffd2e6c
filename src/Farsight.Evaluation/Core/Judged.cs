using Farsight.Alignment.Answering;
using Farsight.Evaluation.Core.Answering;

namespace Farsight.Evaluation.Core;

/// <summary>What came of an example.</summary>
/// <param name="Score">By the task; null when it failed.</param>
sealed record Judged(EvalScore? Score)
{
    internal IReadOnlyList<EvalAnswer> Answers { get; init; } = [];

    internal IReadOnlyList<ChoiceLogProb>? Choices { get; init; }

    internal string? Verdict { get; init; }

    internal string? Failed { get; init; }

    internal double Seconds { get; init; }

    internal static Judged Failure(string reason) => new((EvalScore?)null) { Failed = reason };

    internal EvalRecord Record(string model, EvalTaskCard card, Asked asked)
    {
        EvalAnswer? last = Answers is [.., var answer] ? answer : null;
        return new(
            model,
            card.Name,
            card.Version,
            asked.Example.Id,
            asked.Sha256,
            Score?.Value ?? 0,
            Score?.Beside ?? new Dictionary<string, double>())
        {
            Groups = asked.Example.Groups,
            Template = asked.Prompt.Template,
            BosCount = asked.Prompt.BosCount,
            PromptTokens = last?.PromptTokens ?? (asked.Prompt.Tokens.Count > 0 ? asked.Prompt.Tokens.Count : null),
            Cut = asked.Prompt.Cut,
            CutTokens = asked.Prompt.CutTokens,
            PromptEnd = asked.Prompt.End,
            Question = asked.Example.Question,
            References = asked.Example.References,
            Completion = last?.Text ?? "",
            Earlier = Answers.Count > 1 ? [.. Answers.SkipLast(1).Select(a => a.Text)] : null,
            NewTokens = last?.NewTokens,
            StopReason = last?.StopReason ?? "none",
            Choices = Choices,
            Verdict = Verdict,
            Failed = Failed,
        };
    }
}
