using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Engine.Checkpoints;

public sealed class HuggingFaceConfigTests
{
    const string Llama = """{"model_type":"llama","vocab_size":320,"hidden_size":64,"intermediate_size":160,"num_hidden_layers":3,"num_attention_heads":4}""";

    [Fact]
    public void Absent_keys_have_the_defaults_of_transformers()
    {
        ModelConfig model = Read(Llama);

        Assert.Equal(4, model.NumKeyValueHeads);
        Assert.Equal(16, model.HeadDim);
        Assert.Equal(10_000, model.RopeTheta);
        Assert.Equal(1e-6f, model.RmsNormEps);
        Assert.Equal(2048, model.MaxPositionEmbeddings);
        Assert.False(model.TieWordEmbeddings);
        Assert.Equal(new RopeScaling.Unscaled(), model.RopeScaling);
        Assert.Null(model.BosTokenId);
        Assert.Empty(model.EosTokenIds);
    }

    [Theory]
    [InlineData("llama", false, false)]
    [InlineData("mistral", false, false)]
    [InlineData("qwen2", true, false)]
    [InlineData("qwen3", false, true)]
    public void The_model_type_decides_biases_and_norms(string type, bool bias, bool norm)
    {
        ModelConfig model = Read(Llama, ("model_type", $"\"{type}\""), ("sliding_window", "null"), ("head_dim", "32"));

        Assert.Equal((bias, norm, 32), (model.AttentionBias, model.QueryKeyNorm, model.HeadDim));
    }

    [Theory]
    [InlineData("""{"rope_type":"default"}""", "Unscaled { }")]
    [InlineData("""{"type":"linear","factor":4}""", "Linear { Factor = 4 }")]
    [InlineData("""{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":128}""", "Llama3 { Factor = 8, LowFreqFactor = 1, HighFreqFactor = 4, OriginalMaxPositionEmbeddings = 128 }")]
    [InlineData("""{"type":"yarn","factor":4.0}""", "Yarn { Factor = 4, OriginalMaxPositionEmbeddings = 2048, BetaFast = 32, BetaSlow = 1, AttentionFactor =  }")]
    [InlineData("""{"rope_type":"yarn","factor":8.0,"original_max_position_embeddings":512,"beta_fast":30,"beta_slow":2,"attention_factor":1.5}""", "Yarn { Factor = 8, OriginalMaxPositionEmbeddings = 512, BetaFast = 30, BetaSlow = 2, AttentionFactor = 1.5 }")]
    public void Rope_scaling_is_read_in_every_spelling(string scaling, string expected)
    {
        Assert.Equal(expected, Read(Llama, ("rope_scaling", scaling)).RopeScaling.ToString());
        Assert.Equal(expected, Read(Llama, ("rope_parameters", scaling)).RopeScaling.ToString());
    }

    [Fact]
    public void Rope_theta_may_stand_with_the_rope_parameters() =>
        Assert.Equal(5e5, Read(Llama, ("rope_parameters", """{"rope_type":"default","rope_theta":500000.0}""")).RopeTheta);

