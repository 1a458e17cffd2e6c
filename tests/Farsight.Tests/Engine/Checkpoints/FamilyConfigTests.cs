using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;

namespace Farsight.Tests.Engine.Checkpoints;

/// <summary>The keys that only some families have: their meaning, their defaults and what is refused.</summary>
public sealed class FamilyConfigTests
{
    const string Plain =
        """
        {"vocab_size":80,"hidden_size":32,"intermediate_size":64,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2,
        "head_dim":8,"max_position_embeddings":256}
        """;

    [Fact]
    public void Absent_keys_have_the_defaults_of_transformers()
    {
        ModelConfig gemma2 = Read("gemma2"), gemma3 = Read("gemma3_text"), granite = Read("granite"), mixtral = Read("mixtral");
        ModelConfig moe = Read("qwen3_moe"), smol = Read("smollm3"), phi = Read("phi3"), olmo = Read("olmo2");

        Assert.Equal((50f, 30f, 4096), (gemma2.AttentionSoftcap, gemma2.LogitSoftcap, gemma2.SlidingWindow));
        Assert.Equal([true, false, true, false], gemma2.WindowedLayers);
        Assert.Equal(((float?)0.0625f, true), (gemma2.AttentionScale, gemma2.TieWordEmbeddings));
        Assert.Equal((null, null, 1e6, 1e4), (gemma3.AttentionSoftcap, gemma3.LogitSoftcap, gemma3.RopeTheta, gemma3.WindowedRopeTheta));
        Assert.Equal((1f, 1f, 1f, 1f), (granite.EmbeddingScale, granite.AttentionScale, granite.ResidualScale, granite.LogitScale));
        Assert.Equal((8, 2, 64, true), Experts(mixtral));
        Assert.Equal((1e6, 1e-5f, null), (mixtral.RopeTheta, mixtral.RmsNormEps, mixtral.SlidingWindow));
        Assert.Equal((128, 8, 768, false), Experts(moe));
        Assert.Equal([false, false, false, true], smol.UnrotatedLayers);
        Assert.Equal((2e6, true), (smol.RopeTheta, smol.TieWordEmbeddings));
        Assert.Equal((true, null, null), (phi.FusedProjections, phi.RotaryDim, phi.SlidingWindow));
        Assert.Equal((NormPlacement.After, true, 1e-5f), (olmo.NormPlacement, olmo.NormsWholeProjection, olmo.RmsNormEps));
    }

    [Fact]
    public void A_limit_of_null_is_no_limit() =>
        Assert.Null(Read("gemma2", ("attn_logit_softcapping", "null")).AttentionSoftcap);

    [Theory]
    [InlineData("llama", "hidden_act", "silu", "Silu")]
    [InlineData("llama", "hidden_act", "gelu_pytorch_tanh", "GeluTanh")]
    [InlineData("gemma2", "hidden_act", "gelu_pytorch_tanh", "GeluTanh")]
    [InlineData("gemma3_text", "hidden_activation", "silu", "Silu")]
    public void Every_family_may_have_either_activation_and_it_is_written_back(string family, string key, string name, string expected)
    {
        using TemporaryFolder folder = new();
        ModelConfig read = Read(family, (key, $"\"{name}\""));

        HuggingFaceConfig.Write(folder["config.json"], read, NumberFormat.F32);

        Assert.Equal(expected, read.Activation.ToString());
        Assert.Equal(read.Activation, HuggingFaceConfig.Read(folder["config.json"]).Activation);
    }

    [Fact]
    public void A_layer_is_a_mixture_unless_it_is_listed_or_skipped()
    {
        Assert.Equal([true, false, true, false], Read("qwen3_moe", ("decoder_sparse_step", "2")).Experts!.DenseLayers);
        Assert.Equal([false, true, false, false], Read("qwen3_moe", ("mlp_only_layers", "[1]")).Experts!.DenseLayers);
        Assert.Null(Read("qwen3_moe", ("mlp_only_layers", "[0,1,2,3]")).Experts);
    }

    [Fact]
    public void One_in_no_rope_layers_means_with_positions() =>
        Assert.Equal([true, false, false, true], Read("smollm3", ("no_rope_layers", "[0,1,1,0]")).UnrotatedLayers);

