using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Text.Tokenizers;

/// <summary>
/// SentencePiece models of our own text, and the tokens that SentencePiece 0.1.97 makes of sentences: a BPE with bytes, a unigram with a
/// map of characters and without extra spaces, a unigram with bytes and without a space in front.
/// </summary>
public sealed class SentencePieceFileTests
{
    static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "Golden/sentencepiece");

    public static TheoryData<string> Models => ["bpe", "unigram", "unigram-bytes"];

    [Theory, MemberData(nameof(Models))]
    public void A_model_encodes_and_decodes_as_SentencePiece_does(string model)
    {
        Tokenizer tokenizer = Tokenizer.Load(Path.Combine(s_folder, $"{model}.model"));
        int texts = 0;
        foreach (string json in File.ReadLines(Path.Combine(s_folder, "references.jsonl")))
        {
            JsonElement line = JsonDocument.Parse(json).RootElement;
            if (line.GetProperty("model").GetString() != model)
            {
                continue;
            }
            string text = line.GetProperty("text").GetString()!;
            int[] ids = [.. line.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32())];

            Assert.Equal((text, Text(ids)), (text, Text(tokenizer.Encode(text))));
            if (!ids.Contains(0)) // the unknown token has no text here
            {
                Assert.Equal(line.GetProperty("decoded").GetString(), tokenizer.Decode(ids));
            }
            texts++;
        }
        Assert.Equal(22, texts);
        Assert.Equal([1], tokenizer.Before);
        Assert.Equal((1, 2), (tokenizer.Bos, tokenizer.Eos));
    }

    static string Text(IEnumerable<int> ids) => string.Join(' ', ids);

    [Theory, MemberData(nameof(Models))]
    public void The_tokenizer_json_that_is_saved_says_the_same(string model)
    {
        using TemporaryFolder folder = new();
        File.Copy(Path.Combine(s_folder, $"{model}.model"), folder["tokenizer.model"]);
        Tokenizer tokenizer = Tokenizer.Load(folder.Path);
        string[] texts = [.. File.ReadLines(Path.Combine(s_folder, "references.jsonl")).Select(l => (string)JsonNode.Parse(l)!["text"]!)];
        int[][] before = [.. texts.Select(t => tokenizer.EncodeWithSpecialTokens(t))];

        tokenizer.Save(folder.Path);
        Tokenizer saved = Tokenizer.Load(folder.Path);

        Assert.True(File.Exists(folder["tokenizer.json"]));
        Assert.Equal(before, texts.Select(t => saved.EncodeWithSpecialTokens(t)));
        Assert.Equal(tokenizer.Before, saved.Before);
        Assert.Equal(tokenizer.Kind, saved.Kind);
    }

    [Fact]
    public void The_files_beside_a_model_decide_about_BOS()
    {
        using TemporaryFolder folder = new();
        File.Copy(Path.Combine(s_folder, "bpe.model"), folder["tokenizer.model"]);
        File.WriteAllText(folder["tokenizer_config.json"], """{"add_bos_token": false, "add_eos_token": true, "eos_token": "</s>"}""");

        Tokenizer tokenizer = Tokenizer.Load(folder.Path);

        Assert.Empty(tokenizer.Before);
        Assert.Equal([2], tokenizer.After);
    }

    [Fact]
    public void A_damaged_model_is_refused_wherever_it_is_cut()
    {
        using TemporaryFolder folder = new();
        byte[] whole = File.ReadAllBytes(Path.Combine(s_folder, "unigram.model"));
        foreach (int length in (int[])[0, 1, 2, 20, 500, whole.Length / 2, whole.Length - 1])
        {
            File.WriteAllBytes(folder["t.model"], whole[..length]);
            Exception? thrown = Record.Exception(() => Tokenizer.Load(folder["t.model"]));
            Assert.True(thrown is InputException or null, $"{length}: {thrown}");
        }
        for (int at = 0; at < whole.Length; at += 97)
        {
            byte[] changed = [.. whole];
            changed[at] ^= 0xA5;
            File.WriteAllBytes(folder["t.model"], changed);
            Exception? thrown = Record.Exception(() => Tokenizer.Load(folder["t.model"]).Encode("Ardmore ＡＢ 1"));
            Assert.True(thrown is InputException or null, $"{at}: {thrown}");
        }
    }

    [Fact]
    public void A_model_of_words_is_refused_by_its_type()
    {
        using TemporaryFolder folder = new();
        // Field 1: a piece "a"; field 2: a trainer with the model type 3 (word).
        File.WriteAllBytes(folder["t.model"], [0x0A, 3, 0x0A, 1, (byte)'a', 0x12, 2, 0x18, 3]);

        Assert.Contains(
            "a SentencePiece model of the type 3 (neither unigram nor BPE) is not supported",
            Assert.Throws<InputException>(() => Tokenizer.Load(folder["t.model"])).Message,
            StringComparison.Ordinal);
    }
}

