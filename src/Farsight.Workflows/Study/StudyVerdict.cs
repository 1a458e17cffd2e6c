using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Farsight.Workflows.Study;

/// <summary>Represents the results of a study so far, as in results.json. Nothing in it depends on the clock.</summary>
/// <param name="Title">The study's.</param>
/// <param name="Question">The study's question.</param>
/// <param name="Baseline">The variant that the others are compared with.</param>
/// <param name="Runs">State of every training.</param>
/// <param name="Cells">Every variant on every task and length, after every step that was measured.</param>
/// <param name="Differences">From the baseline, after the last of these steps.</param>
/// <param name="Missing">Missing measurements with their reasons.</param>
public sealed record StudyVerdict(
    string Title, string Question, string Baseline, IReadOnlyList<StudyRunState> Runs, IReadOnlyList<StudyCell> Cells,
    IReadOnlyList<StudyDifference> Differences, IReadOnlyList<StudyGap> Missing)
{
    static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Path of the report.</summary>
    [JsonIgnore]
    public string ReportPath { get; init; } = "";

    /// <summary>Path of results.json.</summary>
    [JsonIgnore]
    public string ResultsPath { get; init; } = "";

    /// <summary>Whether every training finished and everything was measured.</summary>
    [JsonIgnore]
    public bool IsComplete => Missing.Count == 0 && Runs.All(r => r.Status == "done");

    /// <summary>Formats the results as JSON with a final newline; equal results give equal bytes.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json) + "\n";
}

/// <summary>Represents a missing measurement of a study.</summary>
/// <param name="What">The variant, its seed and what was to be measured.</param>
/// <param name="Reason">Why not.</param>
public sealed record StudyGap(string What, string Reason);