    [Theory]
    [InlineData("model_type", "\"gemma2\"", "supported are llama, mistral, qwen2, qwen3")]
    [InlineData("model_type", null, "is missing")]
    [InlineData("vocab_size", null, "is missing")]
    [InlineData("vocab_size", "0", "from 1 to")]
    [InlineData("vocab_size", "1e99", "from 1 to")]
    [InlineData("hidden_size", "-64", "from 1 to")]
    [InlineData("hidden_size", "\"64\"", "whole number")]
    [InlineData("hidden_size", "64.5", "whole number")]
    [InlineData("num_hidden_layers", "1000000000", "from 1 to")]
    [InlineData("num_attention_heads", "7", "must divide hidden_size, 64")]
    [InlineData("num_attention_heads", "64", "must be even")]
    [InlineData("head_dim", "15", "must be even")]
    [InlineData("num_key_value_heads", "3", "must divide num_attention_heads, 4")]
    [InlineData("rms_norm_eps", "0", "number from")]
    [InlineData("rope_theta", "\"big\"", "number from")]
    [InlineData("bos_token_id", "320", "from 0 to 319")]
    [InlineData("eos_token_id", "[1, 320]", "from 0 to 319")]
    [InlineData("tie_word_embeddings", "\"yes\"", "true or false")]
    [InlineData("hidden_act", "\"gelu\"", "only silu")]
    [InlineData("attention_bias", "true", "only false")]
    [InlineData("mlp_bias", "true", "only false")]
    [InlineData("sliding_window", "1024", "below max_position_embeddings 2048")]
    [InlineData("layer_types", "[\"full_attention\",\"sliding_attention\"]", "only full_attention")]
    [InlineData("partial_rotary_factor", "0.5", "only 1")]
    [InlineData("attn_logit_softcapping", "50.0", "changes the model's numbers")]
    [InlineData("attention_multiplier", "0.1", "changes the model's numbers")]
    [InlineData("residual_multiplier", "0.22", "only 1")]
    [InlineData("num_local_experts", "8", "only 0")]
    [InlineData("quantization_config", "{\"quant_method\":\"awq\"}", "changes the model's numbers")]
    [InlineData("rope_scaling", "\"yarn\"", "must be an object")]
    [InlineData("rope_scaling", "{\"rope_type\":\"dynamic\",\"factor\":2.0}", "linear, llama3 and yarn", "rope_scaling.rope_type")]
    [InlineData("rope_scaling", "{\"type\":\"longrope\"}", "linear, llama3 and yarn", "rope_scaling.type")]
    [InlineData("rope_scaling", "{\"type\":\"linear\"}", "is missing", "rope_scaling.factor")]
    [InlineData("rope_scaling", "{\"type\":\"linear\",\"factor\":0.5}", "number from 1", "rope_scaling.factor")]
    [InlineData("rope_scaling", "{\"type\":\"yarn\",\"factor\":4,\"mscale\":0.7}", "not supported", "rope_scaling.mscale")]
    [InlineData("rope_scaling", "{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":4,\"high_freq_factor\":4}", "above low_freq_factor", "rope_scaling.high_freq_factor")]
    [InlineData("rope_parameters", "{\"rope_type\":\"default\",\"partial_rotary_factor\":0.25}", "only 1", "rope_parameters.partial_rotary_factor")]
    public void A_setting_that_cannot_be_followed_is_named(string key, string? value, string says, string? named = null)
    {
        string message = Assert.Throws<InputException>(() => Read(Llama, (key, value))).Message;

        Assert.Contains($"config.json: {named ?? key} ", message);
        Assert.Contains(says, message);
        Assert.EndsWith(".", message);
    }

    [Theory]
    [InlineData("sliding_window", "null")]
    [InlineData("sliding_window", "2048")]
    [InlineData("attention_bias", "false")]
    [InlineData("partial_rotary_factor", "1.0")]
    [InlineData("rope_scaling", "null")]
    [InlineData("layer_types", "[\"full_attention\"]")]
    [InlineData("attention_dropout", "0.1")]
    [InlineData("pad_token_id", "-1")]
    [InlineData("something_new", "{}")]
    public void A_setting_that_changes_nothing_is_passed_over(string key, string value) => Assert.NotNull(Read(Llama, (key, value)));

    [Fact]
    public void The_sliding_windows_of_mistral_and_qwen_follow_their_own_switches()
    {
        (string, string?) positions = ("max_position_embeddings", "8192"), window = ("sliding_window", "4096");

        Assert.Contains("sliding_window is absent", Assert.Throws<InputException>(() => Read(Llama, ("model_type", "\"mistral\""), positions)).Message);
        Assert.Throws<InputException>(() => Read(Llama, ("model_type", "\"mistral\""), positions, window));
        Assert.NotNull(Read(Llama, ("model_type", "\"mistral\""), positions, ("sliding_window", "null")));
        Assert.NotNull(Read(Llama, ("model_type", "\"qwen2\""), positions, window, ("use_sliding_window", "false")));
        Assert.Throws<InputException>(() => Read(Llama, ("model_type", "\"qwen2\""), positions, window, ("use_sliding_window", "true")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"model_type\":\"llama\",}")]
    [InlineData("{\"vocab_size\":1,\"vocab_size\":2}")]
    [InlineData("{\"model_type\":\"\\ud800\"}")]
    public void A_file_that_is_no_configuration_is_refused(string text)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["config.json"], text);

