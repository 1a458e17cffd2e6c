using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;

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

        Assert.Equal((0, ""), (code, error));
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

        Assert.Contains("'sep_token' is undefined", Assert.Single(_notices));
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

    LoadedModel Open() => LoadedModel.Open(_folder.Path, notice: _notices.Add);
}
