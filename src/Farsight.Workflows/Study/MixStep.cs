using System.Text;
using Farsight.Alignment.Data;
using Farsight.Engine.Files;

namespace Farsight.Workflows.Study;

/// <summary>Several datasets in one: their lines, one file after the other. Training draws its own order.</summary>
/// <param name="Files">Preference datasets whose samples have different ids.</param>
/// <param name="Out">The .jsonl file.</param>
public sealed record MixStep(IReadOnlyList<string> Files, string Out) : IStudyStep
{
    /// <inheritdoc/>
    public IEnumerable<string> Problems(string path) =>
        Files.Count > 1 ? [] : [$"{path}.files: there is nothing to mix in {Files.Count} files; name two or more."];

    /// <inheritdoc/>
    public void Make(StudyPaths paths, Action<string> note, IProgress<StudyProgress>? progress, CancellationToken cancel)
    {
        StringBuilder lines = new();
        foreach ((int i, string file) in Files.Index())
        {
            cancel.ThrowIfCancellationRequested();
            foreach (string line in File.ReadLines(paths.Find("files", file)))
            {
                lines.Append(line).Append('\n'); // a file's last line may have no end
            }
            progress?.Report(new("prepare", Out, i + 1, Files.Count, ""));
        }
        string partial = paths.Out(Out) + ".partial";
        AtomicFile.WriteText(partial, lines.ToString());
        _ = PreferenceDataset.Read(partial); // an id that is there twice is told now
        File.Move(partial, paths.Out(Out), overwrite: true);
    }
}
