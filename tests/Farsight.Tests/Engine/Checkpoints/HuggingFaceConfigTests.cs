using System.Text.Json.Nodes;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;
using static Farsight.Tests.Engine.Checkpoints.LlamaConfig;

namespace Farsight.Tests.Engine.Checkpoints;

public sealed class HuggingFaceConfigTests
{
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
        ModelConfig model = Read(
            Llama,
            ("model_type", $"\"{type}\""),
            ("sliding_window", "null"),
            ("num_key_value_heads", "2"),
            ("head_dim", "32"));

        Assert.Equal((bias, norm, 32), (model.AttentionBias, model.QueryKeyNorm, model.HeadDim));
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
    [InlineData("unheard_of", "null")]
    [InlineData("auto_map", "{\"AutoTokenizer\":[\"tokenization_x.X\",null]}")]
    [InlineData("_name_or_path", "\"somewhere\"")]
    public void A_setting_that_changes_nothing_is_passed_over(string key, string value) => Assert.NotNull(Read(Llama, (key, value)));

    [Theory]
    [InlineData("mistral", "", 4096, "www")]
    [InlineData("mistral", "\"sliding_window\":null", null, "---")]
    [InlineData("mistral", "\"sliding_window\":17", 17, "www")]
    [InlineData("qwen2", "\"sliding_window\":17", null, "---")]
    [InlineData("qwen2", "\"sliding_window\":17,\"use_sliding_window\":true,\"max_window_layers\":2", 17, "--w")]
    [InlineData("qwen3", "\"sliding_window\":17,\"use_sliding_window\":true,\"max_window_layers\":0", 17, "www")]
    [InlineData("qwen2", "\"sliding_window\":17,\"use_sliding_window\":true", null, "---")]
    [InlineData("qwen2", "\"use_sliding_window\":true,\"max_window_layers\":1", 4096, "-ww")]
    [InlineData("qwen2", "\"use_sliding_window\":true,\"sliding_window\":null,\"max_window_layers\":1", null, "---")]
    [InlineData("qwen3_moe", "\"use_sliding_window\":true", 4096, "www")]
    [InlineData("qwen3_moe", "\"use_sliding_window\":true,\"sliding_window\":null", null, "---")]
    [InlineData("ministral", "", 4096, "www")]
    [InlineData("ministral", "\"layer_types\":null,\"sliding_window\":1", 1, "www")]
    [InlineData("ministral", "\"sliding_window\":null", null, "---")]
    [InlineData("gemma2", "\"sliding_window\":null", null, "---")]
    [InlineData(
        "qwen3",
        "\"sliding_window\":17,\"use_sliding_window\":true,\"max_window_layers\":2,"
            + "\"layer_types\":[\"sliding_attention\",\"full_attention\",\"sliding_attention\"]",
        17,
        "w-w"
    )]
    [InlineData(
        "ministral",
        "\"sliding_window\":17,\"layer_types\":[\"full_attention\",\"sliding_attention\",\"full_attention\"]",
        17,
        "-w-"
    )]
    public void Windows_are_read_as_each_family_spells_them_and_written_so_that_they_are_read_again(
        string type,
        string keys,
        int? window,
        string layers)
    {
        using TemporaryFolder folder = new();
        string text =
            Llama.Replace("llama", type, StringComparison.Ordinal).TrimEnd('}')
            + ",\"num_key_value_heads\":2,\"head_dim\":16"
            + (keys.Length > 0 ? "," : "")
            + keys
            + "}";
        File.WriteAllText(folder["a.json"], text);

        ModelConfig read = HuggingFaceConfig.Read(folder["a.json"]);
        HuggingFaceConfig.Write(folder["b.json"], read, NumberFormat.F32);

        foreach (ModelConfig model in (ModelConfig[])[read, HuggingFaceConfig.Read(folder["b.json"])])
        {
            Assert.Equal(window, model.SlidingWindow);
            Assert.Equal(layers, string.Concat(Enumerable.Range(0, 3).Select(l => model.WindowOf(l) is null ? '-' : 'w')));
        }
    }

