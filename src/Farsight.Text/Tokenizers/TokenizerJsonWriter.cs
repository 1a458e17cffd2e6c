using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Farsight.Text.Tokenizers;

/// <summary>
/// Writes a trained byte-level BPE as a tokenizer.json of Hugging Face's library, and replaces the added tokens of another one.
/// </summary>
static class TokenizerJsonWriter
{
    const string AddedKey = "added_tokens";

    static readonly JsonWriterOptions s_options = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal static ReadOnlyMemory<byte> Write(
        List<byte[]> tokens,
        List<(int Left, int Right)> merges,
        IReadOnlyList<string> special,
        string? bos)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, s_options))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteNull("truncation");
            json.WriteNull("padding");
            WriteAdded(json, special.Select((content, i) => new AddedToken(tokens.Count + i, content, Special: true)));
            json.WriteNull("normalizer");
            WritePreTokenizer(json);
            WritePostProcessor(json, tokens.Count, special, bos);
            json.WriteStartObject("decoder");
            WriteByteLevel(json);
            WriteModel(json, tokens, merges);
            json.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    /// <summary>Returns a tokenizer.json with other added tokens, for example those that the files beside it define.</summary>
    internal static ReadOnlyMemory<byte> WithAdded(ReadOnlyMemory<byte> tokenizer, IEnumerable<AddedToken> added)
    {
        ArrayBufferWriter<byte> buffer = new(tokenizer.Length);
        using (JsonDocument document = JsonDocument.Parse(tokenizer))
        using (Utf8JsonWriter json = new(buffer, s_options))
        {
            json.WriteStartObject();
            WriteAdded(json, added.OrderBy(t => t.Id));
            foreach (JsonProperty property in document.RootElement.EnumerateObject().Where(p => p.Name != AddedKey))
            {
                property.WriteTo(json);
            }
            json.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    static void WriteAdded(Utf8JsonWriter json, IEnumerable<AddedToken> added)
    {
        json.WriteStartArray(AddedKey);
        foreach (AddedToken token in added)
        {
            json.WriteStartObject();
            json.WriteNumber("id", token.Id);
            json.WriteString("content", token.Content);
            json.WriteBoolean("single_word", token.SingleWord);
            json.WriteBoolean("lstrip", token.LeftStrip);
            json.WriteBoolean("rstrip", token.RightStrip);
            json.WriteBoolean("normalized", token.Normalized);
            json.WriteBoolean("special", token.Special);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    static void WritePreTokenizer(Utf8JsonWriter json)
    {
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        json.WriteStartObject();
        json.WriteString("type", "Split");
        json.WriteStartObject("pattern");
        json.WriteString("Regex", WordSplitter.Qwen2);
        json.WriteEndObject();
        json.WriteString("behavior", "Isolated");
        json.WriteBoolean("invert", false);
        json.WriteEndObject();
        json.WriteStartObject();
        WriteByteLevel(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void WriteByteLevel(Utf8JsonWriter json)
    {
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", false);
        json.WriteBoolean("use_regex", false);
        json.WriteEndObject();
    }

    static void WritePostProcessor(Utf8JsonWriter json, int firstId, IReadOnlyList<string> special, string? bos)
    {
        if (bos is null)
        {
            json.WriteNull("post_processor");
            return;
        }
        json.WriteStartObject("post_processor");
        json.WriteString("type", "TemplateProcessing");
        WriteTemplate(json, "single", bos, ["A"]);
        WriteTemplate(json, "pair", bos, ["A", "B"]);
        json.WriteStartObject("special_tokens");
        json.WriteStartObject(bos);
        json.WriteString("id", bos);
        json.WriteStartArray("ids");
        json.WriteNumberValue(firstId + special.ToList().IndexOf(bos));
        json.WriteEndArray();
        json.WriteStartArray("tokens");
        json.WriteStringValue(bos);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    static void WriteTemplate(Utf8JsonWriter json, string name, string bos, string[] sequences)
    {
        json.WriteStartArray(name);
        WritePart(json, "SpecialToken", bos, 0);
        for (int i = 0; i < sequences.Length; i++)
        {
            WritePart(json, "Sequence", sequences[i], i);
        }
        json.WriteEndArray();
    }

    static void WritePart(Utf8JsonWriter json, string kind, string id, int type)
    {
        json.WriteStartObject();
        json.WriteStartObject(kind);
        json.WriteString("id", id);
        json.WriteNumber("type_id", type);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    static void WriteModel(Utf8JsonWriter json, List<byte[]> tokens, List<(int Left, int Right)> merges)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        foreach (string none in (string[])["dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"])
        {
            json.WriteNull(none);
        }
        foreach (string flag in (string[])["fuse_unk", "byte_fallback", "ignore_merges"])
        {
            json.WriteBoolean(flag, false);
        }
        string[] spelled = [.. tokens.Select(t => ByteAlphabet.Spell(t))];
        json.WriteStartObject("vocab");
        for (int id = 0; id < spelled.Length; id++)
        {
            json.WriteNumber(spelled[id], id);
        }
        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach ((int left, int right) in merges)
        {
            json.WriteStringValue($"{spelled[left]} {spelled[right]}");
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
