using System.Globalization;
using System.Text.Json.Serialization;
using Farsight.Alignment.Answering;

namespace Farsight.Evaluation.Core;

/// <summary>Represents a finished example: a line of examples.jsonl. It can be scored again without the model.</summary>
/// <param name="Model">As in <see cref="EvalPlan.Model"/>.</param>
/// <param name="Task">The task's name.</param>
/// <param name="Version">The task's version.</param>
/// <param name="Id">The example's name in the task.</param>
/// <param name="PromptSha256">Hash of the prompt.</param>
/// <param name="Score">Value of the task's metric; 0 when the example failed.</param>
/// <param name="Beside">Further metrics by name; when the example failed, only the counts of <see cref="IAggregatedTask.Failure"/>.</param>
public sealed record EvalRecord(
    string Model, string Task, int Version, string Id, string PromptSha256, double Score, IReadOnlyDictionary<string, double> Beside)
{
    /// <summary>
    /// Hash of what the score depends on beside the answer: references, details, the judge's prompt. Null when the example failed, and in
    /// records of earlier versions.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ScoringSha256 { get; init; }

    /// <summary>As <see cref="EvalExample.Groups"/>.</summary>
    [JsonRequired]
    public IReadOnlyDictionary<string, string> Groups { get; init; } = new Dictionary<string, string>();

    /// <summary>As <see cref="EvalExample.Group"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Group { get; init; }

    /// <summary>"chat", "raw", "exact tokens" or "messages".</summary>
    [JsonRequired]
    public string Template { get; init; } = "";

    /// <summary>Number of BOS tokens in the prompt; null where it is not known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? BosCount { get; init; }

    /// <summary>Tokens of the prompt after the cut; null where they are not known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? PromptTokens { get; init; }

    /// <summary>
    /// Tokens of the prompt that was sent, where the server counted far fewer, so it probably truncated the prompt; null elsewhere.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? SentTokens { get; init; }

    /// <summary>Name of the cut; null when the prompt was whole.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Cut { get; init; }

    /// <summary>Number of tokens that the cut removed.</summary>
    public int CutTokens { get; init; }

    /// <summary>The last words of the prompt.</summary>
    public string PromptEnd
    {
        get;
        init => field = value ?? ""; // a line of an earlier version lacks it
    } = "";

    /// <summary>The question in short.</summary>
    [JsonRequired]
    public string Question { get; init; } = "";

    /// <summary>The right answers.</summary>
    [JsonRequired]
    public IReadOnlyList<string> References { get; init; } = [];

    /// <summary>The completion; empty when the example failed, or when nothing was generated.</summary>
    [JsonRequired]
    public string Completion { get; init; } = "";

    /// <summary>Completions before the last one, of a task with follow-ups; null elsewhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Earlier { get; init; }

    /// <summary>Number of new tokens; null where it is not known, or when nothing was generated.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? NewTokens { get; init; }

    /// <summary>
    /// Tokens of the reasoning among the new ones, which was removed before scoring; null where nothing was removed, unless an end of
    /// reasoning is set, or where the tokenizer is not known.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ThinkingTokens { get; init; }

    /// <summary>
    /// "stop", "length", "none" when nothing was generated, or "thinking_truncated" when the answer ended inside its reasoning.
    /// </summary>
    [JsonRequired]
    public string StopReason { get; init; } = "none";

    /// <summary>
    /// Every answer of an example that was sampled several times; null elsewhere. The score is the mean of theirs, and what else the record
    /// says about an answer is about the first.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<EvalDraw>? Draws { get; init; }

    /// <summary>How the example was decoded; null where it was decoded as its benchmark does, at the positions 0, 1, 2, ….</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EvalDecoding? Decoding { get; init; }

    /// <summary>
    /// Counts of the calls that a context method made before the answer, by name: "calls", "facts", "invented"; null without such calls.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, int>? MethodCounts { get; init; }

    /// <summary>The log-probabilities of a choice task; null elsewhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ChoiceLogProb>? Choices { get; init; }

    /// <summary>The judge's name, of a judged task; null elsewhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Judge { get; init; }

    /// <summary>The judge's verdict, of a judged task; null elsewhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Verdict { get; init; }

    /// <summary>The judge's replies before the verdict, of a task that asks it several times; null elsewhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? EarlierVerdicts { get; init; }

    /// <summary>The exception's type and message of a failed example; null elsewhere. Failed examples
    /// score 0 and stay in the denominator.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Failed { get; init; }

    /// <summary>Context tokens; null where the task is not made for a length.</summary>
    [JsonIgnore]
    public int? Length =>
        Groups.TryGetValue(EvalExample.Length, out string? length) ? int.Parse(length, CultureInfo.InvariantCulture) : null;

    /// <summary>0 to 1; null where the task has no depth.</summary>
    [JsonIgnore]
    public double? Depth =>
        Groups.TryGetValue(EvalExample.Depth, out string? depth) ? double.Parse(depth, CultureInfo.InvariantCulture) : null;

    /// <summary>The input of aggregates.</summary>
    [JsonIgnore]
    public ScoredExample Scored => new(Id, Groups, new(Score, Beside)) { Group = Group };
}

/// <summary>Represents one of several sampled answers to an example.</summary>
/// <param name="Completion">The completion; the last one where there were follow-ups.</param>
/// <param name="Score">Its score.</param>
/// <param name="Beside">Its further metrics by name.</param>
public sealed record EvalDraw(string Completion, double Score, IReadOnlyDictionary<string, double> Beside)
{
    /// <summary>As <see cref="EvalRecord.Earlier"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Earlier { get; init; }

    /// <summary>As <see cref="EvalRecord.NewTokens"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? NewTokens { get; init; }

    /// <summary>As <see cref="EvalRecord.StopReason"/>.</summary>
    public string StopReason { get; init; } = "none";

    /// <summary>As <see cref="EvalRecord.Verdict"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Verdict { get; init; }

    /// <summary>As <see cref="EvalRecord.EarlierVerdicts"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? EarlierVerdicts { get; init; }
}