/// <summary>Unigrams in tokenizer.json, made by hand.</summary>
public sealed class UnigramTests
{
    // ▁ab costs less than ▁a and b; c has no token.
    const string Json = """
        {"added_tokens": [{"id": 0, "content": "<unk>", "special": true, "normalized": false}],
         "normalizer": {"type": "Sequence", "normalizers": [{"type": "Strip", "strip_left": false, "strip_right": true},
            {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]},
         "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
         "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
         "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": false,
            "vocab": [["<unk>", 0.0], ["▁", -2.0], ["a", -3.0], ["b", -3.5], ["▁a", -2.5], ["▁ab", -4.0], ["ba", -1.5]]}}
        """;

    static Tokenizer Parse(string json) => Tokenizer.Parse(Encoding.UTF8.GetBytes(json), "unigram");

    [Theory]
    [InlineData("ab", new[] { 5 })] // −4 before −2.5 − 3.5
    [InlineData("aba", new[] { 4, 6 })] // −2.5 − 1.5 before −4 − 3
    [InlineData("a  b ", new[] { 4, 1, 3 })]
    [InlineData("accb", new[] { 4, 0, 3 })] // unknown characters in a row are one token
    [InlineData("<unk>", new[] { 1, 0 })] // text stays text
    public void The_tokens_with_the_highest_total_score_are_taken(string text, int[] ids)
    {
        Assert.Equal(TokenizerKind.Unigram, Parse(Json).Kind);
        Assert.Equal(ids, Parse(Json).Encode(text));
    }

    [Fact]
    public void Decoding_drops_the_space_in_front() => Assert.Equal("ab a", Parse(Json).Decode([5, 4]));

    [Theory]
    [InlineData("[\"ba\", -1.5]", "[\"ba\"]", "entry 6 of 'vocab' is not a pair")]
    [InlineData("[\"ba\", -1.5]", "[\"a\", -1.5]", "holds 'a' twice")]
    [InlineData("\"unk_id\": 0", "\"unk_id\": 7", "'unk_id' has no id between 0 and 6")]
    [InlineData(" {2,}", "[a-z]", "any pattern other than runs of spaces")]
    public void What_is_damaged_or_not_supported_is_named(string old, string replacement, string says) => Assert.Contains(
        says,
        Assert.Throws<InputException>(() => Parse(Json.Replace(old, replacement, StringComparison.Ordinal))).Message,
        StringComparison.Ordinal);
}

/// <summary>Tokenizers of families in tokenizer.json: byte-fallback BPE without a prefix, and tokens that take white space.</summary>
public sealed class FamilyTokenizerTests
{
    static JsonObject Json(string normalizer, string preTokenizer, string added)
    {
        JsonObject vocabulary = [];
        IEnumerable<string> bytes = Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>");
        string[] tokens = ["<pad>", "<eos>", "<bos>", "<unk>", .. bytes, "▁", "▁▁", "▁▁▁", "a", "b", "ab", "▁a", "▁ab", "\n"];
        foreach (string token in tokens)
        {
            vocabulary[token] = vocabulary.Count;
        }
        return JsonNode.Parse(
            $$"""
            {"added_tokens": [{"id": 2, "content": "<bos>", "special": true, "normalized": false}{{added}}],
             "normalizer": {{normalizer}}, "pre_tokenizer": {{preTokenizer}},
             "decoder": {"type": "Sequence", "decoders": [
                {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]},
             "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true, "vocab": {{vocabulary.ToJsonString()}},
                "merges": [["▁", "▁"], ["▁▁", "▁"], ["a", "b"], ["▁", "ab"], ["▁", "a"]]}
            }
            """)!.AsObject();
    }

    const string ToSign = """{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}""";

    [Fact]
    public void Gemma_writes_spaces_as_signs_and_adds_none()
    {
        Tokenizer tokenizer = TokenizerTests.Parse(Json(
            ToSign,
            """{"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": false}""",
            """, {"id": 268, "content": "\n", "special": false, "normalized": false}"""));

        Assert.Equal([265, 267, 262, 265, 268, 263], tokenizer.Encode("ab ab   ab\na"));
        Assert.Equal([4 + 0xC3, 4 + 0xA9], tokenizer.Encode("é"));
        Assert.Equal("ab ab   ab\na é", tokenizer.Decode(tokenizer.Encode("ab ab   ab\na é")));
    }

    [Fact]
    public void Phi_takes_the_white_space_after_its_control_tokens()
    {
        Tokenizer tokenizer = TokenizerTests.Parse(Json(
            $$"""{"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {{ToSign}}]}""",
            "null",
            """, {"id": 300, "content": "<|end|>", "special": true, "normalized": false, "rstrip": true}"""));

        Assert.Equal([267, 300, 267], tokenizer.EncodeWithSpecialTokens("ab<|end|> \n ab"));
        Assert.Equal([267, 300], tokenizer.EncodeWithSpecialTokens("ab<|end|>\n"));
    }
}
