using System.Text.Json.Nodes;
using Farsight.Alignment.Recipes;

namespace Farsight.Workflows.Study;

/// <summary>Several training runs, seeds and measurements that together answer one question.</summary>
/// <remarks>
/// A relative path is looked for in the study's own folder first, then beside this recipe, then in the working folder. What the study
/// makes lies in its own folder.
/// </remarks>
public sealed record StudyRecipe : IRecipe
{
    /// <summary>The report's heading.</summary>
    public required string Title { get; init; }

    /// <summary>What is to be found out, in one sentence.</summary>
    public required string Question { get; init; }

    /// <summary>What is made before the first run, in order; may be empty.</summary>
    public required IReadOnlyList<IStudyStep> Prepare { get; init; }

    /// <summary>The train recipe that all variants begin from.</summary>
    public required string Base { get; init; }

    /// <summary>
    /// What all variants change of it: "objective.sft_weight": 10 one key, "objective": { … } the whole; null for nothing.
    /// </summary>
    public JsonObject? Set { get; init; }

    /// <summary>Each trained variant is trained once with each.</summary>
    public required IReadOnlyList<int> Seeds { get; init; }

    /// <summary>What is compared.</summary>
    public required IReadOnlyList<StudyVariant> Variants { get; init; }

    /// <summary>Lists of values by key: every combination is one more variant, named by its values; null for none.</summary>
    public JsonObject? Grid { get; init; }

    /// <summary>The variant that all others are compared with; null for the first.</summary>
    public string? Baseline { get; init; }

    /// <summary>What is measured of every variant.</summary>
    public required IReadOnlyList<StudyMeasure> Measure { get; init; }

    /// <inheritdoc/>
    public IEnumerable<string> Problems() =>
    [
        .. Missing("title", string.IsNullOrWhiteSpace(Title), "it is empty; give the report a heading."),
        .. Missing("question", string.IsNullOrWhiteSpace(Question), "it is empty; say in one sentence what is to be found out."),
        .. Missing("base", string.IsNullOrWhiteSpace(Base), "it is empty; give the path of a train recipe."),
        .. Missing("seeds", Seeds.Count == 0, "the list is empty; give one seed at least."),
        .. Missing("seeds", Seeds.Distinct().Count() < Seeds.Count, "a seed is there twice; name each once."),
        .. Missing("measure", Measure.Count == 0, "the list is empty; say what is measured."),
        .. Missing("variants", Variants.Count == 0 && Grid is null, "the list is empty and there is no grid; name a variant at least."),
        .. Prepare.SelectMany((s, i) => StudyPaths.OutProblems($"prepare[{i}].out", s.Out).Concat(s.Problems($"prepare[{i}]"))),
        .. Variants.SelectMany((v, i) => v.Problems($"variants[{i}]")),
        .. StudyGrid.Problems("grid", Grid),
        .. Measure.SelectMany((m, i) => m.Problems($"measure[{i}]")),
        .. Measure.SelectMany((m, i) => m.ScoresProblems($"measure[{i}]", [.. Measure.Take(i)])),
    ];

    static string[] Missing(string key, bool isWrong, string problem) => isWrong ? [$"{key}: {problem}"] : [];
}
