using System.Text;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Export;
using Farsight.Engine;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Alignment.Export;

public sealed class GgufExportTests
{
    const string Text = "Once upon a time, in 1984,  there wasn't a <|user|> called “Björn” 😀.\n\n\tIndeed it's so.";

    static readonly string s_tiny = Path.Combine(Repository.Root, "models/tiny");

    [Fact]
    public void The_small_model_scores_and_speaks_the_same_from_its_file()
    {
        using TemporaryFolder folder = new();
        new GgufExport(s_tiny, folder["tiny.gguf"], NumberFormat.F32).Write();

        using LoadedModel a = LoadedModel.Open(s_tiny), b = LoadedModel.Open(folder["tiny.gguf"]);

        int[] tokens = [.. a.Tokenizer.Enclose(a.Tokenizer.Encode(Text))];
        Assert.Equal(tokens, b.Tokenizer.Enclose(b.Tokenizer.Encode(Text)));
        Assert.Equal(a.LogProbs(TokenTree.Sequence(tokens)), b.LogProbs(TokenTree.Sequence(tokens)));
        Assert.Equal(a.Format.Prompt("The sea.", "Which?"), b.Format.Prompt("The sea.", "Which?"));
        Assert.Equal(a.Format.Response("None."), b.Format.Response("None."));
    }

