using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Runs;

/// <summary>Represents the folder of one run: its inputs, metrics and results. While open, it belongs to one process.</summary>
public sealed class RunDirectory : IDisposable
{
    const string RecipeName = "recipe.resolved.json";
    const string ManifestName = "manifest.json";
    const string LockName = "run.lock";
    const string AlarmsName = "alarms.jsonl";
    const string NoticesName = "notices.txt";
    const string StopName = "stop.request";

    /// <summary>Recipe keys without influence on the result, which may differ when a run is resumed.</summary>
    static readonly string[] s_free = ["watch", "plan_shape", "device"];

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

    /// <summary>timing.jsonl: values that depend on the clock.</summary>
    public string Timing => Path.Combine(Root, "timing.jsonl");

    /// <summary>alarms.jsonl: events that need attention.</summary>
    public StepLog<AlarmLine> Alarms => AlarmsIn(Root);

    /// <summary>samples.jsonl: answers of the model during training.</summary>
    public StepLog<SampleLine> Samples => SamplesIn(Root);

    /// <summary>checkpoints/.</summary>
    public CheckpointFolder Checkpoints => new(Path.Combine(Root, "checkpoints"));

    /// <summary>adapters/: the adapters of some steps; all are kept.</summary>
    public CheckpointFolder Adapters => new(Path.Combine(Root, "adapters"), int.MaxValue);

    /// <summary>models/: the same if every weight is trained, one model per step.</summary>
    public CheckpointFolder Models => new(Path.Combine(Root, "models"), int.MaxValue);

    /// <summary>adapter/: the result of training.</summary>
    public string Adapter => Path.Combine(Root, "adapter");

    /// <summary>model/: the result of training every weight.</summary>
    public string Model => Path.Combine(Root, "model");

    /// <summary>reference.jsonl: log-probabilities under the model before training.</summary>
    public string Reference => Path.Combine(Root, "reference.jsonl");

    /// <summary>resampled/: rejected responses that were sampled during training, one file per sampling.</summary>
    public string Resampled => Path.Combine(Root, "resampled");

    /// <summary>Whether the folder had no run before.</summary>
    public bool IsNew { get; private set; }

    /// <summary>Differences from the machine that started the run, which may change the last bits; empty for a new run.</summary>
    public IReadOnlyList<string> Notes { get; private set; } = [];

    /// <summary>Appends a message for people to notices.txt, unless the file has it, so that a resumed run does not repeat it.</summary>
    public void Record(string notice)
    {
        string path = Path.Combine(Root, NoticesName), line = notice.ReplaceLineEndings(" ");
        if (!File.Exists(path) || !RegularFile.ReadLines(path).Contains(line))
        {
            File.AppendAllText(path, line + "\n");
        }
    }

    /// <summary>Starts a run in an empty or new folder, or resumes the existing one.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="resolvedRecipe">The recipe as JSON, with everything that decides the outcome.</param>
    /// <param name="manifest">Manifest of this process.</param>
    /// <param name="resume">Whether an existing run is resumed; a folder without a run starts a new one either way.</param>
    /// <exception cref="InputException">
    /// The folder is in use, has other files, has a run and <paramref name="resume"/> is false, or has another recipe or other inputs. The
    /// keys <c>watch</c>, <c>plan_shape</c> and <c>device</c> may differ.
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
            run.RemoveUnfinished();
            run.TakeStopRequest(); // one that came too late for the process before
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>Reads the alarms of a run, which may be in use.</summary>
    /// <exception cref="InputException">A line is damaged.</exception>
    public static IReadOnlyList<AlarmLine> AlarmsOf(string path) => AlarmsIn(path).Read();

    /// <summary>Reads the answers that a run gave during training; the run may be in use.</summary>
    /// <exception cref="InputException">A line is damaged.</exception>
    public static IReadOnlyList<SampleLine> SamplesOf(string path) => SamplesIn(path).Read();

    /// <summary>Tells whether a folder has a run, finished or not.</summary>
    public static bool IsRun(string path) => File.Exists(Path.Combine(path, RecipeName));

    /// <summary>Tells whether a process holds the folder. The process that holds it is not disturbed.</summary>
    public static bool IsInUse(string path)
    {
        string file = Path.Combine(path, LockName);
        if (!File.Exists(file))
        {
            return false;
        }
        try
        {
            using FileStream probe = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false; // a folder of another user, which this user may read in part
        }
    }

