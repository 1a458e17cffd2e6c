using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Tests.Alignment.Answering;

/// <summary>Tests generation and notices with copies of the bundled model whose side files differ.</summary>
public sealed class ModelSideFileTests : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly List<string> _notices = [];

    public ModelSideFileTests()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(Repository.Root, "models/tiny")))
        {
            File.Copy(file, _folder[Path.GetFileName(file)]);
        }
    }

    [Fact]
    public void The_bundled_model_loads_without_a_notice()
    {
        using LoadedModel model = Open();
        _ = model.Format;

        Assert.Empty(_notices);
    }

    [Fact]
    public async Task A_text_ends_at_an_end_token_that_only_generation_config_names()
    {
        // The continuation is the one of an independent implementation; token 1121 would be the fifth.
        File.WriteAllText(_folder["generation_config.json"], """{"eos_token_id":[2044,1121],"do_sample":false}""");
        using LoadedModel model = Open();

        Completion text = (await model.LanguageModel.CompleteAsync([new(new Prompt.RawText("The lamp in the harbor"), new(12))]))[0];

        Assert.Equal([271, 258, 1460, 621], text.Tokens);
        Assert.Equal(1121, text.StopToken);
        Assert.Equal(FinishReason.Stop, text.FinishReason);
        Assert.Empty(_notices);
    }

    [Fact]
    public async Task Commands_that_read_the_model_write_its_contradictions_once_to_stderr_and_inspect_lists_them()
    {
        File.WriteAllText(_folder["generation_config.json"], """{"eos_token_id":1121}""");
        string[] expected =
        [
            "eos_token_id names 2044, but generation_config.json names 1121", "eos_token of the tokenizer has the id 2044",
        ];
        File.WriteAllText(
            _folder["pairs.jsonl"], """{"prompt":"How many lamps?","chosen":"Seven lamps.","rejected":"Nine lamps."}""");

        (_, _, string import) = await CommandLine.Run(
            "data", "import", _folder["pairs.jsonl"], "--model", _folder.Path, "--out", _folder["d.jsonl"]);
        (_, _, string reference) = await CommandLine.Run("synth", "reference", "--model", _folder.Path, "--data", _folder["d.jsonl"]);
        (_, string inspect, _) = await CommandLine.Run("inspect", _folder.Path);

        foreach (string output in new[] { import, reference, inspect })
        {
            Assert.All(expected, e => Assert.Equal(2, output.Split(e).Length));
        }
    }

    [Fact]
    public async Task A_model_without_weights_can_still_be_imported_for()
    {
        File.Delete(_folder["model.safetensors"]);
        File.Delete(_folder["config.json"]);
        File.WriteAllText(_folder["pairs.jsonl"], """{"prompt":"How many lamps?","chosen":"Seven.","rejected":"Nine."}""");

        (int code, _, string error) = await CommandLine.Run(
            "data", "import", _folder["pairs.jsonl"], "--model", _folder.Path, "--out", _folder["d.jsonl"]);

        Assert.Equal(0, code);
        Assert.StartsWith("Finished in ", error, StringComparison.Ordinal); // no notice before it
    }

    [Fact]
    public void Contradictions_between_the_files_are_reported_once()
    {
        File.WriteAllText(_folder["generation_config.json"], """{"eos_token_id":1121}""");
        File.WriteAllText(_folder["special_tokens_map.json"], """{"bos_token":"<|user|>"}""");
        using LoadedModel model = Open();
        _ = model.Format;
        _ = model.Format.Conversation([new("user", "Hello")]);

        Assert.Equal(4, _notices.Count);
        Assert.Contains("eos_token_id names 2044, but generation_config.json names 1121", _notices[0]);
        Assert.Contains("bos_token is '<|begin_of_text|>', but in special_tokens_map.json it is '<|user|>'", _notices[1]);
        Assert.Contains("bos_token_id of config.json is 2043, but bos_token of the tokenizer has the id 2045", _notices[2]);
        Assert.Contains("eos_token of the tokenizer has the id 2044, but eos_token_id of the model is 1121", _notices[3]);
    }

    [Fact]
    public void A_template_that_renders_an_undefined_name_is_reported_once_when_it_is_used()
    {
        File.WriteAllText(
            _folder["chat_template.jinja"],
            "{{ bos_token }}{% for m in messages %}<|user|>{{ m.content }}{{ sep_token }}{% endfor %}<|assistant|>");
        using LoadedModel model = Open();
        Assert.Empty(_notices);

        Assert.Equal([2043, 2045, 72, 366, 111, 488, 2046], model.Format.Conversation([new("user", "Hello there")]));

        Assert.Equal(2, _notices.Count); // the other is of the template in tokenizer_config.json
        Assert.Contains("'sep_token' is undefined", _notices[1]);
    }

    [Theory]
    [InlineData(
        "chat_template.jinja",
        "{{ bos_token }}{% for m in messages %}<|user|>{{ m.content }}{% endfor %}<|assistant|>",
        "chat_template differs from chat_template.jinja; chat_template.jinja is used, as transformers does")]
    [InlineData("chat_template.json", """{"chat_template":"{{ 1 }}"}""", "chat_template.json is not used")]
    [InlineData("additional_chat_templates/tool_use.jinja", "{{ 1 }}", "the templates tool_use.jinja are not used")]
    public async Task A_chat_template_that_is_not_used_is_reported_by_generate_and_inspect(string file, string content, string expected)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[file])!);
        File.WriteAllText(_folder[file], content);

        (int code, _, string generate) = await CommandLine.Run(
            "generate", "--model", _folder.Path, "--prompt", "Hi", "--max-new-tokens", "1");
        (_, string inspect, _) = await CommandLine.Run("inspect", _folder.Path);

        Assert.True(code == 0, generate);
        Assert.All([generate, inspect], output => Assert.Equal(2, output.Split(expected).Length));
    }

    [Theory]
    [InlineData("chat_template.jinja")]
    [InlineData("chat_template.json")]
    public void A_second_file_with_the_same_chat_template_gives_no_notice(string file)
    {
        string template = JsonNode.Parse(File.ReadAllText(_folder["tokenizer_config.json"]))!["chat_template"]!.GetValue<string>();
        File.WriteAllText(
            _folder[file],
            file.EndsWith(".json", StringComparison.Ordinal) ? new JsonObject { ["chat_template"] = template }.ToJsonString() : template);
        using LoadedModel model = Open();
        _ = model.Format;

        Assert.Empty(_notices);
    }

    [Fact]
    public void The_built_in_template_of_a_model_without_one_is_reported()
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(_folder["tokenizer_config.json"]))!.AsObject();
        config.Remove("chat_template");
        File.WriteAllText(_folder["tokenizer_config.json"], config.ToJsonString());
        using LoadedModel model = Open();
        _ = model.Format;

        Assert.Contains("has no chat template; the built-in template", Assert.Single(_notices), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_that_is_no_model_or_no_adapter_is_explained()
    {
        string adapter = _folder["run/adapter"];
        WriteAdapter(adapter, null);

        Assert.Contains(
            "missing.gguf does not exist; use a model directory or a GGUF file", await Error("--model", _folder["missing.gguf"]));
        Assert.Contains("is an adapter, not a model; use it as the adapter of its base model", await Error("--model", adapter));
        Assert.Contains(
            $"has no adapter_config.json; use {adapter}.", await Error("--model", _folder.Path, "--adapter", _folder["run"]));
        Assert.Contains("nowhere does not exist", await Error("--model", _folder.Path, "--adapter", _folder["nowhere"]));
        (_, _, string export) = await CommandLine.Run("export", "hf", "--model", _folder["missing.gguf"], "--out", _folder["out"]);
        Assert.Contains("missing.gguf does not exist; use a model directory or a GGUF file", export);

        async Task<string> Error(params string[] args)
        {
            (int code, _, string error) = await CommandLine.Run(["generate", "--prompt", "Hi", .. args]);
            Assert.Equal(2, code);
            return error;
        }
    }

    [Theory]
    [InlineData("someone/other-model", 1)]
    [InlineData("someone/TINY/", 0)]
    [InlineData(null, 0)]
    public void An_adapter_without_a_fingerprint_that_names_another_base_is_reported(string? name, int notices)
    {
        string model = _folder["tiny"];
        Directory.CreateDirectory(model);
        foreach (string file in Directory.GetFiles(_folder.Path))
        {
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        }
        WriteAdapter(_folder["adapter"], name);

        LoadedModel.Open(model, _folder["adapter"], notice: _notices.Add).Dispose();

        Assert.Equal(notices, _notices.Count);
        Assert.All(_notices, n => Assert.Contains("base_model_name_or_path is someone/other-model, but the model is tiny", n));
    }

    [Fact]
    public void A_scaled_model_takes_prompts_up_to_the_scaled_window()
    {
        JsonNode config = JsonNode.Parse(File.ReadAllText(_folder["config.json"]))!;
        config["rope_scaling"] = new JsonObject { ["type"] = "linear", ["factor"] = 4.0 };
        File.WriteAllText(_folder["config.json"], config.ToJsonString());
        using LoadedModel model = Open();

        Assert.Equal(2048, model.Model.Config.MaxPositionEmbeddings);
        Assert.Contains("max_position_embeddings is 512", Assert.Single(_notices));
    }

    public void Dispose() => _folder.Dispose();

    void WriteAdapter(string path, string? baseName)
    {
        ModelConfig config = ModelFiles.ReadConfig(_folder.Path);
        IEnumerable<(string, WeightMatrix)> updates = Enumerable.Range(0, config.NumHiddenLayers)
            .SelectMany(l => new (string, WeightMatrix)[]
            {
                ($"model.layers.{l}.self_attn.q_proj.lora_A.weight", new RowsMatrix(Rows.Allocate(2, 192))),
                ($"model.layers.{l}.self_attn.q_proj.lora_B.weight", new RowsMatrix(Rows.Allocate(192, 2))),
            });
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        PeftAdapter.Write(path, new(2, 4, ["q_proj"], [], baseName), [.. updates], config);
    }

    LoadedModel Open() => LoadedModel.Open(_folder.Path, notice: _notices.Add);
}
