using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;

namespace Farsight.Tests.Engine.Checkpoints;

public sealed class HuggingFaceConfigTests
{
    const string Llama =
        "{\"model_type\":\"llama\",\"vocab_size\":320,\"hidden_size\":64,\"intermediate_size\":160,"
        + "\"num_hidden_layers\":3,\"num_attention_heads\":4}";

    [Theory]
    [InlineData("{\"a\":1,\n\"b\":{\"x\":1,\"x\":2}}", "config.json contains the key x twice; keep one of the two.")]
    [InlineData("{\"a\":1,\n\"b\"}", "config.json is not valid JSON (line 2); download it again.")]
    public void A_key_that_occurs_twice_and_a_fault_of_the_syntax_are_named(string json, string problem)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["config.json"], json);

        Assert.EndsWith(problem, Assert.Throws<InputException>(() => HuggingFaceConfig.Read(folder["config.json"])).Message);
    }

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
    [InlineData("""{"rope_type":"default"}""", "Unscaled { }")]
    [InlineData("""{"type":"linear","factor":4}""", "Linear { Factor = 4 }")]
    [InlineData(
        """{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":128}""",
        "Llama3 { Factor = 8, LowFreqFactor = 1, HighFreqFactor = 4, OriginalMaxPositionEmbeddings = 128 }"
    )]
    [InlineData(
        """{"type":"yarn","factor":4.0}""",
        "Yarn { Factor = 4, OriginalMaxPositionEmbeddings = 2048, BetaFast = 32, BetaSlow = 1, "
            + "AttentionFactor = , MScale = , MScaleAllDim = , Truncate = True }"
    )]
    [InlineData(
        """{"rope_type":"yarn","factor":8.0,"original_max_position_embeddings":512,"beta_fast":30,"beta_slow":2,"attention_factor":1.5}""",
        "Yarn { Factor = 8, OriginalMaxPositionEmbeddings = 512, BetaFast = 30, BetaSlow = 2, "
            + "AttentionFactor = 1.5, MScale = , MScaleAllDim = , Truncate = True }"
    )]
    [InlineData(
        """{"rope_type":"yarn","original_max_position_embeddings":512,"mscale":1.0,"mscale_all_dim":0.5,"truncate":false}""",
        "Yarn { Factor = 4, OriginalMaxPositionEmbeddings = 512, BetaFast = 32, BetaSlow = 1, "
            + "AttentionFactor = , MScale = 1, MScaleAllDim = 0.5, Truncate = False }"
    )]
    [InlineData("""{"type":"dynamic","factor":2.0}""", "DynamicNtk { Factor = 2, OriginalMaxPositionEmbeddings = 2048 }")]
    [InlineData(
        """{"rope_type":"truncated","factor":8.0,"original_max_position_embeddings":512}""",
        "Truncated { Factor = 8, OriginalMaxPositionEmbeddings = 512 }"
    )]
    public void Rope_scaling_is_read_in_every_spelling(string scaling, string expected)
    {
        Assert.Equal(expected, Read(Llama, ("rope_scaling", scaling)).RopeScaling.ToString());
        Assert.Equal(expected, Read(Llama, ("rope_parameters", scaling)).RopeScaling.ToString());
    }

    [Fact]
    public void Rope_theta_may_stand_with_the_rope_parameters() =>
        Assert.Equal(5e5, Read(Llama, ("rope_parameters", """{"rope_type":"default","rope_theta":500000.0}""")).RopeTheta);

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
        "supported are default, linear, dynamic, llama3, yarn, longrope and truncated",
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

    public static TheoryData<string> Scalings =>
        ["default", "linear", "dynamic", "llama3", "yarn", "yarn with factor", "yarn with mscale", "longrope", "truncated"];

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
    [InlineData("ntk", 40000), InlineData("base", 250000)]
    public void Another_base_is_written_as_rope_theta_and_rotates_alike_when_it_is_read(string rule, double theta)
    {
        ModelConfig model = Read(Llama, ("head_dim", "32"), ("num_key_value_heads", "2"));
        RopeScaling rope = rule == "ntk" ? new RopeScaling.NtkAware(Math.Pow(4, 30.0 / 32), 2048) : new RopeScaling.AdjustedBase(250_000);
        using TemporaryFolder folder = new();

        HuggingFaceConfig.Write(folder["config.json"], model.With(rope), NumberFormat.BF16);
        ModelConfig again = HuggingFaceConfig.Read(folder["config.json"]);

        Assert.Equal(
            (new RopeScaling.Unscaled(), model.With(rope).MaxPositionEmbeddings),
            (again.RopeScaling, again.MaxPositionEmbeddings));
        Assert.Equal(theta, again.RopeTheta, 6);
        Assert.Equal(RopeFrequencies.Of(32, 10_000, rope).InvFreq, RopeFrequencies.Of(32, again.RopeTheta, again.RopeScaling).InvFreq);
        Assert.Equal(new RopeScaling.AdjustedBase(again.RopeTheta), again.RopeFor(model));
        Assert.Contains(
            "merge the adapter into the model",
            Assert.Throws<InputException>(() => (again with { RopeScaling = new RopeScaling.Linear(2) }).RopeFor(model)).Message);
    }

    [Fact]
    public void Dynamic_scaling_keeps_the_window_that_it_starts_from()
    {
        ModelConfig model = Read(Llama).With(new RopeScaling.DynamicNtk(4, 2048));
        using TemporaryFolder folder = new();

        HuggingFaceConfig.Write(folder["config.json"], model, NumberFormat.BF16);

        Assert.Equal(8192, model.MaxPositionEmbeddings);
        ModelConfig again = HuggingFaceConfig.Read(folder["config.json"]);
        Assert.Equal((model.RopeScaling, 8192), (again.RopeScaling, again.MaxPositionEmbeddings));
    }

    [Theory]
    [InlineData(512, """{"type":"linear","factor":4.0}""", 2048)]
    [InlineData(2048, """{"type":"linear","factor":4.0,"original_max_position_embeddings":512}""", 2048)]
    [InlineData(512, """{"type":"dynamic","factor":4.0}""", 2048)]
    [InlineData(512, """{"type":"yarn","factor":4.0,"original_max_position_embeddings":512}""", 2048)]
    [InlineData(2048, """{"type":"yarn","factor":4.0,"original_max_position_embeddings":512}""", 2048)]
    [InlineData(640, """{"type":"yarn","factor":4.0,"original_max_position_embeddings":512}""", 2048)]
    [InlineData(4096, """{"type":"yarn","factor":4.0,"original_max_position_embeddings":512}""", 4096)]
    [InlineData(
        4096,
        """{"rope_type":"llama3","factor":32.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":512}""",
        4096)]
    [InlineData(512, "null", 512)]
    public void The_window_is_the_original_one_times_the_factor(int positions, string scaling, int window)
    {
        ModelConfig model = Read(Llama, ("max_position_embeddings", $"{positions}"), ("rope_scaling", scaling));

        Assert.Equal(window, model.MaxPositionEmbeddings);
    }

    [Theory]
    [InlineData(4, 2048)]
    [InlineData(8, 4096)]
    public void A_linear_scaling_in_the_place_of_another_counts_from_the_original_window(double factor, int window)
    {
        ModelConfig model = Read(Llama, ("max_position_embeddings", "512"), ("rope_scaling", """{"type":"linear","factor":2.0}"""));

        Assert.Equal(1024, model.MaxPositionEmbeddings);
        Assert.Equal(window, model.With(new RopeScaling.Linear(factor)).MaxPositionEmbeddings);
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
