using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Farsight.Alignment.Corpus.Reading;
using Farsight.Alignment.Corpus.Repair;

namespace Farsight.Alignment.Corpus;

/// <summary>Represents how often something happened in a corpus, and where it happened first.</summary>
/// <param name="Documents">Number of affected documents.</param>
/// <param name="Places">Number of places in all affected documents.</param>
/// <param name="First">Id of the first affected document.</param>
public sealed record CorpusCount(long Documents, long Places, string First)
{
    internal const int MostExamples = 5;

    readonly List<string> _examples = [First];

    /// <summary>Gets the ids of the first affected documents, at most 5.</summary>
    public IReadOnlyList<string> Examples => _examples;

    internal CorpusCount Plus(string id, long places)
    {
        if (_examples.Count < MostExamples)
        {
            _examples.Add(id);
        }
        return this with { Documents = Documents + 1, Places = Places + places };
    }

    /// <summary>Compares the counts; the examples belong to the same documents.</summary>
    public bool Equals(CorpusCount? other) =>
        other is not null && (Documents, Places, First) == (other.Documents, other.Places, other.First);

    /// <inheritdoc/>
    public override int GetHashCode() => Documents.GetHashCode();
}

/// <summary>Represents what a report says about a file.</summary>
/// <param name="File">Name of the file, relative to the corpus.</param>
/// <param name="Sentence">Why it is refused, or what of it could not be read.</param>
public sealed record FileNote(string File, string Sentence);

/// <summary>Represents statistics of a corpus. Updated while documents are read; complete after the last one.</summary>
/// <remarks>
/// A document is counted when it is read, and once as kept or dropped. Where documents are drawn by number the corpus is read
/// twice; the report tells about the first time, which decides.
/// </remarks>
public sealed class CorpusReport
{
    readonly SortedDictionary<string, CorpusCount>
        _dropped = new(StringComparer.Ordinal), _repaired = new(StringComparer.Ordinal), _leftOut = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, int> _formats = new(StringComparer.Ordinal);
    readonly SortedDictionary<int, long> _lengths = [];
    readonly List<string> _passedOver = [];
    readonly List<FileNote> _refused = [], _warnings = [];
    readonly SortedDictionary<string, long> _scripts = new(StringComparer.Ordinal);

    /// <summary>Gets the number of files read.</summary>
    public int Files { get; private set; }

    /// <summary>Gets the number of documents found.</summary>
    public long Read { get; private set; }

    /// <summary>Gets the number of documents kept.</summary>
    public long Kept { get; private set; }

    /// <summary>Gets the number of characters (UTF-16 units) in kept documents.</summary>
    public long Characters { get; private set; }

    /// <summary>Gets the number of kept documents that have questions.</summary>
    public long WithQuestions { get; private set; }

    /// <summary>Gets the number of questions in kept documents.</summary>
    public long Questions { get; private set; }

    /// <summary>
    /// Gets the number of files per format: "text", "field", "conversations", "instruction" or a document format such as "pdf".
    /// </summary>
    public IReadOnlyDictionary<string, int> Formats => _formats;

    /// <summary>Gets the number of dropped documents per reason.</summary>
    public IReadOnlyDictionary<string, CorpusCount> Dropped => _dropped;

    /// <summary>Gets the number of repaired documents per kind of repair.</summary>
    public IReadOnlyDictionary<string, CorpusCount> Repaired => _repaired;

    /// <summary>
    /// Gets the number of conversations with a part that is neither document nor question, per kind: "system_turn", "other_turn" (tools and
    /// unknown roles), "unanswered_question" or "answer_without_question".
    /// </summary>
    public IReadOnlyDictionary<string, CorpusCount> LeftOut => _leftOut;

    /// <summary>Gets the number of kept documents per length class: key k counts lengths from 2^k to 2^(k+1) − 1 characters.</summary>
    public IReadOnlyDictionary<int, long> Lengths => _lengths;

    /// <summary>Gets the skipped files of the folder: JSON files without documents, pipes, sockets and devices.</summary>
    public IReadOnlyList<string> PassedOver => _passedOver;

    /// <summary>Gets the files of the folder that were skipped because they are damaged, protected, without text or misnamed.</summary>
    public IReadOnlyList<FileNote> Refused => _refused;

    /// <summary>Gets what could not be read of files that were read.</summary>
    public IReadOnlyList<FileNote> Warnings => _warnings;

