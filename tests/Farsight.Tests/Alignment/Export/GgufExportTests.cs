using System.Text;
using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Export;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;
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
    public void A_folder_as_output_is_refused_before_the_model_is_read()
    {
        using TemporaryFolder folder = new();

        string model = Assert.Throws<InputException>(() => new GgufExport("no model", folder.Path, NumberFormat.F32).Write()).Message;
        string adapter = Assert.Throws<InputException>(() => new GgufLoraExport("no model", "none", folder["new/"]).Write()).Message;

        Assert.Equal($"{folder.Path} is a folder; name the file to write, such as {folder["model.gguf"]}.", model);
        Assert.Contains("new/ is a folder", adapter, StringComparison.Ordinal);
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
    public void Tokens_that_only_a_file_beside_the_tokenizer_adds_are_control_tokens_of_the_exported_model()
    {
        int[] expected = [2043, 2045, 72, 366, 111, 488, 2046];
        using TemporaryFolder folder = new();
        CopyTiny(folder["model"]);
        MoveAddedTokens(folder["model"], "<|user|>", "<|assistant|>");

        GgufExportResult written = new GgufExport(folder["model"], folder["m.gguf"], NumberFormat.F32).Write();
        new HuggingFaceExport(folder["m.gguf"], folder["hf"], NumberFormat.F32).Write();

        Assert.Empty(written.Notices);
        foreach (string model in (string[])[folder["model"], folder["m.gguf"], folder["hf"]])
        {
            Tokenizer tokenizer = Tokenizer.LoadFor(model, 2048);
            Assert.Empty(tokenizer.Notices);
            Assert.Equal(expected, ChatFormat.Load(model, tokenizer).Conversation([new("user", "Hello there")]));
        }
    }

    [Fact]
    public void Every_named_special_token_of_the_template_keeps_its_text_after_an_export()
    {
        using TemporaryFolder folder = new();
        CopyTiny(folder["model"]);
        ChangeJson(
            folder["model/tokenizer_config.json"],
            config =>
            {
                config["sep_token"] = "<|context|>";
                config["cls_token"] = "<|user|>";
                config["mask_token"] = "<|assistant|>";
                config["unk_token"] = "<|end_of_text|>";
                config["chat_template"] = "{% for m in messages %}{{ bos_token }}{{ unk_token }}{{ sep_token }}{{ pad_token }}"
                    + "{{ cls_token }}{{ mask_token }}{{ eos_token }}{{ m.content }}{% endfor %}{{ eos_token }}";
            });

        new GgufExport(folder["model"], folder["m.gguf"], NumberFormat.F32).Write();
        new HuggingFaceExport(folder["m.gguf"], folder["hf"], NumberFormat.F32).Write();

        foreach (string model in (string[])[folder["model"], folder["m.gguf"], folder["hf"]])
        {
            List<string> notices = [];
            int[] ids = ChatFormat.Load(model, Tokenizer.LoadFor(model, 2048), notices.Add).Conversation([new("user", "")]);
            Assert.Equal([2043, 2044, 2047, 2044, 2045, 2046, 2044], ids[..7]);
            Assert.Empty(notices);
        }
    }

    [Fact]
    public void Special_tokens_that_GGUF_has_no_key_for_are_reported_when_the_template_uses_them()
    {
        using TemporaryFolder folder = new();
        CopyTiny(folder["model"]);
        ChangeJson(
            folder["model/tokenizer_config.json"],
            config =>
            {
                config["extra_special_tokens"] = new JsonObject { ["context_token"] = "<|context|>", ["other_token"] = "<|user|>" };
                config["chat_template"] = new JsonArray(
                    new JsonObject { ["name"] = "default", ["template"] = "{{ context_token }}{{ messages[0].content }}" },
                    new JsonObject { ["name"] = "tool_use", ["template"] = "{{ 1 }}" });
            });

        GgufExportResult written = new GgufExport(folder["model"], folder["m.gguf"], NumberFormat.F32).Write();

        Assert.Equal(2, written.Notices.Count);
        Assert.Contains("the chat template uses context_token, which a GGUF file cannot hold", written.Notices[0]);
        Assert.Contains("the chat templates tool_use are not exported", written.Notices[1]);
    }

    [Fact]
    public async Task Tokens_that_contradict_the_embedded_tokenizer_are_reported_when_the_file_is_read_and_exported()
    {
        using TemporaryFolder folder = new();
        GgufTokenizer stored = GgufVocabulary.Of(s_tiny, ModelConfigOfTiny(), []);
        string[] tokens = [.. stored.Tokens];
        (tokens[300], tokens[301]) = (tokens[301], tokens[300]);
        using (IModelFiles files = ModelFiles.Open(s_tiny))
        {
            GgufModelWriter.Write(
                folder["x.gguf"],
                "x",
                files.Config,
                [.. ParameterShapes.Of(files.Config).Select(p => p.Shape is [int rows, int columns]
                    ? TensorToWrite.From(p.Name, NumberFormat.F32, files.Matrix(p.Name, rows, columns))
                    : TensorToWrite.From(p.Name, NumberFormat.F32, files.Vector(p.Name, p.Shape[0]), asVector: true))],
                stored with { Tokens = tokens },
                NumberFormat.F32,
                _ => { });
        }
        string expected = $"2 tokens of tokenizer.ggml.tokens differ from tokenizer.huggingface.json, such as 300 ('{tokens[300]}' and "
            + $"'{tokens[301]}')";

        (_, _, string generate) = await CommandLine.Run(
            "generate", "--model", folder["x.gguf"], "--prompt", "Hi", "--max-new-tokens", "1");
        (_, string inspect, _) = await CommandLine.Run("inspect", folder["x.gguf"]);
        (_, _, string export) = await CommandLine.Run("export", "hf", "--model", folder["x.gguf"], "--out", folder["hf"]);

        Assert.All([generate, inspect, export], output => Assert.Equal(2, output.Split(expected).Length));
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

    static void CopyTiny(string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.GetFiles(s_tiny))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    static void ChangeJson(string path, Action<JsonObject> change)
    {
        JsonObject json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(json);
        File.WriteAllText(path, json.ToJsonString());
    }

    /// <summary>Moves tokens from tokenizer.json to added_tokens_decoder, which lists all then.</summary>
    static void MoveAddedTokens(string model, params string[] moved)
    {
        JsonArray all = [];
        ChangeJson(
            Path.Combine(model, "tokenizer.json"),
            tokenizer =>
            {
                all = tokenizer["added_tokens"]!.DeepClone().AsArray();
                tokenizer["added_tokens"] = new JsonArray(
                    [.. all.Where(t => !moved.Contains((string)t!["content"]!)).Select(t => t!.DeepClone())]);
            });
        ChangeJson(
            Path.Combine(model, "tokenizer_config.json"),
            config => config["added_tokens_decoder"] = new JsonObject(
                all.Select(t => KeyValuePair.Create($"{(int)t!["id"]!}", (JsonNode?)t.DeepClone()))));
    }

    static ModelConfig ModelConfigOfTiny() => Farsight.Engine.Checkpoints.ModelFiles.ReadConfig(s_tiny);
}
