using System.Text.Json.Nodes;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;

namespace Farsight.Tests.Engine.Checkpoints;

/// <summary>What is said of a model that loads although its files contradict each other.</summary>
public sealed class ModelNoticesTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    [Fact]
    public void Of_sound_files_nothing_is_said()
    {
        Write(TinyModelFiles.Config with { EosTokenIds = [2] });
        File.WriteAllText(_folder["generation_config.json"], """{"eos_token_id":[2,3]}""");

        Assert.Empty(ModelNotices.Of(_folder.Path));
    }

    [Fact]
    public void End_tokens_that_generation_config_lacks_are_named()
    {
        Write(TinyModelFiles.Config with { EosTokenIds = [2, 5] });
        File.WriteAllText(_folder["generation_config.json"], """{"eos_token_id":[2,3]}""");

        Assert.Equal(
            $"{_folder["config.json"]}: eos_token_id names 5, but generation_config.json names 2, 3; "
                + "generation_config.json is used, as transformers does.",
            Assert.Single(ModelNotices.Of(_folder.Path)));
    }

    [Fact]
    public void A_begin_token_that_generation_config_states_otherwise_is_named()
    {
        Write(TinyModelFiles.Config with { EosTokenIds = [2], BosTokenId = 1 });
        File.WriteAllText(_folder["generation_config.json"], """{"bos_token_id":3}""");

        Assert.Equal(
            $"{_folder["config.json"]}: bos_token_id is 1, but generation_config.json has 3; prompts begin as the chat template or the "
                + "tokenizer says.",
            Assert.Single(ModelNotices.Of(_folder.Path)));
    }

    [Fact]
    public void A_window_that_the_scaling_stretches_is_reported_with_both_numbers()
    {
        Write(TinyModelFiles.Config with { RopeScaling = new RopeScaling.Yarn(4, 64) });

        string notice = Assert.Single(ModelNotices.Of(_folder.Path));

        Assert.Contains("max_position_embeddings is 64", notice, StringComparison.Ordinal);
        Assert.Contains("a window of 256 tokens is used", notice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_head_that_is_stored_beside_a_tied_embedding_is_said_when_it_differs(bool isCopy)
    {
        TensorToWrite[] weights = TinyModelFiles.Weights(TinyModelFiles.Config);
        TensorToWrite head = isCopy
            ? weights[0] with { Name = "lm_head.weight" }
            : TensorToWrite.From("lm_head.weight", NumberFormat.BF16, TestData.Normal(160, 99), 20, 8);
        TinyModelFiles.Write(_folder.Path, TinyModelFiles.Config, weights.Append(head));

        IReadOnlyList<string> notices = ModelNotices.Of(_folder.Path);

        Assert.Equal(isCopy ? 0 : 1, notices.Count);
        Assert.All(notices, n => Assert.Contains("lm_head.weight is stored and differs from the embedding", n));
    }

    [Fact]
    public void End_tokens_are_named_when_generation_config_has_an_empty_list()
    {
        Write(TinyModelFiles.Config with { EosTokenIds = [2] });
        File.WriteAllText(_folder["generation_config.json"], """{"eos_token_id":[]}""");

        Assert.Contains(
            "eos_token_id names 2, but generation_config.json names none;", Assert.Single(ModelNotices.Of(_folder.Path)));
    }

    [Theory]
    [InlineData("model-00001-of-00001.safetensors", 1)]
    [InlineData("model.safetensors", 0)]
    public void An_index_beside_the_weights_is_reported_when_it_lists_other_files(string file, int notices)
    {
        Write(TinyModelFiles.Config);
        File.WriteAllText(_folder["model.safetensors.index.json"], $$$"""{"weight_map":{"model.norm.weight":"{{{file}}}"}}""");

        Assert.Equal(notices, ModelNotices.Of(_folder.Path).Count);
        Assert.All(
            ModelNotices.Of(_folder.Path),
            n => Assert.Contains("lists other files; model.safetensors is used, as transformers does", n, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("MistralForCausalLM", 1)]
    [InlineData("Qwen2ForCausalLM", 0)]
    public void An_architecture_of_another_family_than_model_type_is_reported(string architecture, int notices)
    {
        Write(TinyModelFiles.Config);
        JsonNode config = JsonNode.Parse(File.ReadAllText(_folder["config.json"]))!;
        config["architectures"] = new JsonArray(architecture);
        File.WriteAllText(_folder["config.json"], config.ToJsonString());

        Assert.Equal(notices, ModelNotices.Of(_folder.Path).Count);
        Assert.All(
            ModelNotices.Of(_folder.Path),
            n => Assert.Contains("architectures names MistralForCausalLM, but model_type qwen2 is Qwen2ForCausalLM", n));
    }

    public void Dispose() => _folder.Dispose();

    void Write(ModelConfig config) => TinyModelFiles.Write(_folder.Path, config, TinyModelFiles.Weights(config));
}