    [Fact]
    public void A_window_of_SmolLM3_belongs_to_its_layers_without_positions()
    {
        ModelConfig config = Read("smollm3", ("use_sliding_window", "true"), ("sliding_window", "16"));

        Assert.Equal([null, null, null, 16], Enumerable.Range(0, 4).Select(config.WindowOf));
        Assert.Null(Read("smollm3", ("sliding_window", "16")).SlidingWindow);
    }

    // transformers takes the mask by layer_types, although its configuration has no window for the layer.
    [Fact]
    public void Layers_that_SmolLM3_lists_as_sliding_have_the_window_without_the_switch()
    {
        (string, string) types = (
            "layer_types", """["sliding_attention","full_attention","sliding_attention","full_attention"]""");

        ModelConfig config = Read("smollm3", ("use_sliding_window", "false"), ("sliding_window", "16"), types);

        Assert.Equal([16, null, 16, null], Enumerable.Range(0, 4).Select(config.WindowOf));
        Assert.Contains(
            "layer_types", Assert.Throws<InputException>(() => Read("smollm3", ("use_sliding_window", "false"), types)).Message);
        Assert.Contains(
            "needs a use_sliding_window",
            Assert.Throws<InputException>(() => Read("qwen2", ("sliding_window", "16"), types)).Message);
    }

    [Fact]
    public void Every_fourth_layer_of_CWM_has_no_window_unless_the_file_lists_them()
    {
        ModelConfig config = Read("cwm", ("rms_norm_eps", "1e-5"), ("rope_scaling", """{"rope_type":"default"}"""));

        Assert.Equal([null, 8192, 8192, 8192], Enumerable.Range(0, 4).Select(config.WindowOf));
    }

    [Theory]
    [InlineData("phi3", """{"type":"longrope","short_factor":[1,1,1,1],"long_factor":[2,2,2,2],"original_max_position_embeddings":""")]
    [InlineData("llama", """{"rope_type":"yarn","factor":4.0,"original_max_position_embeddings":""")]
    [InlineData(
        "llama",
        """{"rope_type":"llama3","factor":4.0,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":""")]
    [InlineData("llama", """{"rope_type":"linear","factor":4.0,"original_max_position_embeddings":""")]
    public void Two_original_windows_that_differ_are_refused_and_equal_ones_are_read(string family, string scaling)
    {
        (string, string) top = ("original_max_position_embeddings", "32");

        ModelConfig twice = Read(family, top, ("rope_scaling", scaling + "32}")), once = Read(family, ("rope_scaling", scaling + "32}"));

        Assert.Equal(once.RopeScaling, twice.RopeScaling);
        Assert.Contains(
            "original_max_position_embeddings is 32; rope_scaling or rope_parameters has another value",
            Assert.Throws<InputException>(() => Read(family, top, ("rope_scaling", scaling + "128}"))).Message);
    }

    [Theory]
    [InlineData("longrope"), InlineData("su"), InlineData("yarn")]
    public void LongRoPE_of_Phi_has_three_names_and_takes_its_factor_from_the_windows(string type)
    {
        ModelConfig config = Read(
            "phi3",
            ("partial_rotary_factor", "0.5"),
            ("original_max_position_embeddings", "64"),
            ("rope_scaling", $$"""{"type":"{{type}}","short_factor":[1,1],"long_factor":[2,3]}"""));

        Assert.Equal(new RopeScaling.LongRope(4, 64, [1, 1], [2, 3]), config.RopeScaling);
        Assert.Equal(4, config.RotaryDim);
    }

    [Fact]
    public void Rope_parameters_by_layer_type_are_read_for_both_kinds_of_layers()
    {
        ModelConfig config = Read(
            "gemma3_text",
            (
                "rope_parameters",
                """
                {"full_attention":{"rope_type":"linear","factor":8.0,"rope_theta":500000.0},
                "sliding_attention":{"rope_type":"default","rope_theta":20000.0}}
                """));

        Assert.Equal((5e5, 2e4, new RopeScaling.Linear(8)), (config.RopeTheta, config.WindowedRopeTheta, (object)config.RopeScaling));
    }

