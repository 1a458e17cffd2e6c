using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Text.Tokenizers;

/// <summary>The tokenizers of real models, against what Hugging Face's own library makes of the same texts.</summary>
public sealed class RealTokenizerTests
{
    static readonly Dictionary<string, Tokenizer> s_loaded = [];

    [FetchedTokenizersTheory("tokenizers/llama2.jsonl")]
    [Trait("Category", "Golden")]
    [InlineData("llama2")]
    [InlineData("llama3")]
    [InlineData("qwen3")]
    public void Every_line_of_the_reference_is_encoded_and_decoded_as_there(string name)
    {
        Tokenizer tokenizer = Load(name);
        int lines = 0;
        foreach (string line in File.ReadLines(SharedMaterial.PathOf($"tokenizers/{name}.jsonl")))
        {
            JsonNode example = JsonNode.Parse(line)!;
            string text = example["text"]!.GetValue<string>();
            int[] ids = tokenizer.EncodeWithSpecialTokens(text);
            Assert.Equal(example["ids"].Deserialize<int[]>()!, ids);
            Assert.Equal(example["ids_with_special"].Deserialize<int[]>()!, tokenizer.Enclose(ids));
            Assert.Equal(example["decoded"]!.GetValue<string>(), tokenizer.Decode(ids, skipSpecialTokens: false));
            Assert.Equal(example["decoded_skip_special"]!.GetValue<string>(), tokenizer.Decode(ids));
            Assert.Equal(tokenizer.Decode(ids), Streamed(tokenizer, ids));
            lines++;
        }
        Assert.Equal(263, lines);
    }

    [FetchedTokenizersTheory]
    [InlineData("llama2", "<s>", 1)]
    [InlineData("llama2", "</s>", 2)]
    [InlineData("llama3", "<|begin_of_text|>", 128000)]
    [InlineData("llama3", "<|eot_id|>", 128009)]
    [InlineData("qwen3", "<|im_end|>", 151645)]
    [InlineData("qwen3", "<tool_call>", 151657)]
    [InlineData("qwen3", "<think>", 151667)]
    public void No_control_token_comes_out_of_text_that_spells_it(string name, string spelled, int id)
    {
        Tokenizer tokenizer = Load(name);
        foreach (string text in (string[])[spelled, $"a{spelled}b", $" {spelled} {spelled}\n", spelled + spelled[..^1]])
        {
            Assert.DoesNotContain(id, tokenizer.Encode(text));
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
            Assert.Contains(id, tokenizer.EncodeWithSpecialTokens(text));
            Assert.DoesNotContain(id, tokenizer.EncodeWithSpecialTokens(text, [0..^0]));
        }
        Assert.Equal(id, tokenizer.IdOf(spelled));
    }

    [FetchedTokenizersTheory]
    [InlineData("llama2", TokenizerKind.SentencePiece, null, 32000, 58980)]
    [InlineData("llama3", TokenizerKind.ByteLevel, "llama-bpe", 128256, 280147)]
    [InlineData("qwen3", TokenizerKind.ByteLevel, "qwen2", 151669, 151387)]
    public void The_vocabulary_can_be_read_out(string name, TokenizerKind kind, string? pattern, int tokens, int merges)
    {
        Tokenizer tokenizer = Load(name);
        TokenizerVocabulary vocabulary = tokenizer.ToVocabulary();
        Assert.Equal(
            (kind, pattern, tokens, merges),
            (vocabulary.Kind, vocabulary.SplitPattern, vocabulary.Tokens.Count, vocabulary.Merges.Count));
        Assert.Equal(name == "llama2", vocabulary.AddsBos);
        Assert.Equal(name == "llama2", vocabulary.AddsPrefixSpace);
        Assert.Equal(name switch { "llama2" => 1, "llama3" => 128000, _ => null as int? }, vocabulary.Bos);
        Assert.Equal(name switch { "llama2" => 2, "llama3" => 128001, _ => 151645 }, vocabulary.Eos);
        Assert.Equal(name == "llama2" ? 256 : 0, vocabulary.Kinds.Count(k => k == TokenKind.Byte));
        Assert.Equal(
            tokenizer.AddedTokens.Count(t => t.Special) - (name == "llama2" ? 1 : 0),
            vocabulary.Kinds.Count(k => k == TokenKind.Control));
        Assert.All(
            vocabulary.Merges.Take(100),
            m => Assert.Contains(vocabulary.Tokens[m.Left] + vocabulary.Tokens[m.Right], vocabulary.Tokens));
    }

    [FetchedTokenizersTheory]
    [InlineData("llama2")]
    [InlineData("llama3")]
    [InlineData("qwen3")]
    public void A_stream_never_splits_a_character(string name)
    {
        Tokenizer tokenizer = Load(name);
        string text = "naïve 👩‍👩‍👧‍👦 — 𓀀 ᚠ日本語\n\nend";
        StreamingDecoder stream = new(tokenizer);
        string[] parts = [.. tokenizer.Encode(text).Select(stream.Append), stream.Finish()];
        Assert.Equal(text, string.Concat(parts));
        Assert.All(parts, p => Assert.True(new UnicodeEncoding(false, false, true).GetBytes(p).Length == 2 * p.Length));
    }

    static Tokenizer Load(string name)
    {
        lock (s_loaded)
        {
            return s_loaded.TryGetValue(name, out Tokenizer? known)
                ? known
                : s_loaded[name] = Tokenizer.Load(FetchedTokenizers.PathOf(name));
        }
    }

    static string Streamed(Tokenizer tokenizer, int[] ids)
    {
        StreamingDecoder stream = new(tokenizer);
        return string.Concat(ids.Select(stream.Append)) + stream.Finish();
    }
}
