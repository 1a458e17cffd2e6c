using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Runs;

/// <summary>The folder of one run: everything it was started with, measured and made. Open, it belongs to one process.</summary>
public sealed class RunDirectory : IDisposable
{
    const string RecipeName = "recipe.resolved.json";
    const string ManifestName = "manifest.json";
    const string LockName = "run.lock";
    const string AlarmsName = "alarms.jsonl";

    /// <summary>Keys of a recipe that decide no bit of what is trained, so that a run may be resumed with others.</summary>
    static readonly string[] s_free = ["watch", "plan_shape"];

    readonly FileStream _lock;

    RunDirectory(string path, FileStream @lock)
    {
        Root = path;
        _lock = @lock;
    }

    /// <summary>The folder.</summary>
    public string Root { get; }

    /// <summary>metrics.jsonl.</summary>
    public string Metrics => Path.Combine(Root, "metrics.jsonl");

    /// <summary>timing.jsonl: what depends on the clock.</summary>
    public string Timing => Path.Combine(Root, "timing.jsonl");

    /// <summary>alarms.jsonl: what a person should look at.</summary>
    public StepLog<AlarmLine> Alarms => AlarmsIn(Root);

    /// <summary>samples.jsonl: what the model answered while it was trained.</summary>
    public StepLog<SampleLine> Samples => new(Path.Combine(Root, "samples.jsonl"), l => l.Step);

    /// <summary>checkpoints/.</summary>
    public CheckpointFolder Checkpoints => new(Path.Combine(Root, "checkpoints"));

    /// <summary>adapters/: what training had made at some of its steps, an adapter each; all are kept.</summary>
    public CheckpointFolder Adapters => new(Path.Combine(Root, "adapters"), int.MaxValue);

    /// <summary>models/: the same where every weight is trained, a model each.</summary>
    public CheckpointFolder Models => new(Path.Combine(Root, "models"), int.MaxValue);

    /// <summary>adapter/: what training made.</summary>
    public string Adapter => Path.Combine(Root, "adapter");

    /// <summary>model/: what training made, where every weight was trained.</summary>
    public string Model => Path.Combine(Root, "model");

    /// <summary>reference.jsonl: log-probabilities under the model before training.</summary>
    public string Reference => Path.Combine(Root, "reference.jsonl");

    /// <summary>reports/: evaluations.</summary>
    public string Reports => Path.Combine(Root, "reports");

    /// <summary>What differs from the machine that started the run and may move last bits; empty for a new run.</summary>
    public IReadOnlyList<string> Notes { get; private set; } = [];

    /// <summary>Starts a run in an empty or new folder, or continues the one that is there.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="resolvedRecipe">The recipe as JSON, with everything that decides the outcome.</param>
    /// <param name="manifest">Of this process.</param>
    /// <param name="resume">Whether a run that is there is continued; a folder without one starts a new run either way.</param>
    /// <exception cref="InputException">
    /// The folder is in use, holds something else, holds a run and <paramref name="resume"/> is false, or its recipe or inputs differ;
    /// of the recipe <c>watch</c> and <c>plan_shape</c> may.
    /// </exception>
    public static RunDirectory Open(string path, string resolvedRecipe, RunManifest manifest, bool resume)
    {
        if (File.Exists(path))
        {
            throw new InputException($"{path} is a file; a run needs a folder.");
        }
        Directory.CreateDirectory(path);
        RefuseStrangers(path, resume);
        RunDirectory run = new(path, Lock(path));
        try
        {
            run.Enter(resolvedRecipe, manifest);
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>The alarms of a run that others may be writing; empty where there were none.</summary>
    /// <exception cref="InputException">A line is damaged.</exception>
    public static IReadOnlyList<AlarmLine> AlarmsOf(string path) => AlarmsIn(path).Read();

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    /// <summary>A folder that holds anything but the beginnings of a start is somebody's work.</summary>
    static void RefuseStrangers(string path, bool resume)
    {
        bool isRun = File.Exists(Path.Combine(path, RecipeName));
        if (isRun && !resume)
        {
            throw new InputException($"{path} holds a run already; continue it with --resume, or give --out another folder.");
        }
        string? stranger = Directory
            .EnumerateFileSystemEntries(path)
            .Select(p => Path.GetFileName(p)!)
            .FirstOrDefault(name =>
                name != LockName
                && !name.StartsWith(ManifestName, StringComparison.Ordinal)
                && !name.StartsWith(RecipeName, StringComparison.Ordinal));
        if (!isRun && stranger is not null)
        {
            throw new InputException($"{path} is not empty and holds no run ({stranger} is there); give --out a new folder.");
        }
    }

    static StepLog<AlarmLine> AlarmsIn(string root) => new(Path.Combine(root, AlarmsName), l => l.Step);

    static FileStream Lock(string path)
    {
        try
        {
            return new(Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException))
        {
            throw new InUseException($"{path} is in use by another process; wait for it or stop it.", e);
        }
    }

    void Enter(string resolvedRecipe, RunManifest manifest)
    {
        string recipePath = Path.Combine(Root, RecipeName);
        if (!File.Exists(recipePath))
        {
            // The recipe comes last: a folder with a recipe has all that a run is started with.
            AtomicFile.WriteText(Path.Combine(Root, ManifestName), manifest.ToJson());
            AtomicFile.WriteText(recipePath, resolvedRecipe);
            return;
        }
        if (JsonChange.First(Deciding(File.ReadAllText(recipePath)), Deciding(resolvedRecipe)) is { } change)
        {
            throw new InputException(
                $"{change.Path} is {change.Now}, but the run in {Root} was started with {change.Then}; use the same recipe to resume, or start a new run."
            );
        }
        RunManifest then = ReadManifest();
        foreach ((string key, string hash) in then.Inputs)
        {
            if (manifest.Inputs.GetValueOrDefault(key) != hash)
            {
                throw new InputException(
                    $"{key} has changed since the run in {Root} was started; put the old files back, or start a new run.");
            }
        }
        Notes = [.. then.DifferencesOfMachine(manifest)];
        if (JsonChange.First(JsonNode.Parse(File.ReadAllText(recipePath)), JsonNode.Parse(resolvedRecipe)) is not null)
        {
            AtomicFile.WriteText(recipePath, resolvedRecipe);
        }
    }

    /// <summary>What a recipe says about the outcome.</summary>
    static JsonNode? Deciding(string recipe)
    {
        JsonNode? tree = JsonNode.Parse(recipe);
        foreach (string key in s_free)
        {
            (tree as JsonObject)?.Remove(key);
        }
        return tree;
    }

    RunManifest ReadManifest()
    {
        string path = Path.Combine(Root, ManifestName);
        try
        {
            return RunManifest.Parse(File.ReadAllText(path));
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException)
        {
            throw new InputException($"{path} is damaged or missing, so the run cannot be continued; start a new one.", e);
        }
    }
}
