using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Evaluation.Core;

/// <summary>Collects what the model got and gave for one draw of one example, until the draws become a record.</summary>
sealed class ExampleRun(EvalExample example)
{
    readonly List<ExampleRun> _draws = [];

    internal EvalExample Example => example;

    /// <summary>Number of the draw, from 0.</summary>
    internal int Draw { get; private init; }

    /// <summary>This draw, and the others where this is the first of several.</summary>
    internal IReadOnlyList<ExampleRun> Draws => [this, .. _draws];

    /// <summary>The first prompt.</summary>
    internal RenderedPrompt Prompt { get; set; } = RenderedPrompt.None;

    /// <summary>The prompts after the first one, of a task with follow-ups.</summary>
    internal List<RenderedPrompt> FollowUps { get; } = [];

    /// <summary>The requests of a choice task; empty elsewhere.</summary>
    internal IReadOnlyList<ChoiceRequest> Requests { get; set; } = [];

    /// <summary>The record of an earlier run; null where there is none.</summary>
    internal EvalRecord? Kept { get; set; }

    /// <summary>Whether <see cref="Kept"/> was scored again, so that the file has another line of it.</summary>
    internal bool IsRescored { get; set; }

    /// <summary>The completions, cut at stop texts, in order. If an example failed, the last one is empty.</summary>
    internal List<Completion> Answers { get; } = [];

    /// <summary>The result of a choice task; null elsewhere.</summary>
    internal IReadOnlyList<ChoiceLogProb>? Choices { get; set; }

    /// <summary>Gets the judge's reply; null without a judge.</summary>
    internal string? Verdict { get; set; }

    /// <summary>The judge's replies before the verdict; null where there is one reply, or none.</summary>
    internal IReadOnlyList<string>? EarlierVerdicts { get; set; }

    /// <summary>The score; null while there is none, and when the example failed.</summary>
    internal EvalScore? Score { get; private set; }

    /// <summary>Why the example failed, with the type of the exception; null when it did not.</summary>
    internal string? Failed { get; set; }

    /// <summary>Tokens of a prompt of which the server read far fewer; null where there is none.</summary>
    internal int? SentTokens { get; set; }

    /// <summary>Tokens of the reasoning that was cut off the last answer; null where they are not known, or nothing was cut.</summary>
    internal int? ThinkingTokens { get; set; }

    /// <summary>Wall-clock seconds that the model needed.</summary>
    internal double Seconds { get; set; }

    /// <summary>Texts of the completions.</summary>
    internal IReadOnlyList<string> Completions => [.. Answers.Select(a => a.Text)];

    /// <summary>Hash of everything that the model is given.</summary>
    internal string Sha256 => Requests.Count == 0
        ? Prompt.Sha256
        : PromptMaker.Hash([.. Requests.SelectMany(r => r.Prompt.Concat(r.Continuations.SelectMany(c => c.Prepend(-1))).Append(-2))]);

    /// <summary>Returns everything that the model gets, as text: control tokens as they are spelled, messages with their roles.</summary>
    /// <param name="tokens">The model's tokenizer; null for a model that gets messages.</param>
    internal string PromptText(ITextTokens? tokens)
    {
        IEnumerable<(string Name, string Text)> parts = Requests.Count > 0
            ? Requests.SelectMany(r => r.Continuations.Select(c => ("choice", Spell(c))).Prepend(("prompt", Spell(r.Prompt))))
            : FollowUps.Prepend(Prompt).Select(p => ("prompt", p.Prompt is Prompt.Tokens given ? Spell(given.Ids)
                : string.Join("\n\n", p.Messages.Select(m => $"[{m.Role}]\n{m.Content}"))));
        string[] texts = [.. parts.Select((p, i) => i == 0 ? p.Text : $"\n\n[{p.Name}]\n{p.Text}")];
        return string.Concat(texts);

        string Spell(IReadOnlyList<int> ids) => tokens!.Spell(ids as int[] ?? [.. ids]);
    }

