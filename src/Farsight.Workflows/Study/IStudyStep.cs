using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Farsight.Alignment.Data.Exchange;
using Farsight.Alignment.Fiction;
using Farsight.Alignment.Runs;
using Farsight.Workflows.Train;

namespace Farsight.Workflows.Study;

/// <summary>Makes files that a study needs before its first run: documents, preference data, a starting model.</summary>
/// <remarks>The record that implements it is the recipe entry: <c>{ "make": "documents", "count": 40, … }</c>.
/// Existing outputs are not made again.</remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "make")]
[JsonDerivedType(typeof(BirdieStep), "birdie")]
[JsonDerivedType(typeof(ContrastStep), "contrast")]
[JsonDerivedType(typeof(DocumentsStep), "documents")]
[JsonDerivedType(typeof(FactsStep), "facts")]
[JsonDerivedType(typeof(GateauStep), "gateau")]
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

/// <summary>Mixes datasets, as <c>farsight data mix</c> does. Without shares, all samples are taken, in the order of the files.</summary>
/// <param name="Files">Preference datasets; without shares, two or more whose samples have different ids.</param>
/// <param name="Out">The .jsonl file.</param>
sealed record MixStep(IReadOnlyList<string> Files, string Out) : IStudyStep
{
    /// <summary>Share of the samples that each file gets, as 2 and 1. Optional; null takes all samples.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<double>? Shares { get; init; }

    /// <summary>Number of samples of a mix with shares. Optional; null for as many as the shares allow.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Samples { get; init; }

    /// <summary>Seed of the drawn samples and their order. Optional; required with shares.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Seed { get; init; }

    /// <inheritdoc/>
    public IEnumerable<string> Problems(string path) =>
    [
        .. Files.Count > (Shares is null ? 1 : 0)
            ? []
            : new[] { $"{path}.files: there is nothing to mix with {Files.Count} files; list two or more, or draw from one by shares." },
        .. Shares is { } shares && (shares.Count != Files.Count || shares.Any(s => !(s > 0)))
            ? new[] { $"{path}.shares: there are {Files.Count} files; write one number above 0 for each." }
            : [],
        .. Shares is null && (Samples ?? Seed) is not null
            ? new[] { $"{path}.shares: samples and seed apply to a mix with shares; write the shares or remove both keys." }
            : [],
        .. Shares is not null && Seed is null ? new[] { $"{path}.seed: a mix with shares draws samples; write its seed." } : [],
        .. Samples is < 1 ? new[] { $"{path}.samples: {Samples} is not a number of samples; use 1 or more." } : [],
    ];

    /// <inheritdoc/>
    public JsonObject Inputs(StudyPaths paths) =>
        [.. Files.Select((f, i) => KeyValuePair.Create($"files[{i}]", (JsonNode?)InputHash.OfFile(paths.Find("files", f))))];

    /// <inheritdoc/>
    public void Make(
        StudyPaths paths, long? memoryBytes, Action<string> note, IProgress<StageProgress>? progress, CancellationToken cancel)
    {
        string[] files = [.. Files.Select(f => paths.Find("files", f))];
        if (Shares is { } shares)
        {
            DatasetMix.Draw(paths.Out(Out), [.. files.Zip(shares, (f, s) => new MixPart(f, s))], Samples, Seed!.Value);
        }
        else
        {
            DatasetMix.Concatenate(paths.Out(Out), files);
        }
        progress?.Report(new("prepare", Out, 1, 1, ""));
    }
}