    /// <summary>Asks the process that holds a run to finish its step, save and stop, as after Ctrl-C.</summary>
    /// <exception cref="InputException">The folder has no run, or no process holds it.</exception>
    public static void RequestStop(string path)
    {
        if (!IsRun(path) || !IsInUse(path))
        {
            throw new InputException($"{path} is not a run in progress, so it cannot be stopped.");
        }
        string file = Path.Combine(path, StopName);
        if (!Path.Exists(file))
        {
            using FileStream request = new(file, FileMode.CreateNew); // follows no link
        }
    }

    /// <summary>Tells whether a stop was requested since the last call, and forgets the request.</summary>
    internal bool TakeStopRequest()
    {
        string file = Path.Combine(Root, StopName);
        if (!File.Exists(file))
        {
            return false;
        }
        File.Delete(file);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    /// <summary>Refuses a folder with files that are not from the start of a run.</summary>
    static void RefuseStrangers(string path, bool resume)
    {
        bool isRun = IsRun(path);
        if (isRun && !resume)
        {
            throw new InputException($"{path} already has a run; resume it, or choose another output folder.");
        }
        string? stranger = Directory
            .EnumerateFileSystemEntries(path)
            .Select(p => Path.GetFileName(p)!)
            .FirstOrDefault(name =>
                name != LockName
                && !name.StartsWith(RankAgreement.ProbePrefix, StringComparison.Ordinal)
                && !name.StartsWith(ManifestName, StringComparison.Ordinal)
                && !name.StartsWith(RecipeName, StringComparison.Ordinal));
        if (!isRun && stranger is not null)
        {
            throw new InputException($"{path} is not empty and is not a run (it contains {stranger}); choose a new output folder.");
        }
    }

    static StepLog<SampleLine> SamplesIn(string root) => new(Path.Combine(root, "samples.jsonl"), l => l.Step);

    static StepLog<AlarmLine> AlarmsIn(string root) => new(Path.Combine(root, AlarmsName), l => l.Step);

    static FileStream Lock(string path) =>
        ExclusiveFile.TryOpen(Path.Combine(path, LockName))
        ?? throw new InUseException($"{path} is in use by another process; wait for that process or stop it.");

    void Enter(string resolvedRecipe, RunManifest manifest)
    {
        string recipePath = Path.Combine(Root, RecipeName);
        if (!File.Exists(recipePath))
        {
            // The recipe comes last: a folder with a recipe has all that a run is started with.
            AtomicFile.WriteText(Path.Combine(Root, ManifestName), manifest.ToJson());
            AtomicFile.WriteText(recipePath, resolvedRecipe);
            IsNew = true;
            return;
        }
        string then = RegularFile.ReadAllText(recipePath);
        if (JsonChange.First(Deciding(then, recipePath), Deciding(resolvedRecipe, recipePath)) is { } change)
        {
            throw new InputException(
                $"{change.Path} is {change.Now}, but the run in {Root} was started with {change.Then}; "
                    + "use the same recipe to resume, or start a new run.");
        }
        RunManifest started = ReadManifest();
        foreach ((string key, string hash) in started.Inputs)
        {
            if (manifest.Inputs.GetValueOrDefault(key) != hash)
            {
                throw new InputException(
                    $"{key} has changed since the run in {Root} was started; put the old files back, or start a new run.");
            }
        }
        Notes = [.. started.DifferencesOfMachine(manifest)];
        if (JsonChange.First(JsonNode.Parse(then), JsonNode.Parse(resolvedRecipe)) is not null)
        {
            AtomicFile.WriteText(recipePath, resolvedRecipe);
        }
    }

    /// <summary>Removes the files and folders that a killed process left unfinished; no other process writes to the folder.</summary>
    void RemoveUnfinished()
    {
        EnumerationOptions everything = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        string[] unfinished =
        [
            .. Directory.EnumerateFileSystemEntries(Root, "*.tmp", everything).Where(p => AtomicFile.IsTemporary(Path.GetFileName(p), "")),
        ];
        foreach (string path in unfinished)
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
            else if (File.Exists(path)) // its folder may have been removed
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>Returns the part of a recipe that decides the outcome.</summary>
    static JsonNode? Deciding(string recipe, string path)
    {
        JsonNode? tree;
        try
        {
            tree = JsonNode.Parse(recipe);
        }
        catch (JsonException e)
        {
            throw new InputException($"{path} is damaged, so the run cannot be resumed; start a new run.", e);
        }
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
            return RunManifest.Parse(RegularFile.ReadAllText(path));
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException)
        {
            throw new InputException($"{path} is damaged or missing, so the run cannot be resumed; start a new run.", e);
        }
    }
}
