using System.Text;
using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Text.Conversations;
using Farsight.Text.Templates;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Text.Tokenizers;

/// <summary>
/// Vocabularies in the style of SentencePiece, made by hand: ids 0–2 control tokens, 3–258 bytes, then characters and merges.
/// </summary>
public sealed class SentencePieceTests
{
    const int FirstCharacter = 259;

    [Fact]
    public void Spaces_become_signs_and_a_text_gets_one_in_front()
    {
        Tokenizer tokenizer = TokenizerTests.Parse(Json());
        Assert.Equal(["▁ab", "▁", "▁a"], Spelled(tokenizer, "ab  a"));
        Assert.Equal("ab  a", tokenizer.Decode(tokenizer.Encode("ab  a")));
        Assert.Equal(["▁", "▁ab"], Spelled(tokenizer, " ab"));
        Assert.Equal([1, .. tokenizer.Encode("a")], tokenizer.Enclose(tokenizer.Encode("a")));
        Assert.Empty(tokenizer.Encode(""));
    }

    [Fact]
    public void Merges_of_tokens_that_hold_spaces_are_read_as_pairs()
    {
        // A vocabulary of letters, a space and a point; the expected ids are those of Hugging Face's tokenizers.
        string[] tokens =
        [
            "<unk>", .. "abcdefghijklmnopqrstuvwxyz .".Select(c => $"{c}"), "in", "th", "the", " the", "in the", "er", "he", " in",
        ];
        JsonObject vocabulary = [];
        foreach (string token in tokens)
        {
            vocabulary[token] = vocabulary.Count;
        }
        JsonNode json = JsonNode.Parse(
            """
            {"added_tokens":[{"id":0,"content":"<unk>","special":true,"normalized":false}],"decoder":{"type":"Fuse"},
             "model":{"type":"BPE","unk_token":"<unk>","merges":
             [["i","n"],["t","h"],["th","e"],[" ","the"],["in"," the"],["e","r"],["h","e"],[" ","in"]]}}
            """)!;
        json["model"]!["vocab"] = vocabulary;
        Tokenizer tokenizer = TokenizerTests.Parse(json);

        Assert.Equal(
            [33, 36, 14, 34, 27, 8, 1, 12, 12, 27, 33, 27, 25, 1, 18, 4, 28],
            tokenizer.Encode("in the inner hall in the yard."));
        json["model"]!["merges"] = new JsonArray("in  the");
        Assert.Contains("merge 0 is not a pair of tokens", Assert.Throws<InputException>(() => TokenizerTests.Parse(json)).Message);
    }

    [Fact]
    public void Text_that_continues_another_gets_nothing_in_front()
    {
        Tokenizer tokenizer = TokenizerTests.Parse(Json());
        int[] parts = [.. tokenizer.Encode("ab"), .. tokenizer.EncodeInside(" ab"), .. tokenizer.EncodeInside(" a")];
        Assert.Equal(tokenizer.Encode("ab ab a"), parts);
    }

    [Fact]
    public void Sentences_of_a_haystack_read_as_one_text()
    {
        Tokenizer tokenizer = TokenizerTests.Parse(Json());
        ChatPromptText text = new(
            tokenizer,
            ChatFormat.Of(
                tokenizer,
                ChatTemplate.Parse("{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}", "template"),
                "<s>",
                "</s>"));
        int[] haystack = [.. tokenizer.Encode("ab"), .. text.Encode(" a"), .. text.Encode(" ab")];
        Assert.Equal(tokenizer.Encode("ab a ab"), haystack);
    }

    [Fact]
    public void A_character_that_is_missing_becomes_its_bytes()
    {
        Tokenizer tokenizer = TokenizerTests.Parse(Json());
        Assert.Equal(["▁a", "<0xE2>", "<0x82>", "<0xAC>", "b"], Spelled(tokenizer, "a€b"));
        Assert.Equal("a€b\n", tokenizer.Decode(tokenizer.Encode("a€b\n")));
        Assert.Equal("<0x41>", tokenizer.Decode(tokenizer.Encode("<0x41>")));
    }

