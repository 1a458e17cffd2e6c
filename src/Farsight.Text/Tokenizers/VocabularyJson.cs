using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Farsight.Text.Tokenizers;

/// <summary>Writes a vocabulary of a GGUF or SentencePiece file, which are lists, as a tokenizer.json.</summary>
sealed record VocabularyJson
{
    // Types of tokens, the same numbers in both files.
    const int UnknownType = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6;

    /// <summary>Gets the spelling of each id [V].</summary>
    internal required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>
    /// Gets the type of each id [V]: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte; empty for all normal.
    /// </summary>
    internal IReadOnlyList<int> Types { get; init; } = [];

    /// <summary>Gets the token for characters that the vocabulary lacks.</summary>
    internal int? Unknown { get; init; }

    /// <summary>Gets the token that begins every text, or null.</summary>
    internal int? Before { get; init; }

    /// <summary>Gets the token that ends every text, or null.</summary>
    internal int? After { get; init; }

    /// <summary>Gets whether a token takes the white space after it.</summary>
    internal Func<int, bool> StripsAfter { get; init; } = _ => false;

    /// <summary>Writes a byte-level BPE.</summary>
    /// <param name="patterns">Patterns that split text in turn.</param>
    /// <param name="merges">Merges "left right" in order of priority.</param>
    /// <param name="ignoresMerges">Whether a piece that is a token is used whole.</param>
    internal ReadOnlyMemory<byte> ByteLevel(IEnumerable<string> patterns, IEnumerable<string> merges, bool ignoresMerges)
    {
        const string Bytes = """{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false}""";
        IEnumerable<string> splits = patterns.Select(p =>
            $$"""{"type": "Split", "pattern": {"Regex": {{JsonSerializer.Serialize(p)}}}, "behavior": "Isolated", "invert": false}""");
        return Write(
            [],
            $$"""{"type": "Sequence", "pretokenizers": [{{string.Join(", ", splits.Append(Bytes))}}]}""",
            Bytes,
            json =>
            {
                WriteMerging(json, merges.Select(Halves));
                json.WriteBoolean("ignore_merges", ignoresMerges);
            });
    }

    /// <summary>Writes a SentencePiece vocabulary.</summary>
    /// <param name="scores">[V] scores: of a unigram those of tokens, of a BPE those of merges; empty for the order of the ids.</param>
    /// <param name="options">How text is changed first, and which model it is.</param>
    internal ReadOnlyMemory<byte> SentencePiece(IReadOnlyList<float> scores, SentencePieceOptions options)
    {
        List<string> normalizers = [];
        if (!options.CharacterMap.IsEmpty)
        {
            string map = Convert.ToBase64String(options.CharacterMap.Span);
            normalizers.Add($$"""{"type": "Precompiled", "precompiled_charsmap": "{{map}}"}""");
        }
        if (options.RemovesExtraSpaces)
        {
            normalizers.Add("""{"type": "Strip", "strip_left": true, "strip_right": true}""");
            normalizers.Add($$"""{"type": "Replace", "pattern": {"Regex": "{{CollapseStep.Pattern}}"}, "content": " "}""");
        }
        if (options.AddsPrefixSpace)
        {
            normalizers.Add("""{"type": "Prepend", "prepend": "▁"}""");
        }
        normalizers.Add("""{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}""");
        string strip = options.AddsPrefixSpace ? """, {"type": "Strip", "content": " ", "start": 1, "stop": 0}""" : "";
        return Write(
            normalizers,
            "null",
            $$"""
            {"type": "Sequence", "decoders": [
                {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}{{strip}}]}
            """,
            json =>
            {
                if (options.IsUnigram)
                {
                    WriteUnigram(json, scores);
                }
                else
                {
                    WriteMerging(json, MergesByScore(scores));
                }
                json.WriteBoolean("fuse_unk", true);
                json.WriteBoolean("byte_fallback", options.HasBytes);
            });
    }

