using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Farsight.Alignment.Recipes;

namespace Farsight.Workflows.Study;

/// <summary>Represents several training runs, seeds and measurements that together answer one question.</summary>
/// <remarks>
/// A relative path is searched in the study's own folder first, then beside this recipe, then in the working folder. Outputs go to the
/// study's own folder.
/// </remarks>
public sealed record StudyRecipe : IRecipe
{
    /// <summary>Title of the report.</summary>
    public required string Title { get; init; }

    /// <summary>Question of the study, in one sentence.</summary>
    public required string Question { get; init; }

    /// <summary>
    /// Device that computes the training of all variants: "cpu", "torch-cpu", "cuda" or "cuda:1". Optional; null for "cpu". The option of a
    /// command wins, and a study may be resumed on another device.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Device { get; init; }

    /// <summary>Preparation steps before the first run, in order. Default: none.</summary>
    public IReadOnlyList<IStudyStep> Prepare { get; init; } = [];

    /// <summary>Path of the train recipe that all variants start from.</summary>
    public required string Base { get; init; }

    /// <summary>
    /// Changes of the base recipe for all variants: "objective.sft_weight": 10 sets one key, "objective": { … } the whole object. Optional.
    /// </summary>
    public JsonObject? Set { get; init; }

    /// <summary>Training seeds; each trained variant is trained once per seed. Default: 1, 2 and 3.</summary>
    public IReadOnlyList<int> Seeds { get; init; } = [1, 2, 3];

    /// <summary>Variants to compare. Default: only those of the grid.</summary>
    public IReadOnlyList<StudyVariant> Variants { get; init; } = [];

    /// <summary>Lists of values by key; every combination becomes a variant named after its values. Optional.</summary>
    public JsonObject? Grid { get; init; }

    /// <summary>Name of the variant that all others are compared with. Optional; null for the first.</summary>
    public string? Baseline { get; init; }

    /// <summary>Evaluations of every variant.</summary>
    public required IReadOnlyList<StudyMeasure> Measure { get; init; }

    /// <inheritdoc/>
    public IEnumerable<string> Problems() =>
    [
        .. Missing("title", string.IsNullOrWhiteSpace(Title), "it is empty; write a title for the report."),
        .. Missing("question", string.IsNullOrWhiteSpace(Question), "it is empty; write the question of the study in one sentence."),
        .. TrainRecipe.DeviceProblems(Device),
        .. Missing("base", string.IsNullOrWhiteSpace(Base), "it is empty; write the path of a train recipe."),
        .. Missing("seeds", Seeds.Count == 0, "the list is empty; use at least one seed."),
        .. Missing("seeds", Seeds.Distinct().Count() < Seeds.Count, "a seed is duplicated; list each seed once."),
        .. Missing("measure", Measure.Count == 0, "the list is empty; add at least one measurement."),
        .. Missing("variants", Variants.Count == 0 && Grid is null, "the list is empty and there is no grid; add at least one variant."),
        .. Prepare.SelectMany((s, i) => StudyPaths.OutProblems($"prepare[{i}].out", s.Out).Concat(s.Problems($"prepare[{i}]"))),
        .. Variants.SelectMany((v, i) => v.Problems($"variants[{i}]")),
        .. StudyGrid.Problems("grid", Grid),
        .. Measure.SelectMany((m, i) => m.Problems($"measure[{i}]")),
        .. Measure.SelectMany((m, i) => m.ScoresProblems($"measure[{i}]", [.. Measure.Take(i)])),
    ];

    static string[] Missing(string key, bool isWrong, string problem) => isWrong ? [$"{key}: {problem}"] : [];
}