    [Fact]
    public void Bytes_that_are_no_text_become_one_sign_each()
    {
        Tokenizer tokenizer = TokenizerTests.Parse(Json());
        int[] ids = [FirstCharacter + 1, 3 + 0xE2, 3 + 0x82, FirstCharacter + 2];
        Assert.Equal("a\ufffd\ufffdb", tokenizer.Decode(ids));
        Assert.Equal("a\ufffd\ufffdb", Streamed(tokenizer, ids));
        Assert.Equal("a\ufffd", Streamed(tokenizer, [FirstCharacter + 1, 3 + 0xE2]));
    }

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 1)]
    public void Without_bytes_there_is_the_unknown_token(bool fuses, int count)
    {
        JsonObject json = Json();
        json["model"]!["byte_fallback"] = false;
        json["model"]!["fuse_unk"] = fuses;
        Assert.Equal(["▁a", .. Enumerable.Repeat("<unk>", count), "b"], Spelled(TokenizerTests.Parse(json), "a€€b"));
    }

    [Theory]
    [InlineData("always", "<s>a<s>b a", "<s> ▁a <s> ▁ b ▁a")]
    [InlineData("first", "<s>a<s>b a", "<s> a <s> b ▁a")]
    [InlineData("first", "a<s>b", "▁a <s> b")]
    [InlineData("first", " a", "▁a")]
    [InlineData("never", "a<s>b a", "a <s> b ▁a")]
    public void Newer_files_say_which_part_gets_the_sign_in_front(string scheme, string text, string tokens)
    {
        JsonObject json = Json();
        json["normalizer"] = null;
        json["pre_tokenizer"] = new JsonObject
        {
            ["type"] = "Metaspace",
            ["replacement"] = "▁",
            ["prepend_scheme"] = scheme,
            ["split"] = false,
        };
        Tokenizer tokenizer = TokenizerTests.Parse(json);
        Assert.Equal(tokens.Split(' '), tokenizer.EncodeWithSpecialTokens(text).Select(i => tokenizer.ToVocabulary().Tokens[i]));
        Assert.Equal(scheme != "never", tokenizer.ToVocabulary().AddsPrefixSpace);
    }

    [Fact]
    public void Merges_cross_a_space_where_the_vocabulary_has_such_tokens()
    {
        JsonObject json = Json();
        json["model"]!["vocab"]!["b▁"] = FirstCharacter + 8;
        json["model"]!["merges"] = new JsonArray("b ▁", "a b");
        Assert.Equal(["▁", "a", "b▁", "ab"], Spelled(TokenizerTests.Parse(json), "ab ab"));
    }

    [Fact]
    public void Long_texts_without_a_space_are_merged_as_short_ones_are()
    {
        Tokenizer tokenizer = TokenizerTests.Parse(Json());
        string text = string.Concat(Enumerable.Repeat("ab\u20acba", 2000));
        string[] expected =
        [
            .. Enumerable
                .Range(0, 2000)
                .SelectMany(i => (string[])[.. i == 0 ? (string[])["▁ab"] : ["ab"], "<0xE2>", "<0x82>", "<0xAC>", "b", "a"]),
        ];
        string[] found = Spelled(tokenizer, text);
        Assert.Equal(expected.Take(6), found.Take(6));
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        Assert.Equal(Spelled(tokenizer, text[..15]), found.Take(Spelled(tokenizer, text[..15]).Length));
    }

    [Fact]
    public void A_decoder_of_metaspaces_drops_the_first_one()
    {
        JsonObject json = Json();
        json["decoder"] = new JsonObject { ["type"] = "Metaspace", ["replacement"] = "▁", ["add_prefix_space"] = true };
        Tokenizer tokenizer = TokenizerTests.Parse(json);
        Assert.Equal("ab a", tokenizer.Decode(tokenizer.Encode("ab a")));
        Assert.Equal("ab a", Streamed(tokenizer, tokenizer.Encode("ab a")));
    }

    [Theory]
    [InlineData("decoder", "null", "without a decoder")]
    [InlineData("decoder", "{\"type\":\"ByteLevel\"}", "the decoder 'ByteLevel'")]
    [InlineData(
        "decoder",
        "{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"ByteFallback\"},"
            + "{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"\"}]}",
        "the decoder 'Replace' at this place"
    )]
    [InlineData("decoder", "{\"type\":\"Strip\",\"content\":\" \",\"start\":1,\"stop\":0}", "the decoder 'Strip'")]
    [InlineData("model.unk_token", "\"<none>\"", "'<none>' is not in the vocabulary")]
    [InlineData("model.merges", "[\"< s>\"]", "merge 0")]
    [InlineData("pre_tokenizer", "{\"type\":\"ByteLevel\"}", "'byte_fallback' together with")]
    public void What_cannot_be_used_is_named(string path, string value, string named)
    {
        JsonObject json = Json();
        string[] keys = path.Split('.');
        JsonNode owner = keys.Length == 2 ? json[keys[0]]! : json;
        owner[keys[^1]] = JsonNode.Parse(value);
        Assert.Contains(named, Assert.Throws<InputException>(() => TokenizerTests.Parse(json)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vocabulary_without_all_the_bytes_is_refused()
    {
        JsonObject json = Json();
        json["model"]!["vocab"]!.AsObject().Remove("<0x7F>");
        Assert.Contains("0x7F", Assert.Throws<InputException>(() => TokenizerTests.Parse(json)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_config_beside_the_file_says_what_begins_and_ends_a_text()
    {
        string folder = Directory.CreateTempSubdirectory("farsight-tokenizer-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "tokenizer.json"), Json().ToJsonString());
            string config = Path.Combine(folder, "tokenizer_config.json");
            File.WriteAllText(
                config,
                """{"bos_token": {"content": "<s>"}, "eos_token": "</s>", "add_bos_token": false, "add_eos_token": true}""");
            Tokenizer tokenizer = Tokenizer.Load(folder);
            Assert.Equal((1, 2), (tokenizer.Bos, tokenizer.Eos));
            Assert.Equal([7, 2], tokenizer.Enclose([7]));
            File.WriteAllText(config, """{"bos_token": 7}""");
            Assert.Contains(
                "'bos_token' is not a text",
                Assert.Throws<InputException>(() => Tokenizer.Load(folder)).Message,
                StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static string[] Spelled(Tokenizer tokenizer, string text)
    {
        IReadOnlyList<string?> tokens = tokenizer.ToVocabulary().Tokens;
        return [.. tokenizer.Encode(text).Select(i => tokens[i]!)];
    }

    static string Streamed(Tokenizer tokenizer, int[] ids)
    {
        StreamingDecoder stream = new(tokenizer);
        return string.Concat(ids.Select(stream.Append)) + stream.Finish();
    }

    /// <summary>As Llama 2's file, with the characters ▁ a b and the tokens ab, ▁a, ▁ab.</summary>
    internal static JsonObject Json()
    {
        JsonObject vocabulary = new() { ["<unk>"] = 0, ["<s>"] = 1, ["</s>"] = 2 };
        for (int b = 0; b < 256; b++)
        {
            vocabulary[$"<0x{b:X2}>"] = 3 + b;
        }
        foreach (string token in (string[])["▁", "a", "b", "ab", "▁ab", "▁a", "<", "s>"])
        {
            vocabulary[token] = vocabulary.Count;
        }
        JsonArray added =
        [
            .. vocabulary
                .Take(3)
                .Select(t => t.Key)
                .Select(
                    (t, i) =>
                        (JsonNode)
                            new JsonObject
                            {
                                ["id"] = i,
                                ["content"] = t,
                                ["special"] = true,
                            }),
        ];
        return JsonNode
            .Parse(
                $$$"""
                {
                  "added_tokens": {{{added.ToJsonString()}}},
                  "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace",
                    "pattern": {"String": " "}, "content": "▁"}]},
                  "pre_tokenizer": null,
                  "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}},
                    {"Sequence": {"id": "A"}}], "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]} } },
                  "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"},
                    "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1,
                    "stop": 0}]},
                  "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
                    "vocab": {{{vocabulary.ToJsonString()}}}, "merges": ["a b", "▁ ab", "▁ a"]}
                }
                """
            )!
            .AsObject();
    }
}