    ReadOnlyMemory<byte> Write(List<string> normalizers, string preTokenizer, string decoder, Action<Utf8JsonWriter> model)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            WriteAdded(json);
            string[] normalizer = normalizers.Count > 1
                ? [$$"""{"type": "Sequence", "normalizers": [{{string.Join(", ", normalizers)}}]}"""]
                : [.. normalizers];
            WriteRaw(json, "normalizer", normalizer.FirstOrDefault("null"));
            WriteRaw(json, "pre_tokenizer", preTokenizer);
            WriteRaw(json, "post_processor", PostProcessor());
            WriteRaw(json, "decoder", decoder);
            json.WriteStartObject("model");
            model(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    void WriteAdded(Utf8JsonWriter json)
    {
        json.WriteStartArray("added_tokens");
        for (int id = 0; id < Types.Count; id++)
        {
            if (Types[id] is Control or UserDefined or UnknownType)
            {
                json.WriteStartObject();
                json.WriteNumber("id", id);
                json.WriteString("content", Tokens[id]);
                json.WriteBoolean("single_word", false);
                json.WriteBoolean("lstrip", false);
                json.WriteBoolean("rstrip", StripsAfter(id));
                json.WriteBoolean("normalized", false);
                json.WriteBoolean("special", Types[id] != UserDefined);
                json.WriteEndObject();
            }
        }
        json.WriteEndArray();
    }

    string PostProcessor()
    {
        if (Before is null && After is null)
        {
            return "null";
        }
        string Special(int? id) =>
            id is { } token ? $$"""{"SpecialToken": {"id": {{JsonSerializer.Serialize(Tokens[token])}}, "type_id": 0} }""" : "";
        string Join(params string[] parts) => string.Join(", ", parts.Where(p => p.Length > 0));
        const string First = """{"Sequence": {"id": "A", "type_id": 0}}""", Second = """{"Sequence": {"id": "B", "type_id": 1}}""";
        IEnumerable<string> tokens = ((int?[])[Before, After]).OfType<int>().Distinct().Select(id =>
        {
            string text = JsonSerializer.Serialize(Tokens[id]);
            return string.Create(CultureInfo.InvariantCulture, $$"""{{text}}: {"id": {{text}}, "ids": [{{id}}], "tokens": [{{text}}]}""");
        });
        return $$"""
            {"type": "TemplateProcessing", "single": [{{Join(Special(Before), First, Special(After))}}],
             "pair": [{{Join(Special(Before), First, Special(After), Special(Before), Second, Special(After))}}],
             "special_tokens": { {{string.Join(", ", tokens)}} } }
            """;
    }

    void WriteMerging(Utf8JsonWriter json, IEnumerable<(string Left, string Right)> merges)
    {
        json.WriteString("type", "BPE");
        json.WriteString("unk_token", Unknown is { } unknown ? Tokens[unknown] : null);
        json.WriteStartObject("vocab");
        for (int id = 0; id < Tokens.Count; id++)
        {
            if (TypeOf(id) != Unused)
            {
                json.WriteNumber(Tokens[id], id);
            }
        }
        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach ((string left, string right) in merges)
        {
            json.WriteStartArray();
            json.WriteStringValue(left);
            json.WriteStringValue(right);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    void WriteUnigram(Utf8JsonWriter json, IReadOnlyList<float> scores)
    {
        json.WriteString("type", "Unigram");
        if (Unknown is { } unknown)
        {
            json.WriteNumber("unk_id", unknown);
        }
        json.WriteStartArray("vocab");
        for (int id = 0; id < Tokens.Count; id++)
        {
            json.WriteStartArray();
            json.WriteStringValue(Tokens[id]);
            json.WriteNumberValue((double)scores[id]);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    int TypeOf(int id) => Types.Count == 0 ? 1 : Types[id];

    static (string Left, string Right) Halves(string merge)
    {
        int space = merge.Length > 1 ? merge.IndexOf(' ', 1) : -1;
        return space > 0 ? (merge[..space], merge[(space + 1)..]) : (merge, "");
    }

    // Every way to make a token of two tokens, the best token first; of one token's ways, that of the earlier halves.
    IEnumerable<(string Left, string Right)> MergesByScore(IReadOnlyList<float> scores)
    {
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        for (int id = 0; id < Tokens.Count; id++)
        {
            if (TypeOf(id) is not (Control or UnknownType or Unused or Byte))
            {
                ids.TryAdd(Tokens[id], id);
            }
        }
        List<(float Score, int Left, int Right)> merges = [];
        foreach ((string token, int id) in ids)
        {
            for (int cut = 1; cut < token.Length; cut++)
            {
                if (ids.TryGetValue(token[..cut], out int left) && ids.TryGetValue(token[cut..], out int right))
                {
                    merges.Add((scores.Count > 0 ? scores[id] : -id, left, right));
                }
            }
        }
        return merges
            .OrderByDescending(m => m.Score)
            .ThenBy(m => m.Left)
            .ThenBy(m => m.Right)
            .Select(m => (Tokens[m.Left], Tokens[m.Right]));
    }

    static void WriteRaw(Utf8JsonWriter json, string name, string value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(value);
    }
}

/// <summary>Represents how a SentencePiece vocabulary is used.</summary>
sealed record SentencePieceOptions
{
    /// <summary>Gets whether tokens are chosen by their scores rather than merged.</summary>
    internal bool IsUnigram { get; init; }

    /// <summary>Gets whether characters that the vocabulary lacks become bytes.</summary>
    internal bool HasBytes { get; init; }

    /// <summary>Gets whether a space is put before a text.</summary>
    internal bool AddsPrefixSpace { get; init; }

    /// <summary>Gets whether spaces at the ends of a text are removed and others joined.</summary>
    internal bool RemovesExtraSpaces { get; init; }

    /// <summary>Gets the map of characters for <see cref="CharacterMapStep"/>; empty for none.</summary>
    internal ReadOnlyMemory<byte> CharacterMap { get; init; }
}
