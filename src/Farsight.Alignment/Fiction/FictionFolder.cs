using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Farsight.Alignment.Corpus;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Fiction;

/// <summary>Specifies how generated documents are stored.</summary>
public enum FictionFormat
{
    /// <summary>document-0001.txt and so on, and questions.json.</summary>
    Txt,

    /// <summary>documents.jsonl: text, title and questions on each line.</summary>
    Jsonl,
}

/// <summary>Writes generated documents into a folder that <see cref="DocumentReader"/> reads.</summary>
/// <param name="Folder">Output folder. Created if missing; must be empty unless <paramref name="Force"/>, or hold what an interrupted call
/// with the same arguments left.</param>
/// <param name="Count">Number of documents; &gt; 0.</param>
/// <param name="Words">Minimum number of words per document; &gt; 0.</param>
/// <param name="Seed">Seed of the collection; the same seed gives the same bytes.</param>
/// <param name="Format">Text files or one .jsonl file.</param>
/// <param name="Force">Replaces files of the same names in a folder that is not empty.</param>
public sealed partial record FictionFolder(string Folder, int Count, int Words, int Seed, FictionFormat Format, bool Force)
{
    // The texts hold quotation marks and nothing else that needs an escape; a reader should see them as they are.
    static readonly FictionJson s_json = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    const string LinesName = "documents.jsonl";

    // Both take hours; larger numbers are mistyped.
    const int MaxCount = 1_000_000, MaxWords = 10_000_000;

    /// <summary>Gets the kinds of questions about each document, in order.</summary>
    public IReadOnlyList<FictionQueryKind> Kinds { get; init; } = [FictionQueryKind.Detail];

    /// <summary>Writes all documents and returns the totals.</summary>
    /// <param name="progress">Receives the number of documents written, after each.</param>
    /// <param name="cancellation">Checked before each document.</param>
    /// <exception cref="InputException">A number is not positive, or the folder is not empty or cannot be written.</exception>
    public FictionTotals Write(IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        Check();
        try
        {
            Directory.CreateDirectory(Folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"The folder '{Folder}' cannot be created: {e.Message}", e);
        }
        FictionTotals totals = Format == FictionFormat.Txt ? WriteTexts(progress, cancellation) : WriteLines(progress, cancellation);
        foreach (string left in Directory.GetFiles(Folder).Where(f => IsTemporary(Path.GetFileName(f))))
        {
            File.Delete(left);
        }
        return totals;
    }

    void Check()
    {
        if (Count > MaxCount || Words > MaxWords)
        {
            throw new InputException(
                $"{Count} documents of {Words} words are too many; use at most {MaxCount} documents of at most {MaxWords} words.");
        }
        if (Count <= 0)
        {
            throw new InputException($"The number of documents is {Count}; it must be at least 1.");
        }
        if (Words <= 0)
        {
            throw new InputException($"The document length is {Words} words; it must be at least 1.");
        }
        if (File.Exists(Folder))
        {
            throw new InputException($"'{Folder}' is a file; specify a folder.");
        }
        if (!Force && Directory.Exists(Folder) && IsTaken)
        {
            throw new InputException($"The folder '{Folder}' is not empty; specify another folder, or set force to overwrite its files.");
        }
    }

    /// <summary>Gets whether the existing folder has files of something else than an interrupted run of this request.</summary>
    public bool IsTaken => Directory.EnumerateFileSystemEntries(Folder).Any() && !IsInterrupted();

    /// <summary>Returns whether the folder holds nothing but documents of this request, without the file that is written last.</summary>
    bool IsInterrupted()
    {
        foreach (string path in Directory.EnumerateFileSystemEntries(Folder))
        {
            string name = Path.GetFileName(path);
            if (!IsTemporary(name) && (Format != FictionFormat.Txt || !IsOwnDocument(path, name)))
            {
                return false;
            }
        }
        return true;
    }

