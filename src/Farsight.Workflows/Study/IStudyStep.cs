using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Farsight.Alignment.Data;
using Farsight.Alignment.Fiction;
using Farsight.Alignment.Runs;
using Farsight.Engine.Files;
using Farsight.Workflows.Train;

namespace Farsight.Workflows.Study;

/// <summary>Makes files that a study needs before its first run: documents, preference data, a starting model.</summary>
/// <remarks>The record that implements it is the recipe entry: <c>{ "make": "documents", "count": 40, … }</c>.
/// Existing outputs are not made again.</remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "make")]
[JsonDerivedType(typeof(ContrastStep), "contrast")]
[JsonDerivedType(typeof(DocumentsStep), "documents")]
[JsonDerivedType(typeof(FactsStep), "facts")]
[JsonDerivedType(typeof(LogoStep), "logo")]
[JsonDerivedType(typeof(LongPoStep), "longpo")]
[JsonDerivedType(typeof(MixStep), "mix")]
[JsonDerivedType(typeof(ModelStep), "model")]
public interface IStudyStep
{
    /// <summary>File or folder to make, inside the study's folder.</summary>
    string Out { get; }

    /// <summary>Returns the problems of the settings, each of the form "path.key: what is wrong; what to do".</summary>
    IEnumerable<string> Problems(string path);

    /// <summary>
    /// Returns the problems that depend on other files of the study, whose recipe is at <paramref name="studyPath"/>.
    /// </summary>
    IEnumerable<string> Problems(string path, string studyPath) => [];

    /// <summary>
    /// Returns the content that the step reads, by the recipe's key: SHA-256 of files, or a resolved recipe. The steps before it are done.
    /// </summary>
    /// <exception cref="Engine.InputException">Something that it reads is missing.</exception>
    JsonObject Inputs(StudyPaths paths) => [];

    /// <summary>Tells whether the output exists and is complete.</summary>
    bool IsDone(StudyPaths paths) => File.Exists(paths.Out(Out));

    /// <summary>Makes the output, or resumes where it was stopped.</summary>
    /// <param name="paths">Where the files of the study are.</param>
    /// <param name="memoryBytes">Bytes that training may use; null for the memory of the machine.</param>
    /// <param name="note">Receives messages for people, including the alarms of a training.</param>
    /// <param name="progress">Receives the progress.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="Engine.InputException">Something that it needs is missing or does not fit.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the same call continues.</exception>
    void Make(
        StudyPaths paths, long? memoryBytes, Action<string> note, IProgress<StageProgress>? progress, CancellationToken cancel);
}

/// <summary>Writes generated documents, as <c>farsight documents</c> does.</summary>
/// <param name="Count">Number of documents.</param>
/// <param name="Words">Minimum words per document.</param>
/// <param name="Seed">The collection.</param>
/// <param name="Out">The folder.</param>
sealed record DocumentsStep(int Count, int Words, int Seed, string Out) : IStudyStep
{
    /// <summary>File format: text files with a file of questions, or one .jsonl file.</summary>
    public FictionFormat Format { get; init; } = FictionFormat.Txt;

    /// <summary>Kinds of questions about each document.</summary>
    public IReadOnlyList<FictionQueryKind> Questions { get; init; } = [FictionQueryKind.Detail];

    /// <inheritdoc/>
    public IEnumerable<string> Problems(string path) =>
    [
        .. Count > 0 ? [] : new[] { $"{path}.count: {Count} is not a number of documents; use 1 or more." },
        .. Words > 0 ? [] : new[] { $"{path}.words: {Words} is not a length; use 1 or more." },
    ];

    /// <inheritdoc/>
    public bool IsDone(StudyPaths paths) =>
        File.Exists(Path.Combine(paths.Out(Out), Format == FictionFormat.Txt ? "questions.json" : "documents.jsonl"));

    /// <inheritdoc/>
    public void Make(
        StudyPaths paths, long? memoryBytes, Action<string> note, IProgress<StageProgress>? progress, CancellationToken cancel) =>
        new FictionFolder(paths.Out(Out), Count, Words, Seed, Format, Force: true) { Kinds = Questions }
            .Write(new SynchronousProgress<int>(done => progress?.Report(new("prepare", Out, done, Count, ""))), cancel);
}

/// <summary>Concatenates datasets. Training draws its own order.</summary>
/// <param name="Files">Preference datasets whose samples have different ids.</param>
/// <param name="Out">The .jsonl file.</param>
sealed record MixStep(IReadOnlyList<string> Files, string Out) : IStudyStep
{
    /// <inheritdoc/>
    public IEnumerable<string> Problems(string path) =>
        Files.Count > 1 ? [] : [$"{path}.files: there is nothing to mix with {Files.Count} files; list two or more."];

    /// <inheritdoc/>
    public JsonObject Inputs(StudyPaths paths) =>
        [.. Files.Select((f, i) => KeyValuePair.Create($"files[{i}]", (JsonNode?)InputHash.OfFile(paths.Find("files", f))))];

    /// <inheritdoc/>
    public void Make(
        StudyPaths paths, long? memoryBytes, Action<string> note, IProgress<StageProgress>? progress, CancellationToken cancel)
    {
        StringBuilder lines = new();
        foreach ((int i, string file) in Files.Index())
        {
            cancel.ThrowIfCancellationRequested();
            foreach (string line in RegularFile.ReadLines(paths.Find("files", file)))
            {
                lines.Append(line).Append('\n'); // a file's last line may have no end
            }
            progress?.Report(new("prepare", Out, i + 1, Files.Count, ""));
        }
        string partial = paths.Out(Out) + ".partial";
        AtomicFile.WriteText(partial, lines.ToString());
        _ = PreferenceDataset.Read(partial); // duplicate ids are reported now
        File.Move(partial, paths.Out(Out), overwrite: true);
    }
}