    /// <summary>Returns the description of a failure in records.</summary>
    internal static string Describe(Exception failure) => $"{failure.GetType().Name}: {failure.Message}";

    /// <summary>Adds further draws of the same prompt, up to a number of draws.</summary>
    internal void DrawUpTo(int draws)
    {
        for (int draw = 1; draw < draws; draw++)
        {
            _draws.Add(new(Example) { Draw = draw, Prompt = Prompt, Kept = Kept });
        }
    }

    /// <summary>Records that the example has no further answer.</summary>
    internal void Fail(Exception failure)
    {
        Answers.Add(new("", new("none")));
        Failed = Describe(failure);
    }

    /// <summary>Scores the draw unless it failed. Only what a user can correct is a
    /// failure; a bug of the scoring ends the run.</summary>
    internal void Rate(Func<EvalScore?> score)
    {
        try
        {
            Score = Failed is null ? score() : null;
        }
        catch (InputException e)
        {
            Failed = $"scoring: {Describe(e)}";
        }
    }

    /// <summary>Returns the record of all draws. The example failed if one of them did.</summary>
    internal EvalRecord Record(string model, IEvalTask task, string? judge, EvalDecoding? decoding)
    {
        Completion? last = Answers is [.., var answer] ? answer : null;
        string? failed = Draws.Select(d => d.Failed).FirstOrDefault(f => f is not null);
        EvalScore score = failed is null && Draws.All(d => d.Score is not null)
            ? EvalScore.OfDraws([.. Draws.Select(d => d.Score!)], task.Card.IsShare)
            : (task as IAggregatedTask)?.Failure(Example) ?? new(0);
        return new(model, task.Card.Name, task.Card.Version, Example.Id, Sha256, score.Value, score.Beside)
        {
            ScoringSha256 = failed is null ? ScoringInput.Hash(task, Example, Completions) : null,
            Groups = Example.Groups,
            Group = Example.Group,
            Template = Prompt.Template,
            BosCount = Prompt.BosCount,
            PromptTokens = last?.InputTokens ?? (Prompt.Tokens.Count > 0 ? Prompt.Tokens.Count : null),
            SentTokens = SentTokens,
            Cut = Prompt.Cut,
            CutTokens = Prompt.CutTokens,
            PromptEnd = Prompt.End,
            Question = Example.Question,
            References = Example.References,
            Completion = last?.Text ?? "",
            Earlier = Answers.Count > 1 ? [.. Answers.SkipLast(1).Select(a => a.Text)] : null,
            NewTokens = last?.OutputTokens,
            ThinkingTokens = ThinkingTokens,
            StopReason = last?.FinishReason.Value ?? "none",
            Choices = Choices,
            Judge = judge,
            Verdict = Verdict,
            EarlierVerdicts = EarlierVerdicts,
            Draws = _draws.Count > 0 && failed is null ? [.. Draws.Select(d => d.ToDraw())] : null,
            Decoding = decoding,
            MethodCounts = last is { Steps.Count: > 0 } ? CountsOf(last.Steps) : null,
            Failed = failed,
        };
    }

    static SortedDictionary<string, int> CountsOf(IReadOnlyList<MethodStep> steps) =>
        new(
            steps.SelectMany(s => s.Counts.Append(new("calls", 1)))
                .GroupBy(c => c.Key)
                .ToDictionary(g => g.Key, g => g.Sum(c => c.Value)),
            StringComparer.Ordinal);

    EvalDraw ToDraw() => new(Answers[^1].Text, Score!.Value, Score.Beside)
    {
        Earlier = Answers.Count > 1 ? [.. Answers.SkipLast(1).Select(a => a.Text)] : null,
        NewTokens = Answers[^1].OutputTokens,
        StopReason = Answers[^1].FinishReason.Value,
        Verdict = Verdict,
        EarlierVerdicts = EarlierVerdicts,
    };
}