    bool IsTemporary(string name) => AtomicFile.IsTemporary(name, Format == FictionFormat.Txt ? "document-" : LinesName);

    bool IsOwnDocument(string path, string name) =>
        name.StartsWith("document-", StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(9, Math.Max(0, name.Length - 13)), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
        && number >= 1
        && number <= Count
        && name == NameOf(number)
        && RegularFile.ReadAllText(path) == FictionWriter.Write(Seed, number - 1, Words).Text;

    static string NameOf(int number) => $"document-{number.ToString("D4", CultureInfo.InvariantCulture)}.txt";

    FictionTotals WriteTexts(IProgress<int>? progress, CancellationToken cancellation)
    {
        FictionTotals totals = new(0, 0, 0);
        List<string> questions = [];
        foreach ((int number, FictionDocument document) in Documents(progress, cancellation))
        {
            string name = NameOf(number);
            AtomicFile.WriteText(Path.Combine(Folder, name), document.Text);
            QuestionLine[] asked = QuestionsOf(number - 1, document);
            questions.AddRange(asked.Select(a => JsonSerializer.Serialize(a with { Document = name }, s_json.QuestionLine)));
            totals = totals.Plus(document, asked.Length);
        }
        AtomicFile.WriteText(Path.Combine(Folder, "questions.json"), $"[\n{string.Join(",\n", questions)}\n]\n");
        return totals;
    }

    FictionTotals WriteLines(IProgress<int>? progress, CancellationToken cancellation)
    {
        FictionTotals totals = new(0, 0, 0);
        AtomicFile.Write(Path.Combine(Folder, LinesName), stream =>
        {
            foreach ((int number, FictionDocument document) in Documents(progress, cancellation))
            {
                QuestionLine[] asked = QuestionsOf(number - 1, document);
                JsonSerializer.Serialize(stream, new(document.Text, document.Title, asked), s_json.DocumentLine);
                stream.Write("\n"u8);
                totals = totals.Plus(document, asked.Length);
            }
        });
        return totals;
    }

    IEnumerable<(int Number, FictionDocument Document)> Documents(IProgress<int>? progress, CancellationToken cancellation)
    {
        for (int i = 0; i < Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return (i + 1, FictionWriter.Write(Seed, i, Words));
            progress?.Report(i + 1);
        }
    }

    QuestionLine[] QuestionsOf(int index, FictionDocument document) =>
        [.. Kinds.SelectMany(kind => FictionQuery.Of(document, kind, Seed, index)).Select(QuestionLine.Of)];

    /// <summary>Represents a question in the file; a question about several facts lists them as single questions.</summary>
    sealed record QuestionLine(
        string? Document,
        string Question,
        string Answer,
        string? Value,
        string? Support,
        int? Chapter,
        string? Subject,
        IReadOnlyList<FictionQuestion>? Facts)
    {
        internal static QuestionLine Of(FictionQuery ask) => ask.Facts is [FictionQuestion one]
            ? new(null, one.Question, one.Answer, one.Value, one.Support, one.Chapter, one.Subject, null)
            : new(null, ask.Question, ask.Answer, null, null, null, null, ask.Facts);
    }

    sealed record DocumentLine(string Text, string Title, IReadOnlyList<QuestionLine> Questions);

    [JsonSerializable(typeof(QuestionLine))]
    [JsonSerializable(typeof(DocumentLine))]
    sealed partial class FictionJson : JsonSerializerContext;
}

/// <summary>Represents the totals of written documents.</summary>
/// <param name="Documents">Number of documents.</param>
/// <param name="Words">Number of words in all documents.</param>
/// <param name="Questions">Number of questions about all documents.</param>
public sealed record FictionTotals(int Documents, long Words, int Questions)
{
    internal FictionTotals Plus(FictionDocument document, int questions) =>
        new(Documents + 1, Words + FictionWriter.CountWords(document.Text), Questions + questions);
}
