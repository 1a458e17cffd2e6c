using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Communication;
using Farsight.Engine.Files;
using Farsight.Workflows.Train;

namespace Farsight.Workflows.Study;

/// <summary>Represents the inputs of a study.</summary>
/// <param name="Recipe">The recipe.</param>
/// <param name="RecipePath">File of the recipe; relative paths in the recipe start there.</param>
/// <param name="Output">Folder of the study; the same call resumes there.</param>
/// <param name="MemoryBytes">
/// Bytes that training may use, with <see cref="Backend"/> of the device; null for the memory of the machine or device.
/// </param>
public sealed record StudyRequest(StudyRecipe Recipe, string RecipePath, string Output, long? MemoryBytes = null)
{
    /// <summary>Processes that each start the study and so divide its runs; they need one file system. Default: this one alone.</summary>
    public Communicator Ranks { get; init; } = SingleProcess.Instance;

    /// <summary>Computes the passes of the variants' training on a device; null for the engine of this program, which does everything
    /// else.</summary>
    public IModelBackend? Backend { get; init; }
}

/// <summary>Runs a <see cref="StudyRecipe"/>: prepares, trains every variant with every seed, measures, reports.</summary>
/// <remarks>
/// Finished work is skipped, so the same call resumes an interrupted study. Runs that another process works on are left to it, so starting
/// a study twice splits the work. The report is rewritten after each run.
/// </remarks>
public sealed class StudyRun
{
    const string RecipeName = "study.json";

    readonly StudyPlan _plan;
    readonly StudyPaths _paths;
    readonly Action<string> _note;
    readonly long? _memoryBytes;
    readonly IProgress<StageProgress>? _progress;
    readonly CancellationToken _cancel;
    readonly StudyWork _work;
    readonly StudyReport _report;

    StudyRun(StudyRequest request, StudyPlan plan, Action<string> note, IProgress<StageProgress>? progress, CancellationToken cancel)
    {
        (_plan, _note, _progress, _cancel, _memoryBytes) = (plan, note, progress, cancel, request.MemoryBytes);
        _paths = new(request.RecipePath, request.Output);
        _work = new(plan, _paths, request.MemoryBytes, request.Backend, note, progress, cancel);
        _report = new(plan, _paths);
    }

    /// <summary>Runs the remaining work.</summary>
    /// <param name="request">Recipe and folder.</param>
    /// <param name="note">Receives messages for people.</param>
    /// <param name="progress">Receives the progress.</param>
    /// <param name="cancel">Finishes the step or example, saves and stops.</param>
    /// <returns>The results.</returns>
    /// <exception cref="RecipeException">A variant cannot be trained; the message has every
    /// problem found, and nothing was started.</exception>
    /// <exception cref="InputException">Something is missing or does not fit, or a variant has
    /// changed since the study was started.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the same call continues.</exception>
    public static StudyVerdict Start(
        StudyRequest request,
        Action<string> note,
        IProgress<StageProgress>? progress,
        CancellationToken cancel)
    {
        StudyPlan plan = StudyPlan.Of(request.Recipe, request.RecipePath);
        RefuseStrangers(request.Output);
        if (request.Ranks.Size > 1)
        {
            RunManifest manifest = RunManifest.OfThisProcess("study", seed: 0, new Dictionary<string, string>());
            RankAgreement.Require(request.Ranks, manifest, ("recipe", RecipeFile.Resolve(request.Recipe)));
            RankAgreement.RequireShared(request.Ranks, request.Output);
        }
        return new StudyRun(request, plan, note, progress, cancel).Run();
    }

    StudyVerdict Run()
    {
        Begin();
        Prepare();
        IReadOnlyDictionary<string, TrainPlan> memory = _work.Check();
        Queue<StudyJob> left = new(_plan.Jobs);
        bool isWaiting = false;
        for (int held = 0; left.TryDequeue(out StudyJob? job);)
        {
            if (Do(job) is { } isNew)
            {
                (held, isWaiting) = (0, false);
                if (isNew)
                {
                    Report(memory);
                }
                continue;
            }
            left.Enqueue(job);
            if (++held >= left.Count)
            {
                Waiting(left, ref isWaiting);
                held = 0;
            }
        }
        return Report(memory);
    }