    /// <summary>Gets the number of kept documents per script of most of their letters, such as "latin" or "han".</summary>
    public IReadOnlyDictionary<string, long> Scripts => _scripts;

    /// <summary>Returns a sentence for each kind of repair and each reason for which documents were dropped.</summary>
    public IEnumerable<string> Sentences() =>
    [
        .. _repaired.Select(r => Sentence(r.Value, RepairCount.Describe(r.Key), "")),
        .. _dropped.Select(d => Sentence(d.Value, DropReason.Describe(d.Key), "dropped, because ")),
    ];

    /// <summary>Returns the report as JSON with snake_case names.</summary>
    public JsonObject ToJson() => new()
    {
        ["files"] = Files,
        ["formats"] = Object(_formats, n => JsonValue.Create(n)),
        ["passed_over"] = new JsonArray([.. _passedOver.Select(p => JsonValue.Create(p))]),
        ["refused"] = Notes(_refused, "reason"),
        ["warnings"] = Notes(_warnings, "warning"),
        ["read"] = Read,
        ["kept"] = Kept,
        ["dropped"] = Object(_dropped, Json),
        ["repaired"] = Object(_repaired, Json),
        ["left_out"] = Object(_leftOut, Json),
        ["characters"] = Characters,
        ["with_questions"] = WithQuestions,
        ["questions"] = Questions,
        ["scripts"] = Object(_scripts, n => JsonValue.Create(n)),
        ["lengths"] = new JsonObject(_lengths.Select(l => KeyValuePair.Create(
            (1L << l.Key).ToString(CultureInfo.InvariantCulture), (JsonNode?)JsonValue.Create(l.Value)))),
    };

    internal void CountFile(DocumentFormat format) => CountFile(format.ToString().ToLowerInvariant());

    internal void CountFile(string name)
    {
        _formats[name] = _formats.GetValueOrDefault(name) + 1;
        Files++;
    }

    internal void PassOver(string file) => _passedOver.Add(file);

    internal void Refuse(string file, string reason) => _refused.Add(new(file, reason));

    internal void Warn(string file, string warning) => _warnings.Add(new(file, warning));

    internal void CountRead(CandidateDocument found)
    {
        Read++;
        foreach (RepairCount repair in found.Repairs)
        {
            Count(_repaired, repair.Name, found.Document.Id, repair.Places);
        }
        foreach ((string kind, int parts) in (found.LeftOut ?? []).CountBy(k => k))
        {
            Count(_leftOut, kind, found.Document.Id, parts);
        }
    }

    internal void Drop(string id, string reason) => Count(_dropped, reason, id, 1);

    internal void Keep(SourceDocument document)
    {
        Kept++;
        Characters += document.Text.Length;
        Questions += document.Questions.Count;
        WithQuestions += document.Questions.Count > 0 ? 1 : 0;
        string script = TextScript.Of(document.Text);
        _scripts[script] = _scripts.GetValueOrDefault(script) + 1;
        int bucket = BitOperations.Log2((uint)Math.Max(document.Text.Length, 1));
        _lengths[bucket] = _lengths.GetValueOrDefault(bucket) + 1;
    }

    static string Sentence(CorpusCount count, string what, string before) => string.Create(
        CultureInfo.InvariantCulture,
        $"{count.First}{(count.Documents == 1 ? "" : $" and {count.Documents - 1} more")}: {before}{what}"
            + $"{(count.Places == count.Documents ? "" : $" ({count.Places} places)")}.");

    static void Count(SortedDictionary<string, CorpusCount> counts, string key, string id, long places) =>
        counts[key] = counts.TryGetValue(key, out CorpusCount? c) ? c.Plus(id, places) : new(1, places, id);

    static JsonArray Notes(List<FileNote> notes, string key) =>
        new([.. notes.Select(n => (JsonNode)new JsonObject { ["file"] = n.File, [key] = n.Sentence })]);

    static JsonObject Object<T>(SortedDictionary<string, T> values, Func<T, JsonNode?> json) =>
        new(values.Select(v => KeyValuePair.Create(v.Key, json(v.Value))));

    static JsonObject Json(CorpusCount count) =>
        new()
        {
            ["documents"] = count.Documents,
            ["places"] = count.Places,
            ["first"] = count.First,
        };
}