        Assert.StartsWith(folder["config.json"], Assert.Throws<InputException>(() => HuggingFaceConfig.Read(folder["config.json"])).Message);
    }

    public static TheoryData<string> Scalings => ["default", "linear", "llama3", "yarn", "yarn with factor"];

    [Theory]
    [MemberData(nameof(Scalings))]
    public void What_is_written_is_read(string scaling)
    {
        foreach (string type in (string[])["llama", "mistral", "qwen2", "qwen3"])
        {
            ModelConfig model = Read(Llama, ("model_type", $"\"{type}\""), ("sliding_window", "null"), ("num_key_value_heads", "2"), ("head_dim", "32"),
                ("rope_theta", "1000000.5"), ("rms_norm_eps", "1e-5"), ("tie_word_embeddings", "true"), ("max_position_embeddings", "131072")) with
            {
                RopeScaling = Scaling(scaling),
                BosTokenId = scaling == "yarn" ? null : 7,
                EosTokenIds = scaling switch { "yarn" => [], "linear" => [3], _ => [3, 4] },
            };
            using TemporaryFolder folder = new();

            HuggingFaceConfig.Write(folder["config.json"], model, NumberFormat.BF16);
            ModelConfig again = HuggingFaceConfig.Read(folder["config.json"]);

            Assert.Equal(model.EosTokenIds, again.EosTokenIds);
            Assert.Equal(model, again with { EosTokenIds = model.EosTokenIds });
        }
    }

    [Fact]
    public void What_is_written_has_the_keys_that_transformers_looks_for()
    {
        using TemporaryFolder folder = new();
        HuggingFaceConfig.Write(folder["config.json"], Read(Llama) with { RopeScaling = new RopeScaling.Linear(4) }, NumberFormat.BF16);

        string text = File.ReadAllText(folder["config.json"]);
        JsonNode json = JsonNode.Parse(text)!;

        Assert.Equal("LlamaForCausalLM", (string?)json["architectures"]![0]);
        Assert.Equal("bfloat16", (string?)json["torch_dtype"]);
        Assert.Contains("\"factor\": 4.0", text); // an integer here makes transformers complain
    }

    [SharedTheory("goldens")]
    [Trait("Category", "Golden")]
    [InlineData("llama2", 4, 16, "Unscaled")]
    [InlineData("llama3-scaled", 2, 16, "Llama3")]
    [InlineData("llama-linear", 2, 16, "Linear")]
    [InlineData("mistral", 2, 16, "Unscaled")]
    [InlineData("qwen2-yarn", 2, 16, "Yarn")]
    [InlineData("qwen3", 2, 32, "Unscaled")]
    public void Model_directories_of_another_writer_open(string name, int keyValueHeads, int headDim, string scaling)
    {
        using ModelDirectory directory = ModelDirectory.Open(SharedMaterial.PathOf($"goldens/{name}"));

        Assert.Equal((keyValueHeads, headDim, scaling), (directory.Config.NumKeyValueHeads, directory.Config.HeadDim, directory.Config.RopeScaling.GetType().Name));
        Assert.Equal(320 * 64, directory.Weight("model.embed_tokens.weight", 320, 64).Count);
    }

    static RopeScaling Scaling(string name) => name switch
    {
        "linear" => new RopeScaling.Linear(4),
        "llama3" => new RopeScaling.Llama3(8, 1, 4, 8192),
        "yarn" => new RopeScaling.Yarn(4.5, 32768),
        "yarn with factor" => new RopeScaling.Yarn(8, 512, 30, 1.5, 1.2079441541679836),
        _ => new RopeScaling.Unscaled(),
    };

    static ModelConfig Read(string json, params (string Key, string? Value)[] changes)
    {
        JsonObject config = JsonNode.Parse(json)!.AsObject();
        foreach ((string key, string? value) in changes)
        {
            config.Remove(key);
            if (value is not null)
            {
                config.Add(key, JsonNode.Parse(value));
            }
        }
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["config.json"], config.ToJsonString());
        return HuggingFaceConfig.Read(folder["config.json"]);
    }
}
