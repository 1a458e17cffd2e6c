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
    /// Gets whether encoding errors are repaired and reported. If false, invalid UTF-8 and empty texts are errors, and texts stay
    /// unchanged.
    /// </summary>
    public bool Repair { get; init; } = true;

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

    /// <summary>Validates the options.</summary>
    /// <exception cref="InputException">One makes no sense.</exception>
    public void Check()
    {
        if (Field.Length == 0)
        {
            throw new InputException("The field of the text has no name; give --field the name of one, text for instance.");
        }
        if (NearDuplicate is <= 0 or > 1 or double.NaN)
        {
            throw new InputException(
                $"The similarity of near-duplicates is {NearDuplicate}; use a number above 0 and up to 1, 0.8 for instance.");
        }
        if (Length is { } length && (length.Least < 0 || length.Most < length.Least))
        {
            throw new InputException(
                $"Documents of {length.Least} to {length.Most} {length.Unit} cannot be: the least must be 0 or more, and the most no less than it."
            );
        }
        if (Sample is { Share: <= 0 or > 1 or double.NaN })
        {
            throw new InputException($"The share of documents to draw is {Sample.Share}; use a number above 0 and up to 1.");
        }
        if (Sample is { Count: < 1 })
        {
            throw new InputException($"The number of documents to draw is {Sample.Count}; use 1 or more.");
        }
    }
}

/// <summary>Represents the range of document lengths to keep.</summary>
/// <param name="Least">Shorter ones are dropped.</param>
/// <param name="Most">Longer ones are dropped.</param>
/// <param name="Unit">What is counted, for messages: "tokens".</param>
/// <param name="Of">The length of a text.</param>
public sealed record LengthLimits(int Least, int Most, string Unit, Func<string, int> Of);

/// <summary>
/// Represents a random sample of a corpus. Whether a document belongs to it depends only on the seed and the document's id.
/// </summary>
/// <param name="Seed">Another seed, another part.</param>
/// <param name="Share">Each document's chance, in (0, 1]; decided before anything else is, so it costs one pass.</param>
/// <param name="Count">Most documents, of those that everything else lets through; the corpus is read twice.</param>
public sealed record CorpusSample(int Seed, double Share = 1, int? Count = null);
