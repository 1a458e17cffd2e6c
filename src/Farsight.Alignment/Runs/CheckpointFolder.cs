using System.Globalization;

namespace Farsight.Alignment.Runs;

/// <summary>
/// Manages the folders step-000123 of a run. They are written under another name and renamed, so an existing folder is complete.
/// </summary>
/// <param name="path">checkpoints/ of a run, or adapters/.</param>
/// <param name="kept">Number of checkpoints to keep; older ones are removed when one is written.</param>
public sealed class CheckpointFolder(string path, int kept = CheckpointFolder.LastTwo)
{
    const string Prefix = "step-";
    const string Unfinished = ".tmp";
    const int LastTwo = 2;

    /// <summary>Gets the step and folder of the newest checkpoint; null for none.</summary>
    public (int Step, string Path)? Newest => Complete().Select(c => ((int, string)?)c).LastOrDefault();

    /// <summary>Writes a checkpoint and removes the oldest ones beyond the limit.</summary>
    /// <param name="step">Finished steps.</param>
    /// <param name="fill">Writes the files into the given folder and flushes them.</param>
    public void Write(int step, Action<string> fill)
    {
        string final = Path.Combine(path, Prefix + step.ToString("D6", CultureInfo.InvariantCulture));
        string unfinished = final + Unfinished;
        RemoveUnfinished();
        Directory.CreateDirectory(unfinished);
        fill(unfinished);
        if (Directory.Exists(final))
        {
            Directory.Delete(final, recursive: true);
        }
        Directory.Move(unfinished, final);
        foreach ((int _, string old) in Complete().SkipLast(kept))
        {
            Directory.Delete(old, recursive: true);
        }
    }

    /// <summary>Removes what a kill left half written.</summary>
    public void RemoveUnfinished()
    {
        if (Directory.Exists(path))
        {
            foreach (string left in Directory.GetDirectories(path, Prefix + "*" + Unfinished))
            {
                Directory.Delete(left, recursive: true);
            }
        }
    }

    IEnumerable<(int Step, string Path)> Complete() =>
        Directory.Exists(path)
            ? Directory.GetDirectories(path).Where(d => StepOf(d) >= 0).Select(d => (StepOf(d), d)).OrderBy(c => c.Item1)
            : [];

    static int StepOf(string directory)
    {
        string name = Path.GetFileName(directory);
        return name.StartsWith(Prefix, StringComparison.Ordinal)
            && int.TryParse(name[Prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int step) ? step : -1;
    }
}
