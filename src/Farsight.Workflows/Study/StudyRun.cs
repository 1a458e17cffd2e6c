using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Workflows.Train;

namespace Farsight.Workflows.Study;

/// <summary>What a study is started with.</summary>
/// <param name="Recipe">What to do.</param>
/// <param name="RecipePath">Its file; relative paths in the recipe begin there.</param>
/// <param name="Output">The study's folder; the same call continues there.</param>
/// <param name="MemoryBytes">What training may take; null for the memory that the machine has.</param>
public sealed record StudyRequest(StudyRecipe Recipe, string RecipePath, string Output, long? MemoryBytes = null);

/// <summary>Carries out a <see cref="StudyRecipe"/>: prepares, trains every variant with every seed, measures, reports.</summary>
/// <remarks>
/// Whatever is done is skipped, so an interrupted study is started again with the same call. A run that another process works on is left
/// to it: the same study started twice shares the work. The report is written anew after each run.
/// </remarks>
public sealed class StudyRun
{
    const string RecipeName = "study.json";

    readonly StudyPlan _plan;
    readonly StudyPaths _paths;
    readonly Action<string> _note;
    readonly IProgress<StudyProgress>? _progress;
    readonly CancellationToken _cancel;
    readonly StudyWork _work;
    readonly StudyReport _report;

    StudyRun(StudyRequest request, StudyPlan plan, Action<string> note, IProgress<StudyProgress>? progress, CancellationToken cancel)
    {
        (_plan, _note, _progress, _cancel) = (plan, note, progress, cancel);
        _paths = new(request.RecipePath, request.Output);
        _work = new(plan, _paths, request.MemoryBytes, note, progress, cancel);
        _report = new(plan, _paths);
    }

    /// <summary>Does what is left to do.</summary>
    /// <param name="request">What, and where to.</param>
    /// <param name="note">Told what a person should know.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancel">Finishes the step or example, saves and stops.</param>
    /// <returns>What came of every run.</returns>
    /// <exception cref="RecipeException">A variant cannot be trained; every reason found is in the message, and nothing was
    /// begun.</exception>
    /// <exception cref="InputException">Something is missing or does not fit, or a variant has changed since the study was
    /// begun.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the same call continues.</exception>
    public static StudyVerdict Start(
        StudyRequest request,
        Action<string> note,
        IProgress<StudyProgress>? progress,
        CancellationToken cancel)
    {
        StudyPlan plan = StudyPlan.Of(request.Recipe, request.RecipePath);
        RefuseStrangers(request.Output);
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

    /// <summary>Waits a moment, and tells so once.</summary>
    void Waiting(Queue<StudyJob> left, ref bool isWaiting)
    {
        if (!isWaiting)
        {
            _progress?.Report(new("wait", string.Join("; ", left.Select(j => j.Title)), 0, 0, "other processes work on these"));
        }
        isWaiting = true;
        StudyLock.Wait(_cancel);
    }

    /// <summary>Trains and measures one model, and says whether there was anything to do; null where another process is at it.</summary>
    bool? Do(StudyJob job)
    {
        _cancel.ThrowIfCancellationRequested();
        using FileStream? mine = StudyLock.TryTake(_paths.LockOf($"{job.Variant.Slug}-{job.SeedName}"));
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
            () => _progress?.Report(new("wait", "preparing", 0, 0, "another process does it")),
            _cancel);
        for (int i = 0; i < _plan.Recipe.Prepare.Count; i++)
        {
            StudyStamp stamp = StudyStamp.Of(_paths, _plan.Recipe.Prepare[i]);
            stamp.RefuseChanged($"prepare[{i}]");
            stamp.Write();
            if (!_plan.Recipe.Prepare[i].IsDone(_paths))
            {
                _plan.Recipe.Prepare[i].Make(_paths, _note, _progress, _cancel);
            }
        }
    }

    /// <summary>
    /// Writes down with what the study and each variant is begun, and refuses a variant that was begun with something else.
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

    /// <summary>A folder that holds anything but a study, or the beginning of one, is somebody's work.</summary>
    static void RefuseStrangers(string folder)
    {
        if (File.Exists(folder))
        {
            throw new InputException($"{folder} is a file; a study needs a folder.");
        }
        string[] there = Directory.Exists(folder) ? [.. Directory.EnumerateFileSystemEntries(folder).Select(e => Path.GetFileName(e))] : [];
        if (!there.Contains(RecipeName) && there.Any(e => e != StudyPaths.Locks && !e.StartsWith(RecipeName, StringComparison.Ordinal)))
        {
            throw new InputException($"{folder} is not empty and holds no study; give --out a new folder.");
        }
    }
}
