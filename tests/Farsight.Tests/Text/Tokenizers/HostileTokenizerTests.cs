using System.Text;
using Farsight.Engine;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Tests.Engine.Checkpoints;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Text.Tokenizers;

/// <summary>Tokenizer files that are broken or made to break: one sentence, or a tokenizer that works.</summary>
public sealed class HostileTokenizerTests
{
    const int Count = 2000;
    const string Text = "The lighthouse of Ardmore: 4821907 <|user|> Zoë 😀\r\n";

    [Fact]
    [Trait("Category", "Slow")]
    public void A_byte_level_tokenizer()
    {
        using TemporaryFolder folder = new();
        SmallTokenizer.Value.Save(folder["tokenizer.json"]);

        HostileFileTests.Attack(
            folder["tokenizer.json"],
            Mutations.OfJson(File.ReadAllBytes(folder["tokenizer.json"]), Count),
            Use,
            leastRefused: 6);
    }

    [Fact]
    public void A_tokenizer_in_the_style_of_SentencePiece()
    {
        using TemporaryFolder folder = new();
        byte[] sound = Encoding.UTF8.GetBytes(SentencePieceTests.Json().ToJsonString());

        HostileFileTests.Attack(folder["tokenizer.json"], Mutations.OfJson(sound, Count), Use, leastRefused: 6);
    }

    [Fact]
    public void Settings_beside_a_tokenizer()
    {
        using TemporaryFolder folder = new();
        SmallTokenizer.Value.Save(folder["tokenizer.json"]);
        byte[] sound = Encoding.UTF8.GetBytes(ChatFormat.ConfigText(512));

        HostileFileTests.Attack(
            folder["tokenizer_config.json"],
            Mutations.OfJson(sound, Count),
            path => ChatFormat.Load(folder.Path, Tokenizer.Load(folder.Path)).Prompt("A context.", "A question?"),
            leastRefused: 6,
            allowance: 4 << 20
        ); // the tokenizer beside it is read, too
    }

    [Fact]
    public void Lists_of_a_GGUF_file_that_do_not_belong_together()
    {
        GgufTokenizer sound = new() { Model = "gpt2", Pre = "qwen2", Tokens = ["a", "b", "ab"], Merges = ["a b"] };
        GgufTokenizer[] hostile =
        [
            sound with
            {
                Merges = ["a"],
            },
            sound with
            {
                Merges = [""],
            },
            sound with
            {
                Merges = ["a c"],
            },
            sound with
            {
                Tokens = [],
            },
            sound with
            {
                Tokens = ["a", "a", "b"],
            },
            sound with
            {
                Tokens = ["", "a", "b"],
            },
            sound with
            {
                Model = "llama",
                Merges = [],
            },
            sound with
            {
                Model = "llama",
                Tokens = ["", "", ""],
            },
            sound with
            {
                Json = "{",
            },
            sound with
            {
                Types = [9, 9, 9],
            },
            sound with
            {
                Pre = null,
            },
        ];
        foreach (GgufTokenizer tokenizer in hostile)
        {
            Assert.Throws<InputException>(() => Tokenizer.Parse(GgufTokenizerReader.Read("x.gguf", tokenizer).Json, "x.gguf"));
        }
    }

    static void Use(string path)
    {
        Tokenizer tokenizer = Tokenizer.Load(path);
        _ = tokenizer.Decode(tokenizer.Encode(Text));
        _ = tokenizer.EncodeWithSpecialTokens(Text);
        _ = tokenizer.ToVocabulary();
    }
}