    [Fact]
    public void A_file_that_is_exported_again_is_the_same_but_for_its_name()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["again"]);
        new GgufExport(s_tiny, folder["tiny"], NumberFormat.F32).Write();

        new GgufExport(folder["tiny"], folder["again/tiny"], NumberFormat.F32).Write();

        Assert.Equal(File.ReadAllBytes(folder["tiny"]), File.ReadAllBytes(folder["again/tiny"]));
    }

    [Fact]
    public void A_GGUF_file_becomes_a_directory_with_the_same_scores_and_tokens()
    {
        using TemporaryFolder folder = new();
        new GgufExport(s_tiny, folder["tiny.gguf"], NumberFormat.Q8_0).Write();

        new HuggingFaceExport(folder["tiny.gguf"], folder["hf"], NumberFormat.F32).Write();
        using LoadedModel a = LoadedModel.Open(folder["tiny.gguf"]), b = LoadedModel.Open(folder["hf"]);

        int[] tokens = [.. a.Tokenizer.Enclose(a.Tokenizer.Encode(Text))];
        Assert.Equal(tokens, b.Tokenizer.Enclose(b.Tokenizer.Encode(Text)));
        Assert.Equal(a.LogProbs(TokenTree.Sequence(tokens)), b.LogProbs(TokenTree.Sequence(tokens)));
        Assert.Equal(a.Format.Prompt("The sea.", "Which?"), b.Format.Prompt("The sea.", "Which?"));
        Assert.Contains(
            "is not a GGUF file",
            Assert.Throws<InputException>(() => new HuggingFaceExport(s_tiny, folder["x"], NumberFormat.F32).Write()).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_tokenizer_put_together_from_the_lists_encodes_the_same()
    {
        GgufTokenizer stored = GgufVocabulary.Of(s_tiny, ModelConfigOfTiny(), []);
        Tokenizer original = Tokenizer.Load(s_tiny);

        (ReadOnlyMemory<byte> json, _) = GgufTokenizerReader.Read("tiny.gguf", stored with { Json = null });
        Tokenizer read = Tokenizer.Parse(json, "tiny.gguf");

        Assert.Equal("qwen2", stored.Pre);
        Assert.Equal(original.Encode(Text), read.Encode(Text));
        Assert.Equal(original.EncodeWithSpecialTokens(Text), read.EncodeWithSpecialTokens(Text));
        Assert.Equal(Text, read.Decode(read.Encode(Text)));
    }

    [Fact]
    public void SentencePiece_lists_become_a_tokenizer_that_merges_by_score()
    {
        string[] bytes = [.. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>")], pieces = ["▁", "a", "b", "c", "▁a", "ab", "▁ab", "bc"];
        GgufTokenizer stored = new()
        {
            Model = "llama",
            Tokens = ["<unk>", "<s>", "</s>", .. bytes, .. pieces],
            Bos = 1,
            Eos = 2,
            Unknown = 0,
            Types = [2, 3, 3, .. Enumerable.Repeat(6, 256), .. Enumerable.Repeat(1, 8)],
            Scores = [.. new float[259], -10, -11, -12, -13, -3, -1, -2, -4],
        };

        (ReadOnlyMemory<byte> json, TokenizerConfig config) = GgufTokenizerReader.Read("x.gguf", stored);
        Tokenizer read = Tokenizer.Parse(json, "x.gguf");

        Assert.Equal([265, 262, 263, 3 + '\n'], read.Encode("abc a\n")); // a b before b c: its score is higher
        Assert.Equal("abc a\n", read.Decode(read.Encode("abc a\n")));
        Assert.Equal(("<s>", true), (config.Bos, config.AddsBos));
    }

    static readonly string[] s_bytes = [.. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>")];

    // As Phi-3's: the white space after three of the special tokens stays.
    static GgufTokenizer Phi3(string endOfText, string[] bytes) => new()
    {
        Model = "llama",
        Tokens = ["<unk>", "<s>", "</s>", endOfText, "<|end|>", .. bytes, "▁", "a"],
        Types = [2, 3, 4, 3, 3, .. Enumerable.Repeat(6, bytes.Length), 1, 1],
        Bos = 1,
        Eos = 3,
        Unknown = 0,
        StripsAfterSpecial = true,
    };

    static GgufTokenizer Exported(TemporaryFolder folder, GgufTokenizer stored, List<string> notices, string fallback = "true")
    {
        (ReadOnlyMemory<byte> json, _) = GgufTokenizerReader.Read("x.gguf", stored);
        string text = Encoding.UTF8.GetString(json.Span);
        Assert.Contains("\"byte_fallback\":true", text);
        File.WriteAllText(
            folder["tokenizer.json"],
            text.Replace("\"byte_fallback\":true", $"\"byte_fallback\":{fallback}", StringComparison.Ordinal));
        return GgufVocabulary.Of(folder.Path, ModelConfigOfTiny() with { VocabSize = stored.Tokens.Count }, notices);
    }

    [Fact]
    public void White_space_after_special_tokens_is_exported_as_far_as_llama_cpp_removes_it()
    {
        using TemporaryFolder folder = new();
        List<string> none = [], some = [];

        Assert.True(Exported(folder, Phi3("<|endoftext|>", s_bytes), none).StripsAfterSpecial);
        // llama.cpp cannot load a model named Phi-3 without <|endoftext|>.
        Assert.False(Exported(folder, Phi3("<|eot|>", s_bytes), some).StripsAfterSpecial);

        Assert.Empty(none);
        Assert.Contains("keeps the white space after the token </s>, unlike this tokenizer; it differs for 3", Assert.Single(some));
    }

    [Fact]
    public void A_SentencePiece_vocabulary_without_a_line_break_is_refused_by_name()
    {
        using TemporaryFolder folder = new();
        Assert.Contains(
            "the tokenizer has no token <0x0A>",
            Assert.Throws<InputException>(() => Exported(folder, Phi3("<|endoftext|>", []), [], fallback: "false")).Message);
    }

    [Fact]
    public void What_cannot_be_read_is_named()
    {
        GgufTokenizer stored = new() { Model = "gpt2", Pre = "falcon", Tokens = ["a"] };
        Assert.Contains("falcon", Assert.Throws<InputException>(() => GgufTokenizerReader.Read("x.gguf", stored)).Message);
        Assert.Contains(
            "bert",
            Assert.Throws<InputException>(() => GgufTokenizerReader.Read("x.gguf", stored with { Model = "bert" })).Message);
    }

    static ModelConfig ModelConfigOfTiny() => Farsight.Engine.Checkpoints.ModelFiles.ReadConfig(s_tiny);
}
