using Farsight.Engine;

namespace Farsight.Alignment.Corpus;

/// <summary>Represents the selection of documents from a corpus and how they are read.</summary>
/// <param name="Path">A file, or a folder that is read recursively.</param>
public sealed record CorpusOptions(string Path)
{
    /// <summary>Gets the layout of documents in the files. Default: detected per file.</summary>
    public DocumentFormat Format { get; init; } = DocumentFormat.Auto;

    /// <summary>Gets the name of the text field in records of <see cref="DocumentFormat.Field"/>. Default: "text".</summary>
    public string Field { get; init; } = "text";

    /// <summary>
    /// Gets whether a row of a Parquet file is read as the texts of all its columns, such as the messages of a conversation, to look at
    /// them. If false, a row is a document with its questions.
    /// </summary>
    public bool HasWholeRows { get; init; }

    /// <summary>
    /// Gets whether encoding errors are repaired and reported. If false, invalid UTF-8 and empty texts are errors, and texts stay
    /// unchanged.
    /// </summary>
    public bool Repair { get; init; } = true;

    /// <summary>
    /// Gets whether a record without its text, with a field of the wrong type, or larger than 256 MiB is an error. If false, such records
    /// are dropped and reported. Always true without <see cref="Repair"/>.
    /// </summary>
    public bool IsStrict { get => field || !Repair; init; }

    /// <summary>Gets the document lengths to keep; null keeps all.</summary>
    public LengthLimits? Length { get; init; }

    /// <summary>
    /// Gets the similarity of 5-word shingles, in (0, 1], at which a document is dropped as a near duplicate of an earlier one;
    /// null keeps all.
    /// </summary>
    public double? NearDuplicate { get; init; }

    /// <summary>Gets the random sample to draw; null reads all documents.</summary>
    public CorpusSample? Sample { get; init; }

    /// <summary>
    /// Gets the callback for each document that is read, including dropped ones. It can report progress, or throw to stop.
    /// </summary>
    public Action<CorpusReport>? Told { get; init; }

    /// <summary>
    /// Gets the callback for sentences about files that are skipped and parts of documents that cannot be read, each with its file.
    /// </summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Validates the options.</summary>
    /// <exception cref="InputException">An option is out of range.</exception>
    public void Check()
    {
        if (Field.Length == 0)
        {
            throw new InputException("The name of the text field is empty; set it, for example to \"text\".");
        }
        if (NearDuplicate is <= 0 or > 1 or double.NaN)
        {
            throw new InputException(
                $"The near-duplicate similarity is {NearDuplicate}; it must be greater than 0 and at most 1, for example 0.8.");
        }
        if (Length is { } length && (length.Least < 0 || length.Most < length.Least))
        {
            throw new InputException(
                $"The document length limits are {length.Least} to {length.Most} {length.Unit}; "
                + "the minimum must be at least 0, and the maximum at least the minimum.");
        }
        if (Sample is { Share: <= 0 or > 1 or double.NaN })
        {
            throw new InputException($"The share of documents to draw is {Sample.Share}; it must be greater than 0 and at most 1.");
        }
        if (Sample is { Count: < 1 })
        {
            throw new InputException($"The number of documents to draw is {Sample.Count}; it must be at least 1.");
        }
    }
}

/// <summary>Represents the range of document lengths to keep.</summary>
/// <param name="Least">Minimum length; shorter documents are dropped.</param>
/// <param name="Most">Maximum length; longer documents are dropped.</param>
/// <param name="Unit">Unit of length, for messages: "tokens".</param>
/// <param name="Of">Computes the length of a text.</param>
public sealed record LengthLimits(int Least, int Most, string Unit, Func<string, int> Of);

/// <summary>
/// Represents a random sample of a corpus. Whether a document belongs to it depends only on the seed and the document's id.
/// </summary>
/// <param name="Seed">Seed of the sample.</param>
/// <param name="Share">Probability of each document, in (0, 1]. Applied first, so it takes one pass.</param>
/// <param name="Count">Maximum number of documents after all other filters; reads the corpus twice. Null for no limit.</param>
public sealed record CorpusSample(int Seed, double Share = 1, int? Count = null);
