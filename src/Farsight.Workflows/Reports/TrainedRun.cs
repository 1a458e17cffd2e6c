using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Workflows.Train;

namespace Farsight.Workflows.Reports;

/// <summary>Represents a training run as its folder shows it. The run may be finished, stopped, or still in progress.</summary>
public sealed class TrainedRun
{
    const string RecipeName = "recipe.resolved.json", ManifestName = "manifest.json";

    /// <summary>Reads the other files of a run whose metrics are in memory.</summary>
    /// <param name="folder">The run directory.</param>
    /// <param name="name">The name in reports.</param>
    /// <param name="lines">At least the measurements and the last step.</param>
    /// <param name="times">All timed steps up to the last one.</param>
    /// <param name="numbers">All steps.</param>
    /// <param name="isInUse">Whether a process held the run before its metrics were read.</param>
    /// <exception cref="InputException">The folder has no training run, or a file is damaged.</exception>
    internal TrainedRun(
        string folder, string name, IReadOnlyList<MetricsLine> lines, IReadOnlyList<StepTime> times, IStepNumbers numbers, bool isInUse)
    {
        Recipe = Parse(Path.Combine(folder, RecipeName), text => JsonNode.Parse(text) as JsonObject);
        Manifest = Parse(Path.Combine(folder, ManifestName), RunManifest.Parse);
        if (Manifest.Command is not ("train" or "pretrain"))
        {
            throw new InputException(
                $"{folder} is the folder of '{Manifest.Command}', which trains several models; name the folder of one of its runs.");
        }
        (Folder, Name, Steps) = (folder, name, StepsOf(Recipe));
        (Lines, Times, Numbers) = (lines, times, numbers);
        State = isInUse ? RunState.Running : Done >= Steps ? RunState.Finished : RunState.Stopped;
        Alarms = RunDirectory.AlarmsOf(folder);
        Samples = RunDirectory.SamplesOf(folder);
        string notices = Path.Combine(folder, "notices.txt");
        Notices = File.Exists(notices) ? [.. RegularFile.ReadLines(notices)] : [];
        Plan = PlannedRun.Read(folder);
    }

    /// <summary>Gets the folder.</summary>
    public string Folder { get; }

    /// <summary>Gets the name in reports.</summary>
    public string Name { get; }

    /// <summary>Gets the state.</summary>
    public RunState State { get; }

    /// <summary>Gets the number of steps that are done.</summary>
    public int Done => Lines is [.., var last] ? last.Step : 0;

    /// <summary>Gets the number of steps of the whole run.</summary>
    public int Steps { get; }

    /// <summary>Gets the recipe as it was run.</summary>
    internal JsonObject Recipe { get; }

    internal RunManifest Manifest { get; }

    /// <summary>Gets the metrics by step; of a <see cref="LiveRun"/>, measurements and the last step only.</summary>
    internal IReadOnlyList<MetricsLine> Lines { get; }

    /// <summary>Gets the numbers of all steps.</summary>
    internal IStepNumbers Numbers { get; }

    internal IReadOnlyList<StepTime> Times { get; }

    internal IReadOnlyList<AlarmLine> Alarms { get; }

    internal IReadOnlyList<SampleLine> Samples { get; }

    internal IReadOnlyList<string> Notices { get; }

    /// <summary>Gets the plan; null for pretraining, and for a run of an earlier version.</summary>
    internal PlannedRun? Plan { get; }

    /// <summary>Gets the lines that measured the held-out samples.</summary>
    internal IReadOnlyList<MetricsLine> Measured => [.. Lines.Where(l => l.HeldOut is { Count: > 0 })];

    /// <summary>Gets the seconds of all steps, without evaluations.</summary>
    internal double Seconds => Times.Sum(t => t.Seconds);

    /// <summary>Gets the tokens that went forward and backward.</summary>
    internal long Tokens => Times.Sum(t => t.Tokens);

    /// <summary>Gets the tokens per second over all steps; 0 if none was timed.</summary>
    internal double TokensPerSecond => Seconds > 0 ? Tokens / Seconds : 0;

    /// <summary>Gets the peak memory of the processes that trained; 0 if it was not recorded.</summary>
    internal long PeakMemory => Times.Select(t => t.PeakMemory).DefaultIfEmpty().Max();

    /// <summary>Reads a run.</summary>
    /// <param name="folder">The run directory, which may be in use.</param>
    /// <param name="name">The name in reports; null for that of the folder.</param>
    /// <exception cref="InputException">The folder has no training run, or a file is damaged.</exception>
    public static TrainedRun Read(string folder, string? name = null)
    {
        if (!RunDirectory.IsRun(folder))
        {
            throw new InputException($"{folder} is not a training run: it has no {RecipeName}.");
        }
        bool isInUse = RunDirectory.IsInUse(folder); // before the metrics, so that a run that ends meanwhile is not seen as stopped
        IReadOnlyList<MetricsLine> lines = MetricsLog.Read(Path.Combine(folder, "metrics.jsonl"));
        int done = lines is [.., var last] ? last.Step : 0;
        StepTime[] times = [.. TimingLog.Read(Path.Combine(folder, "timing.jsonl")).Where(t => t.Step <= done)];
        return new(
            folder,
            name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            lines,
            times,
            new LineNumbers(lines, times),
            isInUse);
    }

    static int StepsOf(JsonObject recipe) =>
        recipe["phases"] is JsonArray phases ? phases.Sum(p => Number(p?["steps"])) : Number(recipe["steps"]);

    static int Number(JsonNode? node) => node is JsonValue value && value.TryGetValue(out int number) ? number : 0;

    static T Parse<T>(string file, Func<string, T?> parse)
        where T : class
    {
        try
        {
            return parse(RegularFile.ReadAllText(file)) ?? throw new JsonException("it is not an object");
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException)
        {
            throw new InputException($"{file} is missing or damaged, so the run cannot be read.", e);
        }
    }
}

/// <summary>Specifies the state of a run.</summary>
public enum RunState
{
    /// <summary>States that all steps are done.</summary>
    Finished,

    /// <summary>States that a process works on the run.</summary>
    Running,

    /// <summary>States that no process works on the run, and that steps remain.</summary>
    Stopped,
}