    [Theory]
    [InlineData("llama", "{\"attention_bias\":true}", true, true, false)]
    [InlineData("llama", "{\"mlp_bias\":true}", false, false, true)]
    [InlineData("qwen3", "{\"attention_bias\":true}", true, true, false)]
    [InlineData("qwen2", "{\"attention_bias\":false,\"qkv_bias\":true}", true, false, false)]
    [InlineData(
        "seed_oss",
        "{\"attention_bias\":true,\"attention_out_bias\":false,\"mlp_bias\":false,\"residual_dropout\":0.1}",
        true,
        false,
        false
    )]
    public void Biases_follow_the_switches_of_the_family(string type, string keys, bool attention, bool output, bool mlp)
    {
        (string, string?)[] own = [.. JsonNode.Parse(keys)!.AsObject().Select(p => (p.Key, (string?)p.Value!.ToJsonString()))];

        ModelConfig model = Read(
            Llama,
            [("model_type", $"\"{type}\""), ("num_key_value_heads", "2"), ("head_dim", "16"), ("max_position_embeddings", "2048"), .. own]);

        Assert.Equal((attention, output, mlp), (model.AttentionBias, model.OutputBias, model.MlpBias));
        Assert.Equal(
            3 * ((attention ? 3 : 0) + (output ? 1 : 0) + (mlp ? 3 : 0)),
            ParameterShapes.Of(model).Count(p => p.Name.EndsWith(".bias", StringComparison.Ordinal)));
        using TemporaryFolder folder = new();
        HuggingFaceConfig.Write(folder["config.json"], model, NumberFormat.F32);
        Assert.Equal(model, HuggingFaceConfig.Read(folder["config.json"]) with { EosTokenIds = model.EosTokenIds });
    }

    public static TheoryData<string> Scalings =>
        ["default", "linear", "dynamic", "llama3", "yarn", "yarn with factor", "yarn with mscale", "longrope", "truncated", "dropped"];

    [Theory]
    [MemberData(nameof(Scalings))]
    public void What_is_written_is_read(string scaling)
    {
        foreach (string type in (string[])["llama", "mistral", "qwen2", "qwen3"])
        {
            ModelConfig model = Read(
                Llama,
                ("model_type", $"\"{type}\""),
                ("sliding_window", "null"),
                ("num_key_value_heads", "2"),
                ("head_dim", "32"),
                ("rope_theta", "1000000.5"),
                ("rms_norm_eps", "1e-5"),
                ("tie_word_embeddings", "true"),
                ("max_position_embeddings", "131072")
            ) with
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

    [Theory]
    [InlineData("""{"eos_token_id":[7,9]}""", "8", "7 9")]
    [InlineData("""{"eos_token_id":7}""", "[8,9]", "7")]
    [InlineData("""{"eos_token_id":null}""", "8", "8")]
    [InlineData("""{"do_sample":true}""", "[8,9]", "8 9")]
    [InlineData("""{"eos_token_id":7}""", "null", "7")]
    public void End_tokens_of_generation_config_go_before_those_of_config(string generation, string ownIds, string expected)
    {
        using TemporaryFolder folder = new();
        JsonObject config = JsonNode.Parse(Llama)!.AsObject();
        config["eos_token_id"] = JsonNode.Parse(ownIds);
        File.WriteAllText(folder["config.json"], config.ToJsonString());
        File.WriteAllText(folder["generation_config.json"], generation);

        Assert.Equal(expected, string.Join(' ', HuggingFaceConfig.Read(folder["config.json"]).EosTokenIds));
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

        Assert.Equal(
            (keyValueHeads, headDim, scaling),
            (directory.Config.NumKeyValueHeads, directory.Config.HeadDim, directory.Config.RopeScaling.GetType().Name));
        Assert.Equal(320 * 64, directory.Weight("model.embed_tokens.weight", 320, 64).Count);
    }

    static RopeScaling Scaling(string name) =>
        name switch
        {
            "linear" => new RopeScaling.Linear(4),
            "llama3" => new RopeScaling.Llama3(8, 1, 4, 8192),
            "yarn" => new RopeScaling.Yarn(4.5, 29127), // 131071.5 tokens
            "dynamic" => new RopeScaling.DynamicNtk(4, 32768),
            "yarn with mscale" => new RopeScaling.Yarn(8, 512, MScale: 0.7, MScaleAllDim: 0.9, Truncate: false),
            "longrope" => new RopeScaling.LongRope(
                32,
                4096,
                [.. Enumerable.Range(0, 16).Select(i => 1 + 0.1 * i)],
                [.. Enumerable.Range(0, 16).Select(i => 1.5 + i)],
                1.1),
            "truncated" => new RopeScaling.Truncated(8, 16384),
            "dropped" => new RopeScaling.Dropped(8, 16384),
            "yarn with factor" => new RopeScaling.Yarn(8, 512, 30, 1.5, 1.2079441541679836),
            _ => new RopeScaling.Unscaled(),
        };
}
