using System.Globalization;
using System.Text.Json.Serialization;
using Farsight.Alignment.Answering;

namespace Farsight.Evaluation.Core;

/// <summary>One judged example: a line of examples.jsonl. Anyone can score it again without the model.</summary>
/// <param name="Model">As in <see cref="EvalPlan.Model"/>.</param>
/// <param name="Task">The task's name.</param>
/// <param name="Version">The task's version.</param>
/// <param name="Id">The example's name in the task.</param>
/// <param name="PromptSha256">Hash of what the model was given.</param>
/// <param name="Score">By the task's metric; 0 when it failed.</param>
/// <param name="Beside">Further metrics by name; none when it failed.</param>
public sealed record EvalRecord(
    string Model, string Task, int Version, string Id, string PromptSha256, double Score, IReadOnlyDictionary<string, double> Beside)
{
    /// <summary>As <see cref="EvalExample.Groups"/>.</summary>
    public IReadOnlyDictionary<string, string> Groups { get; init; } = new Dictionary<string, string>();

    /// <summary>"chat", "raw", "exact tokens" or "messages".</summary>
    public string Template { get; init; } = "";

    /// <summary>How often BOS stands in the prompt; null where that is not known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? BosCount { get; init; }

    /// <summary>Tokens of the prompt alone, after cutting; null where that is not known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? PromptTokens { get; init; }

    /// <summary>How the prompt was cut; null when it was whole.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Cut { get; init; }

    /// <summary>Tokens that cutting left out.</summary>
    public int CutTokens { get; init; }

    /// <summary>The last words of the prompt.</summary>
    public string PromptEnd
    {
        get;
        init => field = value ?? ""; // a line of an earlier version lacks it
    } = "";

    /// <summary>What was asked, in short.</summary>
    public string Question { get; init; } = "";

    /// <summary>The right answers.</summary>
    public IReadOnlyList<string> References { get; init; } = [];

    /// <summary>What the model said; empty when it failed, or when nothing was generated.</summary>
    public string Completion { get; init; } = "";

    /// <summary>What it said before, where the task asks several times; null where it does not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Earlier { get; init; }

    /// <summary>Tokens generated; null where that is not known, or when nothing was generated.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? NewTokens { get; init; }

    /// <summary>"stop", "length", or "none" when nothing was generated.</summary>
    public string StopReason { get; init; } = "none";

    /// <summary>The log-probabilities of a task of choices; null elsewhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ChoiceLogProb>? Choices { get; init; }

    /// <summary>Who judged, of a judged task; null elsewhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Judge { get; init; }

    /// <summary>What the judge said of a judged task; null elsewhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Verdict { get; init; }

    /// <summary>Why there is no answer; null when there is one. Failed examples score 0 and stay in the denominator.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Failed { get; init; }

    /// <summary>Context tokens; null where the task is not made for a length.</summary>
    [JsonIgnore]
    public int? Length =>
        Groups.TryGetValue(EvalExample.Length, out string? length) ? int.Parse(length, CultureInfo.InvariantCulture) : null;

    /// <summary>0 to 1; null where the task knows no depth.</summary>
    [JsonIgnore]
    public double? Depth =>
        Groups.TryGetValue(EvalExample.Depth, out string? depth) ? double.Parse(depth, CultureInfo.InvariantCulture) : null;

    /// <summary>As aggregates take it.</summary>
    internal ScoredExample Scored => new(Id, Groups, new(Score, Beside));
}
