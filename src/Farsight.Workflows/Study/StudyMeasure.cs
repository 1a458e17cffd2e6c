using System.Text.Json;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Workflows.Study;

/// <summary>One evaluation that every variant gets, as farsight eval makes it.</summary>
public sealed record StudyMeasure
{
    /// <summary>Names of tasks or benchmarks.</summary>
    public required IReadOnlyList<string> Tasks { get; init; }

    /// <summary>Context lengths in tokens, for tasks that are made for a length.</summary>
    public required IReadOnlyList<int> Lengths { get; init; }

    /// <summary>Needle depths, evenly from first to last.</summary>
    public int Depths { get; init; } = 5;

    /// <summary>Examples for each cell of tasks that make their own; null for each task's own number.</summary>
    public required int? Samples { get; init; }

    /// <summary>Most examples of a task at each length; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Decides needles, haystacks and resampling; the same for all variants and all training seeds.</summary>
    public required int Seed { get; init; }

    /// <summary>Folder or file with the haystack's documents; null for invented ones.</summary>
    public string? Documents { get; init; }

    /// <summary>The folder of the benchmarks' data; null for the one that the environment names.</summary>
    public string? Data { get; init; }

    /// <summary>Heads that are switched off, as eval's --mask-heads spells them; null for none.</summary>
    public string? MaskHeads { get; init; }

    /// <summary>Steps of the training after which it is measured; null for the end alone.</summary>
    public IReadOnlyList<int>? Steps { get; init; }

    /// <summary>The same settings, the same folder: tasks for people, a hash of everything that decides the numbers.</summary>
    internal string Slug =>
        field ??=
            $"{StudyPaths.Slug(Tasks[0])}{(Tasks.Count > 1 ? $"-and-{Tasks.Count - 1}" : "")}{(MaskHeads is null ? "" : "-masked")}-{InputHash.OfText(JsonSerializer.Serialize(this with { Steps = null }, RecipeFile.Json))[..8]}";

    /// <summary>Whether a step is measured of a run of so many.</summary>
    internal IReadOnlyList<int> StepsOf(int last) => Steps ?? [last];

    internal IEnumerable<string> Problems(string path)
    {
        EvalRequest request = Request(null, null, null);
        string? wrong = null;
        try
        {
            if (Tasks.Count == 0 || Lengths.Count == 0)
            {
                wrong = "a task and a length are needed; name them.";
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
        foreach (int step in Steps?.Where(s => s < 1) ?? [])
        {
            yield return $"{path}.steps: {step} is no step of a training; use 1 or more.";
        }
        if (Steps is { Count: 0 })
        {
            yield return $"{path}.steps: the list is empty; leave it out for the end of the training.";
        }
    }

    /// <summary>Heads by rank need a measurement before that ranks them.</summary>
    internal IEnumerable<string> ScoresProblems(string path, IReadOnlyList<StudyMeasure> before)
    {
        if (NeedsScores && !before.Any(m => m.RanksHeads && (Steps ?? [0]).All((m.Steps ?? [0]).Contains)))
        {
            yield return $"{path}.mask_heads: '{MaskHeads}' needs to know which heads retrieve; put a measurement of retrieval-heads at the same steps before it.";
        }
    }

    /// <summary>Whether the masked heads are named by their rank.</summary>
    internal bool NeedsScores => MaskHeads?.Contains(':', StringComparison.Ordinal) == true;

    /// <summary>Whether it tells which heads retrieve.</summary>
    internal bool RanksHeads => MaskHeads is null && Request(null, null, null).Selected().OfType<IObservedTask>().Any();

    /// <summary>The evaluation.</summary>
    /// <param name="documents">Found; null for invented ones.</param>
    /// <param name="data">Found; null for the environment's.</param>
    /// <param name="headScores">The directory with the head_scores.json to go by; null for none.</param>
    internal EvalRequest Request(string? documents, string? data, string? headScores) =>
        new(Tasks, Lengths, Depths, Samples, Seed, documents)
        {
            Limit = Limit,
            Data = data,
            MaskedHeads = MaskHeads,
            HeadScores = headScores,
        };
}
