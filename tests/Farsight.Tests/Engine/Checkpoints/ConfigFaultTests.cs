using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using static Farsight.Tests.Engine.Checkpoints.LlamaConfig;

namespace Farsight.Tests.Engine.Checkpoints;

/// <summary>Configurations that are refused, and what the message names.</summary>
public sealed class ConfigFaultTests
{
    [Theory]
    [InlineData("{\"a\":1,\n\"b\":{\"x\":1,\"x\":2}}", "config.json contains the key x twice; keep one of the two.")]
    [InlineData("{\"a\":1,\n\"b\"}", "config.json is not valid JSON (line 2); download it again.")]
    public void A_key_that_occurs_twice_and_a_fault_of_the_syntax_are_named(string json, string problem)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["config.json"], json);

        Assert.EndsWith(problem, Assert.Throws<InputException>(() => HuggingFaceConfig.Read(folder["config.json"])).Message);
    }

    [Theory]
    [InlineData("model_type", "\"gemma\"", "supported are llama, mistral, ministral, qwen2, qwen3")]
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
    [InlineData("hidden_act", "\"gelu\"", "supported are silu and gelu_pytorch_tanh")]
    [InlineData("attention_bias", "1", "true or false")]
    [InlineData("qkv_bias", "true", "only false")]
    [InlineData("sliding_window", "1024", "llama has no sliding window")]
    [InlineData("layer_types", "[\"full_attention\",\"sliding_attention\"]", "for each of the 3 layers")]
    [InlineData("layer_types", "[\"full_attention\",\"sliding_attention\",\"full_attention\"]", "needs a sliding_window")]
    [InlineData("use_bidirectional_attention", "true", "only false")]
    [InlineData("logit_softcap", "30", "this key is unknown")]
    [InlineData("something_new", "{}", "this key is unknown")]
    [InlineData("auto_map", "{\"AutoModelForCausalLM\":\"modeling_x.XForCausalLM\"}", "custom code")]
    [InlineData("architectures", "[\"LlamaForSequenceClassification\"]", "only causal language models")]
    [InlineData("partial_rotary_factor", "0.5", "only 1")]
    [InlineData("attn_logit_softcapping", "50.0", "changes the model's results")]
    [InlineData("attention_multiplier", "0.1", "changes the model's results")]
    [InlineData("residual_multiplier", "0.22", "only 1")]
    [InlineData("num_local_experts", "8", "only 0")]
    [InlineData("quantization_config", "{\"quant_method\":\"awq\"}", "changes the model's results")]
    [InlineData("rope_scaling", "\"yarn\"", "must be an object")]
    [InlineData(
        "rope_scaling",
        "{\"rope_type\":\"ntk\",\"factor\":2.0}",
        "supported are default, linear, dynamic, llama3, yarn, longrope, truncated and dropped",
        "rope_scaling.rope_type"
    )]
    [InlineData("rope_scaling", "{\"rope_type\":\"linear\",\"type\":\"yarn\",\"factor\":2.0}", "rope_type is linear", "rope_scaling.type")]
    [InlineData(
        "rope_scaling",
        "{\"rope_type\":\"dynamic\",\"factor\":2.0,\"original_max_position_embeddings\":512}",
        "requires max_position_embeddings, 2048",
        "rope_scaling.original_max_position_embeddings"
    )]
    [InlineData(
        "rope_scaling",
        "{\"type\":\"longrope\",\"factor\":2,\"short_factor\":[1,1]}",
        "a list of 8 numbers",
        "rope_scaling.short_factor"
    )]
    [InlineData(
        "rope_scaling",
        "{\"type\":\"longrope\",\"factor\":2,\"short_factor\":[1,1,1,1,1,1,1,1],\"long_factor\":[1,1,1,1,1,1,1,\"x\"]}",
        "a list of 8 numbers",
        "rope_scaling.long_factor"
    )]
    [InlineData(
        "rope_scaling",
        "{\"type\":\"longrope\",\"factor\":2,\"short_mscale\":1.2}",
        "not supported with longrope",
        "rope_scaling.short_mscale"
    )]
    [InlineData("rope_scaling", "{\"type\":\"default\",\"mrope_section\":[1]}", "not supported with default", "rope_scaling.mrope_section")]
    [InlineData("rope_scaling", "{\"factor\":4}", "needs a rope_type", "rope_scaling.factor")]
    [InlineData("rope_scaling", "{\"type\":\"linear\"}", "is missing", "rope_scaling.factor")]
    [InlineData("rope_scaling", "{\"type\":\"linear\",\"factor\":0.5}", "number from 1", "rope_scaling.factor")]
    [InlineData(
        "rope_scaling",
        "{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":4,\"high_freq_factor\":4}",
        "above low_freq_factor",
        "rope_scaling.high_freq_factor"
    )]
    [InlineData(
        "rope_parameters",
        "{\"rope_type\":\"default\",\"partial_rotary_factor\":0.25}",
        "only 1",
        "rope_parameters.partial_rotary_factor"
    )]
    public void A_setting_that_cannot_be_followed_is_named(string key, string? value, string says, string? named = null)
    {
        string message = Assert.Throws<InputException>(() => Read(Llama, (key, value))).Message;

        Assert.Contains($"config.json: {named ?? key} ", message);
        Assert.Contains(says, message);
        Assert.EndsWith(".", message);
    }

    [Theory]
    [InlineData("mistral", "layer_types", "[\"full_attention\",\"full_attention\",\"full_attention\"]")]
    [InlineData("mistral", "sliding_window", "0")]
    [InlineData("mistral", "num_key_value_heads", null)]
    [InlineData("qwen3", "num_key_value_heads", null)]
    [InlineData("cwm", "rope_scaling", null)]
    [InlineData("seed_oss", "attention_out_bias", null)]
    public void A_family_whose_defaults_or_keys_do_not_fit_is_named(string type, string key, string? value) =>
        Assert.Contains(
            $"config.json: {key} ",
            Assert
                .Throws<InputException>(() =>
                    Read(
                        Llama,
                        [
                            .. (IEnumerable<(string, string?)>)
                                [
                                    ("model_type", $"\"{type}\""),
                                    ("num_key_value_heads", "2"),
                                    ("sliding_window", type == "seed_oss" ? null : "100"),
                                    ("head_dim", "16"),
                                    ("max_position_embeddings", "2048"),
                                    ("rms_norm_eps", "1e-5"),
                                    ("attention_bias", type == "seed_oss" ? "true" : null),
                                    (key, value),
                                ],
                        ]))
                .Message);

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

        Assert.StartsWith(
            folder["config.json"],
            Assert.Throws<InputException>(() => HuggingFaceConfig.Read(folder["config.json"])).Message);
    }

    [Theory]
    [InlineData("""{"eos_token_id":320}""")]
    [InlineData("""{"eos_token_id":[1,-1]}""")]
    [InlineData("""{"eos_token_id":"</s>"}""")]
    public void An_end_token_that_is_no_id_of_the_vocabulary_is_refused(string generation)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["config.json"], Llama);
        File.WriteAllText(folder["generation_config.json"], generation);

        Assert.StartsWith(
            $"{folder["generation_config.json"]}: eos_token_id is ",
            Assert.Throws<InputException>(() => HuggingFaceConfig.Read(folder["config.json"])).Message);
    }
}
