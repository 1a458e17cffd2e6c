using Farsight.Alignment.Fiction;

namespace Farsight.Workflows.Study;

/// <summary>Invented documents, as farsight documents writes them.</summary>
/// <param name="Count">Number of documents.</param>
/// <param name="Words">Least words of each.</param>
/// <param name="Seed">The collection.</param>
/// <param name="Out">The folder.</param>
public sealed record DocumentsStep(int Count, int Words, int Seed, string Out) : IStudyStep
{
    /// <summary>Text files with a file of questions, or one file for all.</summary>
    public FictionFormat Format { get; init; } = FictionFormat.Txt;

    /// <summary>What is asked about each document, in the file with the documents or beside it.</summary>
    public IReadOnlyList<FictionQueryKind> Questions { get; init; } = [FictionQueryKind.Detail];

    /// <inheritdoc/>
    public IEnumerable<string> Problems(string path) =>
    [
        .. Count > 0 ? [] : new[] { $"{path}.count: {Count} is no number of documents; use 1 or more." },
        .. Words > 0 ? [] : new[] { $"{path}.words: {Words} is no length; use 1 or more." },
    ];

    /// <inheritdoc/>
    public bool IsDone(StudyPaths paths) =>
        File.Exists(Path.Combine(paths.Out(Out), Format == FictionFormat.Txt ? "questions.json" : "documents.jsonl"));

    /// <inheritdoc/>
    public void Make(StudyPaths paths, Action<string> note, IProgress<StudyProgress>? progress, CancellationToken cancel) =>
        new FictionFolder(paths.Out(Out), Count, Words, Seed, Format, Force: true) { Kinds = Questions }
            .Write(new Relay<int>(done => progress?.Report(new("prepare", Out, done, Count, ""))), cancel);
}
