using System.Text;
using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Text.Tokenizers;

/// <summary>Files that are damaged or describe something else end in one sentence, never in another exception.</summary>
public sealed class TokenizerFileTests
{
    [Theory]
    [InlineData("model.type", "\"Unigram\"", "'ByteLevel' of a unigram")]
    [InlineData("model.type", "\"WordPiece\"", "the model 'WordPiece'")]
    [InlineData("model.byte_fallback", "true", "byte_fallback")]
    [InlineData("model.end_of_word_suffix", "\"</w>\"", "end_of_word_suffix")]
    [InlineData("model.dropout", "0.1", "dropout")]
    [InlineData("model.vocab", "{\"▁the\":0}", "'▁the'")]
    [InlineData("model.vocab", "{\"a\":0}", "no token for the byte 0x20")]
    [InlineData("model.vocab", "{\"a\":0,\"b\":0}", "two tokens have the id 0")]
    [InlineData("model.vocab", "{\"a\":2000000000}", "no id between")]
    [InlineData("model.vocab", "{\"a\":-1}", "no id between")]
    [InlineData("model.vocab", "{\"a\":\"x\"}", "no id between")]
    [InlineData("model.vocab", "[]", "'vocab' is not an object")]
    [InlineData("model.vocab", "{}", "no token for the byte 0x20")]
    [InlineData("model.merges", "[\"a b c\"]", "merge 0 is not a pair")]
    [InlineData("model.merges", "[[\"a\"]]", "merge 0 is not a pair")]
    [InlineData("model.merges", "[7]", "merge 0 is not a pair")]
    [InlineData("model.merges", "[\"a b\"]", "merge 0 ('a' and 'b')")]
    [InlineData("model.merges", "null", "'merges' is missing")]
    [InlineData("model", "7", "'model' is not an object")]
    [InlineData("normalizer", "{\"type\":\"Lowercase\"}", "the normalizer 'Lowercase'")]
    [InlineData("pre_tokenizer", "null", "without 'ByteLevel'")]
    [InlineData("pre_tokenizer", "{\"type\":\"Whitespace\"}", "the pre_tokenizer 'Whitespace'")]
    [InlineData("pre_tokenizer", "{\"type\":\"Metaspace\"}", "'replacement' is missing")]
    [InlineData("pre_tokenizer", "{\"type\":\"Metaspace\",\"replacement\":\"__\"}", "'Metaspace' with the replacement '__'")]
    [InlineData(
        "pre_tokenizer",
        "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Digits\"},{\"type\":\"ByteLevel\",\"add_prefix_space\":true}]}",
        "add_prefix_space"
    )]
    [InlineData(
        "pre_tokenizer",
        "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"ByteLevel\",\"add_prefix_space\":false},{\"type\":\"Digits\"}]}",
        "'Digits' after 'ByteLevel'"
    )]
    [InlineData(
        "pre_tokenizer",
        "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(\"},"
            + "\"behavior\":\"Isolated\"},{\"type\":\"ByteLevel\",\"add_prefix_space\":false}]}",
        "a split pattern"
    )]
    [InlineData(
        "pre_tokenizer",
        "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":\"a\"},\"behavior\":\"Removed\"}]}",
        "the behavior 'Removed'"
    )]
    [InlineData("decoder", "{\"type\":\"WordPiece\"}", "the decoder 'WordPiece'")]
    [InlineData("added_tokens", "[{\"id\":300,\"content\":\"<x>\",\"lstrip\":7}]", "'lstrip'")]
    [InlineData("added_tokens", "[{\"id\":300,\"content\":\"\"}]", "the added token ''")]
    [InlineData("added_tokens", "[{\"id\":5,\"content\":\"<x>\"}]", "two tokens have the id 5")]
    [InlineData("added_tokens", "[{\"content\":\"<x>\"}]", "'id' is missing")]
    [InlineData("added_tokens", "[3]", "an object with 'content'")]
    [InlineData("post_processor", "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"<s>\"}}]}", "'<s>'")]
    [InlineData("post_processor", "{\"type\":\"TemplateProcessing\",\"single\":[]}", "does not use its text once")]
    [InlineData(
        "post_processor",
        "{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{\"id\":\"B\"}}]}",
        "does not use its text once"
    )]
    [InlineData("post_processor", "{\"type\":\"BertProcessing\"}", "the post_processor 'BertProcessing'")]
    [InlineData(
        "normalizer",
        "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"a\"},\"content\":\"\"}",
        "'Replace' of any pattern other than runs of spaces")]
    public void What_cannot_be_used_is_named(string path, string value, string named)
    {
        JsonObject json = TokenizerTests.Json([], []);
        string[] keys = path.Split('.');
        JsonNode owner = keys.Length == 2 ? json[keys[0]]! : json;
        owner[keys[^1]] = JsonNode.Parse(value);
        string message = Assert.Throws<InputException>(() => TokenizerTests.Parse(json)).Message;
        Assert.Contains("made.json", message, StringComparison.Ordinal);
        Assert.Contains(named, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_anywhere_is_damaged()
    {
        byte[] whole = Encoding.UTF8.GetBytes(TokenizerTests.Json(["ab"], ["a b"]).ToJsonString());
        for (int length = 0; length < whole.Length; length += 7)
        {
            Assert.Throws<InputException>(() => Tokenizer.Parse(whole.AsMemory(0, length), "cut.json"));
        }
    }

    [Fact]
    public void A_file_with_any_byte_changed_loads_or_is_refused()
    {
        byte[] whole = Encoding.UTF8.GetBytes(TokenizerTests.Json(["ab"], ["a b"]).ToJsonString());
        int refused = 0;
        for (int at = 0; at < whole.Length; at += 3)
        {
            byte[] changed = [.. whole];
            changed[at] = 0xD8;
            Exception? thrown = Record.Exception(() => Tokenizer.Parse(changed, "changed.json"));
            refused += thrown is null ? 0 : 1;
            Assert.True(thrown is null or InputException, $"byte {at}: {thrown}");
        }
        Assert.True(refused > whole.Length / 6);
    }

    [Fact]
    public void An_escape_that_is_half_a_character_is_refused()
    {
        string json = TokenizerTests.Json(["ab"], ["a b"]).ToJsonString().Replace("\"ab\"", "\"\\ud800\"", StringComparison.Ordinal);
        Assert.Contains(
            "not Unicode",
            Assert.Throws<InputException>(() => Tokenizer.Parse(Encoding.UTF8.GetBytes(json), "half.json")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named() =>
        Assert.Contains(
            "tokenizer.json",
            Assert.Throws<InputException>(() => Tokenizer.Load(Path.Combine(Path.GetTempPath(), "no-such-model"))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_merge_that_would_make_a_control_token_is_refused()
    {
        JsonObject json = TokenizerTests.Json(["<|"], ["< |"]);
        json["added_tokens"] = new JsonArray(new JsonObject { ["id"] = 256, ["content"] = "<|", ["special"] = true });
        Assert.Throws<InputException>(() => TokenizerTests.Parse(json));
    }
}
