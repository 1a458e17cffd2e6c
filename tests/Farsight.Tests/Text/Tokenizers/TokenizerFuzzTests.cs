using System.Text;
using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Text.Tokenizers;

/// <summary>Thousands of damaged and crafted files: each loads and encodes, or is refused in one sentence.</summary>
public sealed class TokenizerFuzzTests
{
    const int Mutations = 2500;
    const string Sample = "ab <s> 12\n\u20ac \ud83d\ude00 <|x|>a";

    static readonly string[] s_values =
    [
        "null",
        "true",
        "-1",
        "0",
        "1e999",
        "2147483647",
        "99999999999999999999",
        "\"\"",
        "\" \"",
        "\"\\u2581\"",
        "\"<0x0A>\"",
        "\"Sequence\"",
        "\"Replace\"",
        "\"ByteLevel\"",
        "\"Metaspace\"",
        "\"Strip\"",
        "[]",
        "{}",
        "[[]]",
        "[\"a\",\"b\"]",
        "[{\"type\":\"Sequence\"}]",
        "{\"String\":\"a\"}",
        "{\"Regex\":\"(a+)+b\"}",
        "\"@half a pair@\"",
    ];

    [Theory]
    [InlineData(TokenizerKind.ByteLevel)]
    [InlineData(TokenizerKind.SentencePiece)]
    public void No_changed_value_does_harm(TokenizerKind kind)
    {
        string whole = Json(kind).ToJsonString();
        int refused = 0;
        for (int i = 0; i < Mutations; i++)
        {
            SeededRandom random = SeededRandom.For(11, "tokenizer values", i);
            JsonNode json = JsonNode.Parse(whole)!;
            for (int change = random.Next(3); change >= 0; change--)
            {
                Change(json, ref random);
            }
            refused += Try(Encoding.UTF8.GetBytes(json.ToJsonString().Replace("@half a pair@", @"\ud800", StringComparison.Ordinal)), i)
                ? 0
                : 1;
        }
        Assert.InRange(refused, Mutations / 4, Mutations - 1);
    }

    [Theory]
    [InlineData(TokenizerKind.ByteLevel)]
    [InlineData(TokenizerKind.SentencePiece)]
    public void No_changed_or_missing_byte_does_harm(TokenizerKind kind)
    {
        byte[] whole = Encoding.UTF8.GetBytes(Json(kind).ToJsonString());
        for (int i = 0; i < Mutations; i++)
        {
            SeededRandom random = SeededRandom.For(12, "tokenizer bytes", i);
            byte[] changed = [.. whole[..(i % 5 == 0 ? random.Next(whole.Length) : whole.Length)]];
            for (int change = random.Next(4); change >= 0 && changed.Length > 0; change--)
            {
                changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
            }
            Try(changed, i);
        }
    }

    [Fact]
    public void Brackets_without_end_are_refused() =>
        Assert.Throws<InputException>(() => Tokenizer.Parse(Encoding.UTF8.GetBytes(new string('[', 1 << 20)), "deep.json"));

    [Fact]
    public void A_short_file_cannot_ask_for_much()
    {
        JsonObject json = Json(TokenizerKind.SentencePiece);
        string huge = new('a', 100_000);
        json["model"]!["vocab"]![huge] = 300;
        json["decoder"]!["decoders"]![0]!["pattern"]!["String"] = "a";
        json["decoder"]!["decoders"]![0]!["content"] = huge;
        Assert.Contains("very long", Assert.Throws<InputException>(() => TokenizerTests.Parse(json)).Message, StringComparison.Ordinal);
        json = Json(TokenizerKind.SentencePiece);
        json["model"]!["vocab"]!["far"] = 5_000_000;
        Assert.Contains("no id between", Assert.Throws<InputException>(() => TokenizerTests.Parse(json)).Message, StringComparison.Ordinal);
    }

    static bool Try(byte[] bytes, int mutation)
    {
        Exception? thrown = Record.Exception(() =>
        {
            Tokenizer tokenizer = Tokenizer.Parse(bytes, "changed.json");
            tokenizer.Decode(tokenizer.Enclose(tokenizer.Encode(Sample)));
            tokenizer.Decode(tokenizer.EncodeWithSpecialTokens(Sample), skipSpecialTokens: false);
            tokenizer.ToVocabulary();
        });
        Assert.True(thrown is null or InputException, $"mutation {mutation}: {thrown}");
        return thrown is null;
    }

    static void Change(JsonNode json, ref SeededRandom random)
    {
        List<JsonNode> owners = [.. Owners(json)];
        JsonNode owner = owners[random.Next(owners.Count)];
        JsonNode? value = JsonNode.Parse(random.Pick(s_values));
        if (owner is JsonArray array)
        {
            array[random.Next(array.Count)] = value;
            return;
        }
        KeyValuePair<string, JsonNode?>[] entries = [.. owner.AsObject()];
        string key = entries[random.Next(entries.Length)].Key;
        if (random.Next(6) == 0)
        {
            owner.AsObject().Remove(key);
        }
        else
        {
            owner[key] = value;
        }
    }

    static IEnumerable<JsonNode> Owners(JsonNode? node)
    {
        IEnumerable<JsonNode?> inner = node switch { JsonArray a => a, JsonObject o => o.Select(e => e.Value), _ => [] };
        return node is JsonArray { Count: > 0 } or JsonObject { Count: > 0 } ? inner.SelectMany(Owners).Prepend(node) : [];
    }

    static JsonObject Json(TokenizerKind kind)
    {
        if (kind == TokenizerKind.SentencePiece)
        {
            return SentencePieceTests.Json();
        }
        JsonObject json = TokenizerTests.Json(["ab", "12"], ["a b", "1 2"]);
        json["normalizer"] = JsonNode.Parse("""{"type":"Sequence","normalizers":[{"type":"NFC"}]}""");
        json["pre_tokenizer"] = JsonNode.Parse(
            """{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"a|b"},"behavior":"Isolated","invert":false},"""
                + """{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}]}"""
        );
        json["added_tokens"] = JsonNode.Parse(
            """[{"id":258,"content":"<s>","special":true,"lstrip":true,"rstrip":false,"single_word":false,"normalized":false},"""
                + """{"id":259,"content":"<|x|>","special":false,"normalized":true}]"""
        );
        json["post_processor"] = JsonNode.Parse(
            """{"type":"Sequence","processors":[{"type":"ByteLevel"},"""
                + """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},"""
                + """{"Sequence":{"id":"A"}}],"special_tokens":{"<s>":{"id":"<s>","ids":[258],"tokens":["<s>"]}}}]}"""
        );
        json["decoder"] = JsonNode.Parse("""{"type":"ByteLevel"}""");
        return json;
    }
}
