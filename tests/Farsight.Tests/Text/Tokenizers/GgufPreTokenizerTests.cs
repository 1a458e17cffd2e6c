using Farsight.Engine;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Text.Tokenizers;

public sealed class GgufPreTokenizerTests
{
    // A vocabulary of bytes alone, so that each piece is as many tokens as it has bytes; "ab" is a token that no merge makes.
    static readonly GgufTokenizer s_bytes = new()
    {
        Model = "gpt2",
        Tokens = [.. Enumerable.Range(0, 256).Select(b => ByteAlphabet.Spell([(byte)b])), "ab", "12", "Ġa", "<|end|>"],
        Types = [.. Enumerable.Repeat(1, 259), 3],
        Merges = ["1 2", "Ġ a"],
        Bos = 259,
    };

    static Tokenizer Load(GgufTokenizer gguf)
    {
        (ReadOnlyMemory<byte> json, _) = GgufTokenizerReader.Read("x.gguf", gguf);
        return Tokenizer.Parse(json, "x.gguf");
    }

    [Theory]
    [InlineData("gpt-2", "12 3", false)] // numbers of any length
    [InlineData("smollm", "1 2 3", false)] // every digit is cut off
    [InlineData("starcoder", "1 2 3", false)]
    [InlineData("qwen2", "1 2 3", false)]
    [InlineData("llama-bpe", "12 3", true)] // up to three digits; a piece that is a token is used whole
    [InlineData("dbrx", "12 3", false)]
    [InlineData("tekken", "1 2 3", true)]
    [InlineData("gpt-4o", "12 3", false)]
    [InlineData("deepseek-v3", "12 3", false)]
    public void A_name_decides_how_digits_are_split_and_whole_pieces_are_used(string name, string digits, bool usesWhole)
    {
        Tokenizer tokenizer = Load(s_bytes with { Pre = name });

        Assert.Equal(digits, string.Join(' ', tokenizer.Encode("123").Select(tokenizer.TokenText)));
        Assert.Equal(usesWhole ? [256] : [(int)'a', 'b'], tokenizer.Encode("ab"));
        Assert.Equal(usesWhole && name != "gpt-4o" ? [259] : [], tokenizer.Before);
    }

    [Fact]
    public void The_name_that_is_written_is_read_as_the_same_tokenizer()
    {
        foreach (string name in (string[])["gpt-2", "smollm", "qwen2", "qwen35", "llama-bpe", "dbrx", "tekken", "gpt-4o", "deepseek-v3"])
        {
            Assert.Equal(name, Load(s_bytes with { Pre = name }).ToVocabulary().SplitPattern);
        }
    }

    [Fact]
    public void An_unknown_name_is_named()
    {
        Assert.Contains(
            "the pre-tokenizer falcon is not supported",
            Assert.Throws<InputException>(() => Load(s_bytes with { Pre = "falcon" })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Digits_and_the_text_between_them_are_pieces()
    {
        foreach ((string text, int[] expected) in ((string, int[])[])
            [("", []), ("a", [1]), ("12", [1, 2]), ("a1b", [1, 2, 3]), ("1a", [1, 2]), ("a\U0001D7D8b", [1, 3, 4]), ("½x²", [1, 2, 3])])
        {
            List<int> ends = [];
            new DigitSplitter().Split(text, 10, ends);
            Assert.Equal(expected.Select(e => e + 10), ends);
        }
    }

    [Fact]
    public void A_byte_without_a_token_is_left_out_and_reported()
    {
        GgufTokenizer lacking = s_bytes with
        {
            Pre = "smollm",
            Types = [.. s_bytes.Types.Select((type, id) => id is 4 or 0xC3 ? 5 : type)],
        };
        Tokenizer tokenizer = Load(lacking);

        Assert.Equal([(int)'x', 0xA9, 'y'], tokenizer.Encode("x\u0004éy"));
        Assert.Contains("no token for 2 of 256 bytes, such as 0x04", Assert.Single(tokenizer.Notices), StringComparison.Ordinal);
    }

    [Fact]
    public void Special_tokens_of_a_model_named_phi_3_take_the_white_space_after_them()
    {
        Tokenizer tokenizer = Load(s_bytes with { Pre = "dbrx", Bos = null, StripsAfterSpecial = true });

        Assert.Equal([(int)'x', 259, 'y'], tokenizer.EncodeWithSpecialTokens("x<|end|> \ny"));
    }

    // The exceptions of llama.cpp and of Phi-3's own tokenizer, whether BOS is added or not.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Unknown_BOS_and_endoftext_of_a_model_named_phi_3_keep_the_white_space_after_them(bool addsBos)
    {
        Tokenizer tokenizer = Load(s_bytes with
        {
            Pre = "dbrx",
            Tokens = [.. s_bytes.Tokens, "<unk>", "<s>", "</s>", "<|endoftext|>", "<tag>"],
            Types = [.. s_bytes.Types, 2, 3, 3, 3, 4],
            Bos = 261,
            AddBos = addsBos,
            StripsAfterSpecial = true,
        });

        Assert.Equal(
            ["<|end|>", "</s>", "<tag>"],
            tokenizer.AddedTokens.Where(t => t.RightStrip).OrderBy(t => t.Id).Select(t => t.Content));
    }
}
