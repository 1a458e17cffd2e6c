using System.Numerics;
using System.Text.Json.Nodes;
using Farsight.Alignment.Corpus.Repair;

namespace Farsight.Alignment.Corpus;

/// <summary>How often something happened in a corpus, and where first.</summary>
/// <param name="Documents">It happened to.</param>
/// <param name="Places">In all of them together.</param>
/// <param name="First">Id of the first one.</param>
public sealed record CorpusCount(long Documents, long Places, string First);

/// <summary>What reading a corpus met: filled while documents are read, complete after the last one.</summary>
/// <remarks>
/// A document is counted when it is read, and once as kept or dropped. Where documents are drawn by number the corpus is read
/// twice; the report tells about the first time, which decides.
/// </remarks>
public sealed class CorpusReport
{
    readonly SortedDictionary<string, CorpusCount> _dropped = new(StringComparer.Ordinal), _repaired = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, int> _formats = new(StringComparer.Ordinal);
    readonly SortedDictionary<int, long> _lengths = [];
    readonly List<string> _passedOver = [];

    /// <summary>Files read.</summary>
    public int Files { get; private set; }

    /// <summary>Documents found.</summary>
    public long Read { get; private set; }

    /// <summary>Documents handed on.</summary>
    public long Kept { get; private set; }

    /// <summary>Characters (UTF-16 units) of the kept ones.</summary>
    public long Characters { get; private set; }

    /// <summary>Of the kept ones, those that bring questions.</summary>
    public long WithQuestions { get; private set; }

    /// <summary>Questions of the kept ones.</summary>
    public long Questions { get; private set; }

    /// <summary>Files by format: "text", "field", "conversations", "instruction".</summary>
    public IReadOnlyDictionary<string, int> Formats => _formats;

    /// <summary>Dropped documents by reason.</summary>
    public IReadOnlyDictionary<string, CorpusCount> Dropped => _dropped;

    /// <summary>Repaired documents by what was wrong with them.</summary>
    public IReadOnlyDictionary<string, CorpusCount> Repaired => _repaired;

    /// <summary>Kept documents by length: the key k stands for 2^k to 2^(k+1) − 1 characters.</summary>
    public IReadOnlyDictionary<int, long> Lengths => _lengths;

    /// <summary>JSON files of a folder that hold something else than documents.</summary>
    public IReadOnlyList<string> PassedOver => _passedOver;

    /// <summary>The same in JSON, names in snake_case.</summary>
    public JsonObject ToJson() => new()
    {
        ["files"] = Files,
        ["formats"] = Object(_formats, n => JsonValue.Create(n)),
        ["passed_over"] = new JsonArray([.. _passedOver.Select(p => JsonValue.Create(p))]),
        ["read"] = Read,
        ["kept"] = Kept,
        ["dropped"] = Object(_dropped, Json),
        ["repaired"] = Object(_repaired, Json),
        ["characters"] = Characters,
        ["with_questions"] = WithQuestions,
        ["questions"] = Questions,
        ["lengths"] = new JsonObject(_lengths.Select(l => KeyValuePair.Create(
            (1L << l.Key).ToString(System.Globalization.CultureInfo.InvariantCulture), (JsonNode?)JsonValue.Create(l.Value)))),
    };

    internal void CountFile(DocumentFormat format)
    {
        string name = format.ToString().ToLowerInvariant();
        _formats[name] = _formats.GetValueOrDefault(name) + 1;
        Files++;
    }

    internal void PassOver(string file) => _passedOver.Add(file);

    internal void CountRead(string id, IReadOnlyList<RepairCount> repairs)
    {
        Read++;
        foreach (RepairCount repair in repairs)
        {
            Count(_repaired, repair.Name, id, repair.Places);
        }
    }

    internal void Drop(string id, string reason) => Count(_dropped, reason, id, 1);

    internal void Keep(SourceDocument document)
    {
        Kept++;
        Characters += document.Text.Length;
        Questions += document.Questions.Count;
        WithQuestions += document.Questions.Count > 0 ? 1 : 0;
        int bucket = BitOperations.Log2((uint)Math.Max(document.Text.Length, 1));
        _lengths[bucket] = _lengths.GetValueOrDefault(bucket) + 1;
    }

    static void Count(SortedDictionary<string, CorpusCount> counts, string key, string id, long places) =>
        counts[key] = counts.TryGetValue(key, out CorpusCount? c) ? new(c.Documents + 1, c.Places + places, c.First) : new(1, places, id);

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
