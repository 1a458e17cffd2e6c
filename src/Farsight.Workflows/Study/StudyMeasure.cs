using System.Text.Json;
using System.Text.Json.Serialization;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Workflows.Study;

/// <summary>Represents an evaluation of every variant, as <c>farsight eval</c> makes it.</summary>
public sealed record StudyMeasure
{
    /// <summary>Names of tasks or benchmarks.</summary>
    public required IReadOnlyList<string> Tasks { get; init; }

    /// <summary>Context lengths in tokens, for tasks that are generated for a length.</summary>
    public required IReadOnlyList<int> Lengths { get; init; }

    /// <summary>Number of needle depths, evenly spaced from 0 to 1.</summary>
    public int Depths { get; init; } = 5;

    /// <summary>Examples per cell for generated tasks. Optional; null for each task's default.</summary>
    public int? Samples { get; init; }

    /// <summary>Maximum examples per task and length. Optional; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Seeds needles, haystacks and resampling; the same for all variants and all training seeds. Default: 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Folder or file with the documents of the haystack. Optional; null for generated documents.</summary>
    public string? Documents { get; init; }

    /// <summary>Folder with the benchmarks' data. Optional; null for the folder that the environment names.</summary>
    public string? Data { get; init; }

    /// <summary>Attention heads to mask, as <c>farsight eval</c> spells them. Optional.</summary>
    public string? MaskHeads { get; init; }

    /// <summary>Sampling temperature of generated answers. Optional; null decodes as each task does, which is greedy in most.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] // keeps the folder names of earlier studies
    public double? Temperature { get; init; }

    /// <summary>Answers per example, whose scores are averaged. Optional; null for one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Draws { get; init; }

    /// <summary>
    /// Positions of the prompts' tokens: "randpos:LENGTH" for sorted random positions below LENGTH. Optional; null for 0, 1, 2, ….
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Positions { get; init; }

    /// <summary>Method that reads long contexts without training, for example "gemfilter:keep=256". Optional; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ContextMethod { get; init; }

    /// <summary>Training steps after which to measure. Optional; null measures only the end.</summary>
    public IReadOnlyList<int>? Steps { get; init; }

    /// <summary>
    /// Further metrics to tabulate and compare, by their names in the results of <c>farsight eval</c>. Optional; null for the tasks' scores
    /// only.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Metrics { get; init; }

    /// <summary>Whether every metric also gets a column over the examples of all lengths together. Optional; null for no.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Pooled { get; init; }

    /// <summary>The folder name: the tasks, and a hash of everything that decides the numbers.</summary>
    internal string Slug => field ??= string.Concat(
        StudyPaths.Slug(Tasks[0]),
        Tasks.Count > 1 ? $"-and-{Tasks.Count - 1}" : "",
        MaskHeads is null ? "-" : "-masked-",
        InputHash.OfText(JsonSerializer.Serialize(this with { Steps = null, Metrics = null, Pooled = null }, RecipeFile.Json))[..8]);

    /// <summary>Returns the measured steps of a run with this last step.</summary>
    internal IReadOnlyList<int> StepsOf(int last) => Steps ?? [last];

    internal IEnumerable<string> Problems(string path)
    {
        EvalRequest request = Request(null, null, null, null);
        string? wrong = null;
        try
        {
            if (Tasks.Count == 0 || Lengths.Count == 0)
            {
                wrong = "it needs at least one task and one length.";
            }
            _ = request.Selected();
        }
        catch (InputException e)
        {
            wrong = e.Message;
        }
        if (wrong is not null)
        {
            yield return $"{path}: {wrong}";
        }
        foreach (string problem in request.Decoding.Problems())
        {
            yield return $"{path}: {problem}.";
        }
        foreach (int step in Steps?.Where(s => s < 1) ?? [])
        {
            yield return $"{path}.steps: {step} is not a training step; use 1 or more.";
        }
        if (Steps is { Count: 0 })
        {
            yield return $"{path}.steps: the list is empty; remove it to measure the end of the training.";
        }
    }

    /// <summary>Returns a problem if masked heads are named by rank and no earlier measurement ranks them.</summary>
    internal IEnumerable<string> ScoresProblems(string path, IReadOnlyList<StudyMeasure> before)
    {
        if (NeedsScores && !before.Any(m => m.RanksHeads && (Steps ?? [0]).All((m.Steps ?? [0]).Contains)))
        {
            yield return $"{path}.mask_heads: '{MaskHeads}' requires an earlier measurement of retrieval-heads "
                + "at the same steps.";
        }
    }

    /// <summary>Whether the masked heads are named by rank.</summary>
    internal bool NeedsScores => MaskHeads?.Contains(':', StringComparison.Ordinal) == true;

    /// <summary>Whether the evaluation ranks retrieval heads.</summary>
    internal bool RanksHeads => MaskHeads is null && Request(null, null, null, null).Selected().OfType<IObservedTask>().Any();

    /// <summary>Creates the evaluation.</summary>
    /// <param name="documents">Found; null for generated ones.</param>
    /// <param name="data">Found; null for the environment's.</param>
    /// <param name="headScores">The directory with the head_scores.json to go by; null for none.</param>
    /// <param name="positions">Positions of the variant; null for those of the measurement.</param>
    /// <param name="contextMethod">Context method of the variant; null for that of the measurement.</param>
    internal EvalRequest Request(
        string? documents, string? data, string? headScores, string? positions, string? contextMethod = null) =>
        new(Tasks, Lengths, Depths, Samples, Seed, documents)
        {
            Limit = Limit,
            Data = data,
            MaskedHeads = MaskHeads,
            HeadScores = headScores,
            Decoding = new()
            {
                Temperature = Temperature ?? 0,
                Draws = Draws ?? 1,
                Positions = positions ?? Positions,
                ContextMethod = contextMethod ?? ContextMethod,
            },
        };
}