    [Fact]
    public void Rope_scaling_by_layer_type_is_read_for_both_kinds_of_layers()
    {
        (string, string) scaling = (
            "rope_scaling",
            """{"full_attention":{"rope_type":"linear","factor":8.0},"sliding_attention":{"rope_theta":777.0}}""");

        ModelConfig config = Read("gemma3_text", scaling);

        Assert.Equal((777, new RopeScaling.Linear(8)), (config.WindowedRopeTheta, (object)config.RopeScaling));
        Assert.Contains(
            "rope_local_base_freq is 10000; rope_scaling or rope_parameters has another value",
            Assert.Throws<InputException>(() => Read("gemma3_text", scaling, ("rope_local_base_freq", "10000"))).Message);
    }

    [Theory]
    [InlineData("gemma2", "hidden_activation", "\"gelu\"", "hidden_activation")]
    [InlineData("gemma2", "hidden_act", "\"gelu\"", "hidden_act")]
    [InlineData("gemma2", "query_pre_attn_scalar", "0", "query_pre_attn_scalar")]
    [InlineData("gemma2", "use_bidirectional_attention", "true", "use_bidirectional_attention")]
    [InlineData("gemma2", "rope_local_base_freq", "10000", "rope_local_base_freq")]
    [InlineData("gemma3_text", "sliding_window_pattern", "0", "sliding_window_pattern")]
    [InlineData(
        "gemma3_text",
        "rope_parameters",
        "{\"full_attention\":{\"rope_type\":\"default\"},\"sliding_attention\":{\"rope_type\":\"linear\",\"factor\":2.0}}",
        "rope_parameters.sliding_attention.rope_type")]
    [InlineData(
        "gemma3_text",
        "rope_scaling",
        "{\"full_attention\":{\"rope_type\":\"default\"},\"sliding_attention\":{\"rope_type\":\"linear\",\"factor\":2.0}}",
        "rope_scaling.sliding_attention.rope_type")]
    [InlineData(
        "gemma3_text",
        "rope_parameters",
        "{\"full_attention\":{\"rope_type\":\"default\"},\"sliding_attention\":{},\"rope_type\":\"linear\",\"factor\":4}",
        "rope_parameters.rope_type")]
    [InlineData("gemma3_text", "rope_parameters", "{\"sliding_attention\":{},\"rope_theta\":5}", "rope_parameters.rope_theta")]
    [InlineData("olmo2", "layer_types", "[\"sliding_attention\"]", "layer_types")]
    [InlineData("granite", "num_local_experts", "8", "num_local_experts")]
    [InlineData("granite", "logits_scaling", "0", "logits_scaling")]
    [InlineData("mixtral", "num_experts_per_tok", "9", "num_experts_per_tok")]
    [InlineData("mixtral", "router_jitter_noise", "0.1", "router_jitter_noise")]
    [InlineData("mixtral", "norm_topk_prob", "false", "norm_topk_prob")]
    [InlineData("qwen3_moe", "mlp_only_layers", "[\"1\"]", "mlp_only_layers")]
    [InlineData("qwen3_moe", "n_shared_experts", "1", "n_shared_experts")]
    [InlineData("phi3", "partial_rotary_factor", "0.4", "partial_rotary_factor")]
    [InlineData("phi3", "auto_map", "{\"AutoModelForCausalLM\":\"modeling_x.OtherForCausalLM\"}", "auto_map")]
    [InlineData("smollm3", "no_rope_layers", "[1,1]", "no_rope_layers")]
    public void What_is_not_supported_is_refused_by_its_key(string family, string key, string value, string named) =>
        Assert.Contains($": {named} ", Assert.Throws<InputException>(() => Read(family, (key, value))).Message);

    static (int, int, int, bool) Experts(ModelConfig config) =>
        (config.Experts!.Count, config.Experts.PerToken, config.Experts.IntermediateSize, config.Experts.NormalizesWeights);

    static ModelConfig Read(string family, params (string Key, string Value)[] more)
    {
        using TemporaryFolder folder = new();
        JsonObject json = JsonNode.Parse(Plain)!.AsObject();
        json["model_type"] = family;
        foreach ((string key, string value) in more)
        {
            json[key] = JsonNode.Parse(value);
        }
        File.WriteAllText(folder["config.json"], json.ToJsonString());
        return HuggingFaceConfig.Read(folder["config.json"]);
    }
}
