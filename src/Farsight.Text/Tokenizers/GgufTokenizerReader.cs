using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Checkpoints.Gguf;

namespace Farsight.Text.Tokenizers;

/// <summary>Creates a tokenizer.json from a GGUF file: the embedded one, or one built from its lists.</summary>
static class GgufTokenizerReader
{
    const int Unknown = 2, Control = 3, UserDefined = 4, Unused = 5;

    /// <summary>Reads the tokenizer of a file.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="gguf">What it stores.</param>
    /// <exception cref="InputException">The tokenizer is of a kind that is not supported.</exception>
    internal static (ReadOnlyMemory<byte> Json, TokenizerConfig Config) Read(string path, GgufTokenizer gguf)
    {
        TokenizerConfig config = new(Spelled(gguf, gguf.Bos), Spelled(gguf, gguf.Eos), gguf.AddBos, gguf.AddEos);
        return gguf switch
        {
            { Json: { } json } => (Encoding.UTF8.GetBytes(json), config),
            { Model: "gpt2" } when PreTokenizer(path, gguf) is var pre =>
                (ByteLevel(gguf, pre), config with { AddsBos = gguf.AddBos ?? pre.AddsBos }),
            { Model: "llama" } => (SentencePiece(gguf), config with { AddsBos = gguf.AddBos ?? true }),
            _ => throw new InputException(
                $"{path}: the tokenizer kind {gguf.Model} is not supported; use the model as a Hugging Face directory."),
        };
    }

    static string? Spelled(GgufTokenizer gguf, int? id) => id is { } token ? gguf.Tokens[token] : null;

    static GgufPreTokenizer PreTokenizer(string path, GgufTokenizer gguf) =>
        (gguf.Pre is null ? null : GgufPreTokenizer.Find(gguf.Pre))
        ?? throw new InputException(
            $"{path}: the pre-tokenizer {gguf.Pre ?? "without a name"} is not supported; use the model as a Hugging Face directory.");

    static ReadOnlyMemory<byte> ByteLevel(GgufTokenizer gguf, GgufPreTokenizer pre)
    {
        return Write(gguf, json =>
        {
            json.WriteNull("normalizer");
            IEnumerable<string> splits = pre.Patterns.Select(p =>
                $$"""{"type": "Split", "pattern": {"Regex": {{JsonSerializer.Serialize(p)}}}, "behavior": "Isolated", "invert": false}""");
            WriteRaw(json, "pre_tokenizer", $$"""
                {"type": "Sequence", "pretokenizers": [{{string.Join(", ", splits)}},
                    {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false}]}
                """);
            WriteRaw(json, "decoder", """{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false}""");
            WriteModel(json, gguf, gguf.Merges.Select(Halves), isSentencePiece: false, pre.IgnoresMerges);
        });
    }

    static ReadOnlyMemory<byte> SentencePiece(GgufTokenizer gguf)
    {
        bool prefix = gguf.AddSpacePrefix ?? true;
        return Write(
            gguf,
            json =>
            {
                const string Replace = """{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}""";
                const string Back =
                    """{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}""";
                WriteRaw(
                    json,
                    "normalizer",
                    prefix ? $$"""{"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {{Replace}}]}""" : Replace);
                json.WriteNull("pre_tokenizer");
                WriteRaw(
                    json,
                    "decoder",
                    prefix
                        ? $$"""{"type": "Sequence", "decoders": [{{Back}}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}"""
                        : $$"""{"type": "Sequence", "decoders": [{{Back}}]}""");
                WriteModel(json, gguf, MergesByScore(gguf), isSentencePiece: true, ignoresMerges: false);
            });
    }

    static ReadOnlyMemory<byte> Write(GgufTokenizer gguf, Action<Utf8JsonWriter> rest)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            WriteAdded(json, gguf);
            json.WriteNull("post_processor");
            rest(json);
            json.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    static void WriteAdded(Utf8JsonWriter json, GgufTokenizer gguf)
    {
        json.WriteStartArray("added_tokens");
        for (int id = 0; id < gguf.Types.Count; id++)
        {
            if (gguf.Types[id] is Control or UserDefined or Unknown)
            {
                json.WriteStartObject();
                json.WriteNumber("id", id);
                json.WriteString("content", gguf.Tokens[id]);
                foreach (string flag in (string[])["single_word", "lstrip", "rstrip", "normalized"])
                {
                    json.WriteBoolean(flag, false);
                }
                json.WriteBoolean("special", gguf.Types[id] != UserDefined);
                json.WriteEndObject();
            }
        }
        json.WriteEndArray();
    }

    static void WriteModel(
        Utf8JsonWriter json,
        GgufTokenizer gguf,
        IEnumerable<(string Left, string Right)> merges,
        bool isSentencePiece,
        bool ignoresMerges)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteString("unk_token", isSentencePiece && gguf.Unknown is { } unknown ? gguf.Tokens[unknown] : null);
        json.WriteBoolean("fuse_unk", isSentencePiece);
        json.WriteBoolean("byte_fallback", isSentencePiece);
        json.WriteBoolean("ignore_merges", ignoresMerges);
        json.WriteStartObject("vocab");
        for (int id = 0; id < gguf.Tokens.Count; id++)
        {
            if (gguf.Types.Count == 0 || gguf.Types[id] != Unused)
            {
                json.WriteNumber(gguf.Tokens[id], id);
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
        json.WriteEndObject();
    }

    static (string Left, string Right) Halves(string merge)
    {
        int space = merge.Length > 1 ? merge.IndexOf(' ', 1) : -1;
        return space > 0 ? (merge[..space], merge[(space + 1)..]) : (merge, "");
    }

    // Every way to make a token of two tokens, the best token first; of one token's ways, that of the earlier halves.
    static IEnumerable<(string Left, string Right)> MergesByScore(GgufTokenizer gguf)
    {
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        for (int id = 0; id < gguf.Tokens.Count; id++)
        {
            if (gguf.Types.Count == 0 || gguf.Types[id] is not (Control or Unknown or Unused or 6))
            {
                ids.TryAdd(gguf.Tokens[id], id);
            }
        }
        List<(float Score, int Left, int Right)> merges = [];
        foreach ((string token, int id) in ids)
        {
            for (int cut = 1; cut < token.Length; cut++)
            {
                if (ids.TryGetValue(token[..cut], out int left) && ids.TryGetValue(token[cut..], out int right))
                {
                    merges.Add((gguf.Scores.Count > 0 ? gguf.Scores[id] : -id, left, right));
                }
            }
        }
        return merges
            .OrderByDescending(m => m.Score)
            .ThenBy(m => m.Left)
            .ThenBy(m => m.Right)
            .Select(m => (gguf.Tokens[m.Left], gguf.Tokens[m.Right]));
    }

    static void WriteRaw(Utf8JsonWriter json, string name, string value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(value);
    }
}
