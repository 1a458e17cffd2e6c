using System.Text.Json.Nodes;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Text.Tokenizers;

public sealed class UnicodeCompositionTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("e\u0301", "\u00e9")]
    [InlineData("\u212b \u2126", "\u00c5 \u03a9")] // ångström and ohm signs
    [InlineData("a\u0323\u0307 a\u0307\u0323", "\u1ea1\u0307 \u1ea1\u0307")] // marks are put in order first
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("s\u0323\u0307", "\u1e69")]
    [InlineData("\u1100\u1161\u11a8 \uac00\u11a8 \u1100\u1161", "\uac01 \uac01 \uac00")]
    [InlineData("\u0958", "\u0915\u093c")] // excluded from composition
    [InlineData("\u1e69\u0301 \u0344", "\u1e69\u0301 \u0308\u0301")]
    [InlineData("\ud834\udd5e \ud87e\udc00", "\ud834\udd57\ud834\udd65 \u4e3d")]
    [InlineData("\u0301 x\u0338", "\u0301 x\u0338")]
    [InlineData("a\u05b0\u0301\u0300", "\u00e1\u05b0\u0300")]
    public void Text_is_composed_as_the_standard_says(string text, string composed) =>
        Assert.Equal(composed, UnicodeComposition.Compose(text).ToString());

    [SharedFact("tokenizers/qwen3.jsonl")]
    [Trait("Category", "Golden")]
    public void Text_of_the_reference_is_composed_as_there()
    {
        int changed = 0;
        foreach (string line in File.ReadLines(SharedMaterial.PathOf("tokenizers/qwen3.jsonl")))
        {
            JsonNode example = JsonNode.Parse(line)!;
            string text = example["text"]!.GetValue<string>(), decoded = example["decoded"]!.GetValue<string>();
            changed += text != decoded ? 1 : 0;
            Assert.Equal(decoded, UnicodeComposition.Compose(text).ToString());
        }
        Assert.True(changed > 0);
    }

    [Fact]
    public void A_tokenizer_that_composes_gives_composed_text_its_tokens()
    {
        JsonObject json = TokenizerTests.Json([], []);
        json["normalizer"] = new JsonObject { ["type"] = "NFC" };
        Tokenizer tokenizer = TokenizerTests.Parse(json);
        Assert.Equal(tokenizer.Encode("caf\u00e9"), tokenizer.Encode("cafe\u0301"));
    }
}
