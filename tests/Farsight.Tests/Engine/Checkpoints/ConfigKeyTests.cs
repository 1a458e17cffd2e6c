using Farsight.Engine;
using static Farsight.Tests.Engine.Checkpoints.LlamaConfig;

namespace Farsight.Tests.Engine.Checkpoints;

/// <summary>Keys that other architectures use: the value that changes nothing is read, every other is refused.</summary>
public sealed class ConfigKeyTests
{
    [Theory]
    [InlineData("use_bias", "false"), InlineData("use_bias", "[]"), InlineData("use_bias", "{}"), InlineData("use_bias", "null")]
    [InlineData("logit_scale", "1"), InlineData("logit_scale", "1.0"), InlineData("num_experts", "0"), InlineData("num_experts", "0.0")]
    [InlineData("clip_qkv", "null"), InlineData("pruned_heads", "{}"), InlineData("no_rope_layers", "[]")]
    [InlineData("_anything", "7"), InlineData("unsloth_version", "\"2025.1\"")]
    [InlineData("architectures", "[]"), InlineData("architectures", "[\"LlamaModel\",\"LlamaForCausalLM\"]")]
    [InlineData("architectures", "\"LlamaModel\""), InlineData("auto_map", "{}")]
    public void A_value_that_changes_nothing_is_read(string key, string value) => Assert.NotNull(Read(Llama, (key, value)));

    [Theory]
    [InlineData("use_bias", "true"), InlineData("use_bias", "0"), InlineData("use_bias", "1"), InlineData("use_bias", "\"false\"")]
    [InlineData("use_bias", "[0]"), InlineData("use_bias", "{\"a\":0}")]
    [InlineData("logit_scale", "0"), InlineData("logit_scale", "1.5"), InlineData("logit_scale", "false")]
    [InlineData("num_experts", "1"), InlineData("num_experts", "0.5"), InlineData("num_experts", "false")]
    [InlineData("clip_qkv", "0"), InlineData("clip_qkv", "1"), InlineData("clip_qkv", "false"), InlineData("clip_qkv", "\"\"")]
    [InlineData("anything_", "7"), InlineData("my_unsloth_key", "7")]
    [InlineData("architectures", "[\"LlamaModel\"]"), InlineData("architectures", "[7]")]
    [InlineData("auto_map", "{\"AutoModel\":\"modeling_x.X\"}"), InlineData("auto_map", "7")]
    public void Any_other_value_is_refused(string key, string value) =>
        Assert.Contains($"config.json: {key} is ", Assert.Throws<InputException>(() => Read(Llama, (key, value))).Message);
}