    /// <summary>Waits briefly, and reports it once.</summary>
    void Waiting(Queue<StudyJob> left, ref bool isWaiting)
    {
        if (!isWaiting)
        {
            _progress?.Report(new("wait", string.Join("; ", left.Select(j => j.Title)), 0, 0, "other processes work on these"));
        }
        isWaiting = true;
        StudyLock.Wait(_cancel);
    }

    /// <summary>
    /// Trains and measures one model. Returns whether there was work to do; null if another process works on it or on its start.
    /// </summary>
    bool? Do(StudyJob job)
    {
        _cancel.ThrowIfCancellationRequested();
        using FileStream? mine = ExclusiveFile.TryOpen(_paths.LockOf($"{job.Variant.Slug}-{job.SeedName}"));
        if (mine is null)
        {
            return null;
        }
        try
        {
            return _work.Do(job);
        }
        catch (InUseException)
        {
            return null; // a train or eval of its own
        }
    }

    void Prepare()
    {
        if (_plan.Recipe.Prepare.Count == 0)
        {
            return;
        }
        using FileStream mine = StudyLock.Take(
            _paths.LockOf("prepare"),
            () => _progress?.Report(new("wait", "preparing", 0, 0, "done by another process")),
            _cancel);
        foreach ((int i, IStudyStep step) in _plan.Recipe.Prepare.Index())
        {
            StudyStamp stamp = StudyStamp.Of(_paths, step);
            stamp.RefuseChanged($"prepare[{i}]");
            bool isDone = step.IsDone(_paths);
            if (isDone)
            {
                stamp.RefuseOtherInputs($"prepare[{i}]", _note); // an unfinished step checks its own files
            }
            stamp.Write();
            if (!isDone)
            {
                step.Make(_paths, _memoryBytes, _note, _progress, _cancel);
            }
        }
    }

    /// <summary>
    /// Stores the settings of the study and its variants, and refuses a variant that was started with other settings.
    /// </summary>
    void Begin()
    {
        using FileStream mine = StudyLock.Take(_paths.LockOf("study"), () => { }, _cancel);
        StudyStamp[] stamps = [.. _plan.Variants.Select(v => StudyStamp.Of(_paths, v))];
        foreach ((PlannedVariant variant, StudyStamp stamp) in _plan.Variants.Zip(stamps))
        {
            stamp.RefuseChanged($"Variant '{variant.Name}'");
        }
        AtomicFile.WriteText(_paths.Out(RecipeName), RecipeFile.Resolve(_plan.Recipe));
        foreach (StudyStamp stamp in stamps)
        {
            stamp.Write();
        }
    }

    StudyVerdict Report(IReadOnlyDictionary<string, TrainPlan> memory)
    {
        using FileStream mine = StudyLock.Take(_paths.LockOf("report"), () => { }, CancellationToken.None);
        return _report.Write(memory, _work.Refused);
    }

    /// <summary>Refuses a folder with other files than those of a study.</summary>
    static void RefuseStrangers(string folder)
    {
        if (File.Exists(folder))
        {
            throw new InputException($"{folder} is a file; a study needs a folder.");
        }
        string[] there = Directory.Exists(folder) ? [.. Directory.EnumerateFileSystemEntries(folder).Select(e => Path.GetFileName(e))] : [];
        if (!there.Contains(RecipeName) && there.Any(
            e => e != StudyPaths.Locks && !e.StartsWith(RecipeName, StringComparison.Ordinal)
                && !e.StartsWith(RankAgreement.ProbePrefix, StringComparison.Ordinal)))
        {
            throw new InputException($"{folder} is not empty and is not a study; choose a new output folder.");
        }
    }
}

/// <summary>Waits for files that one process holds at a time.</summary>
static class StudyLock
{
    static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);

    /// <summary>Waits for the lock.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    internal static FileStream Take(string path, Action waiting, CancellationToken cancel)
    {
        FileStream? taken = ExclusiveFile.TryOpen(path);
        for (; taken is null; taken = ExclusiveFile.TryOpen(path))
        {
            waiting();
            Wait(cancel);
        }
        return taken;
    }

    /// <summary>Waits between two attempts.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal static void Wait(CancellationToken cancel)
    {
        cancel.WaitHandle.WaitOne(s_patience);
        cancel.ThrowIfCancellationRequested();
    }
}
