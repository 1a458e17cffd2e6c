using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;

namespace Farsight.Tests.Engine.Checkpoints;

public sealed class PeftAdapterTests
{
    const string A = "model.layers.0.self_attn.q_proj.lora_A.weight", B = "model.layers.0.self_attn.q_proj.lora_B.weight";
    const string Embedding = "model.embed_tokens.weight", Norm = "model.layers.1.input_layernorm.weight";

    static readonly AdapterDescription s_description = new(2, 4.5, ["q_proj"], ["embed_tokens", "input_layernorm"], "models/tiny");
    static readonly ModelConfig s_effective = TinyModelFiles.Config with
    {
        RopeScaling = new RopeScaling.Yarn(8, 64),
        MaxPositionEmbeddings = 512,
    };

    [Fact]
    public void What_is_written_is_read_bit_for_bit()
    {
        using TemporaryFolder folder = new();
        (string Name, WeightMatrix Value)[] tensors = Tensors(1);

        PeftAdapter.Write(folder["adapter"], s_description, tensors, s_effective);
        using PeftAdapter adapter = PeftAdapter.Read(folder["adapter"]);

        Assert.All(tensors, t => Assert.Equal(Floats(t.Value), adapter.Tensors[t.Name].ReadFloats()));
        Assert.Equal([8], adapter.Tensors[Norm].Shape);
        Assert.Equal("base_model.model." + A, adapter.Tensors[A].Name);
        Assert.Equal((2, 4.5, "models/tiny"), (adapter.Description.Rank, adapter.Description.Alpha, adapter.Description.BaseModelName));
        Assert.Equal(s_description.Targets, adapter.Description.Targets);
        Assert.Equal(s_description.ModulesToSave, adapter.Description.ModulesToSave);
        Assert.Equal(s_effective.RopeScaling, adapter.Effective!.RopeScaling);
        Assert.Equal(["embed_tokens", "input_layernorm", "lm_head"], Config(folder)["modules_to_save"]!.AsArray().Select(m => (string)m!));
        Assert.True(adapter.HeadIsEmbedding);
        LowRankUpdate update = Assert.Single(adapter.Updates);
        Assert.Equal(("model.layers.0.self_attn.q_proj", 2.25f), (update.Module, update.Scale));
    }

    [Fact]
    public void Patterns_and_targets_that_match_no_updated_layer_are_reported()
    {
        using TemporaryFolder folder = new();
        AdapterDescription description = s_description with
        {
            Targets = ["q_proj", "query_key_value"],
            RankPattern = [KeyValuePair.Create("k_proj", 4)],
            AlphaPattern = [KeyValuePair.Create("^q_proj", 100.0), KeyValuePair.Create("^model.layers.0.self_attn.q_proj", 9.0)],
        };

        PeftAdapter.Write(folder["adapter"], description, Tensors(1), s_effective);
        using PeftAdapter adapter = PeftAdapter.Read(folder["adapter"]);

        Assert.Equal(4.5f, Assert.Single(adapter.Updates).Scale); // 9 / 2: the second key fits
        Assert.Equal(
            ["the key k_proj of rank_pattern", "the key ^q_proj of alpha_pattern", "the module query_key_value of target_modules"],
            adapter.Notices.Select(n => n.Split(": ")[1].Split(" matches")[0]));
    }

    [Fact]
    public void Ranks_scales_and_targets_follow_PEFTs_rules_for_names()
    {
        using TemporaryFolder folder = new();
        AdapterDescription description = s_description with
        {
            Targets = [],
            TargetPattern = @"model\.layers\.\d+\.(self_attn|mlp)\.(q|down)_proj",
            ExcludedPattern = @".*layers\.1\.mlp\..*",
            ModulesToSave = [],
            RankStabilized = true,
            RankPattern = [KeyValuePair.Create("layers.0.mlp.down_proj", 4), KeyValuePair.Create("down_proj", 3)],
            AlphaPattern = [KeyValuePair.Create("q_proj", 8.0)],
            BaseFingerprint = "abc",
        };
        (string, WeightMatrix)[] tensors =
        [
            (A, Random(2, 8, 1)),
            (B, Random(16, 2, 2)),
            ("model.layers.0.mlp.down_proj.lora_A.weight", Random(4, 12, 3)),
            ("model.layers.0.mlp.down_proj.lora_B.weight", Random(8, 4, 4)),
        ];

        PeftAdapter.Write(folder["adapter"], description, tensors, s_effective);
        using PeftAdapter adapter = PeftAdapter.Read(folder["adapter"]);

        Assert.Equal([(float)(4.5 / 2), (float)(8 / Math.Sqrt(2))], adapter.Updates.Select(u => u.Scale));
        Assert.Equal([4, 2], adapter.Updates.Select(u => u.A.Shape[0]));
        Assert.Equal("abc", adapter.Description.BaseFingerprint);
        Assert.Contains(
            "matches none of the target_modules",
            Assert
                .Throws<InputException>(() =>
                    PeftAdapter.Write(
                        folder["b"],
                        description,
                        [
                            .. tensors,
                            ("model.layers.1.mlp.down_proj.lora_A.weight", Random(3, 12, 5)),
                            ("model.layers.1.mlp.down_proj.lora_B.weight", Random(8, 3, 6)),
                        ],
                        s_effective))
                .Message);
    }

    [Theory]
    [InlineData("target_modules", "\"all-linear\"")]
    [InlineData("target_modules", "\".*_proj\"")]
    [InlineData("target_modules", "[\"self_attn.q_proj\",\"k_proj\"]")]
    [InlineData("layers_to_transform", "[0, 3]")]
    [InlineData("layers_to_transform", "0")]
    [InlineData("layers_to_transform", "[]")]
    [InlineData("fan_in_fan_out", "true")]
    [InlineData("peft_version", "\"0.18.0\"")]
    [InlineData("megatron_core", "\"megatron.core\"")]
    [InlineData("init_lora_weights", "\"gaussian\"")]
    [InlineData("use_dora", "false")]
    [InlineData("trainable_token_indices", "null")]
    [InlineData("something_new", "null")]
    public void Settings_that_change_nothing_here_are_read(string key, string value)
    {
        using TemporaryFolder folder = new();
        PeftAdapter.Write(folder["adapter"], s_description, Tensors(1), s_effective);
        JsonObject config = Config(folder);
        config[key] = JsonNode.Parse(value);
        File.WriteAllText(folder["adapter/adapter_config.json"], config.ToJsonString());

        using PeftAdapter adapter = PeftAdapter.Read(folder["adapter"]);
        Assert.Equal(2.25f, Assert.Single(adapter.Updates).Scale);
    }

    [Fact]
    public void The_written_settings_are_those_that_PEFT_reads()
    {
        using TemporaryFolder folder = new();
        AdapterDescription description = s_description with
        {
            Layers = [0],
            Excluded = ["k_proj"],
            RankPattern = [KeyValuePair.Create("layers.1.self_attn.q_proj", 4)],
            AlphaPattern = [KeyValuePair.Create("layers.1.self_attn.q_proj", 2.5)],
        };

        PeftAdapter.Write(folder["adapter"], description, Tensors(1), s_effective);

        const string Expected = """
            {
              "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": "models/tiny", "r": 2, "lora_alpha": 4.5,
              "lora_dropout": 0, "target_modules": ["q_proj"], "exclude_modules": ["k_proj"],
              "modules_to_save": ["embed_tokens", "input_layernorm", "lm_head"], "layers_to_transform": [0], "bias": "none",
              "fan_in_fan_out": false, "inference_mode": true, "init_lora_weights": true, "use_rslora": false, "use_dora": false,
              "rank_pattern": { "layers.1.self_attn.q_proj": 4 }, "alpha_pattern": { "layers.1.self_attn.q_proj": 2.5 }
            }
            """;
        Assert.Equal(JsonNode.Parse(Expected)!.ToJsonString(), Config(folder).ToJsonString());
        using PeftAdapter adapter = PeftAdapter.Read(folder["adapter"]);
        Assert.Equal([0], adapter.Description.Layers!);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData("null", null)]
    public void Whether_weights_must_be_tied_is_read_and_null_leaves_it_open(string value, bool? expected)
    {
        using TemporaryFolder folder = new();
        PeftAdapter.Write(folder["adapter"], s_description, Tensors(1), s_effective);
        JsonObject config = Config(folder);
        config["ensure_weight_tying"] = JsonNode.Parse(value);
        File.WriteAllText(folder["adapter/adapter_config.json"], config.ToJsonString());

        Assert.Equal(expected, PeftAdapterConfig.Read(folder["adapter/adapter_config.json"]).EnsureWeightTying);
    }

    [Fact]
    public void A_tied_head_is_written_as_PEFT_expects_it_and_read_as_no_weight_of_its_own()
    {
        using TemporaryFolder folder = new();
        PeftAdapter.Write(folder["tied"], s_description, Tensors(1), s_effective);
        PeftAdapter.Write(folder["untied"], s_description, Tensors(1), s_effective with { TieWordEmbeddings = false });

        using SafetensorsFile tied = SafetensorsFile.Open(folder["tied/adapter_model.safetensors"]),
            untied = SafetensorsFile.Open(folder["untied/adapter_model.safetensors"]);
        using PeftAdapter adapter = PeftAdapter.Read(folder["tied"]);

        Assert.Equal(
            tied.Tensors["base_model.model." + Embedding].ReadFloats(),
            tied.Tensors["base_model.model.lm_head.weight"].ReadFloats());
        Assert.False(untied.Tensors.ContainsKey("base_model.model.lm_head.weight"));
        Assert.Equal(5, adapter.Tensors.Count);
        Assert.Equal(s_description.ModulesToSave, adapter.Description.ModulesToSave);
    }

    [Fact]
    public void An_older_adapter_is_replaced_and_nothing_is_left_beside_it()
    {
        using TemporaryFolder folder = new();
        PeftAdapter.Write(folder["adapter"], s_description, Tensors(1), s_effective);
        (string Name, WeightMatrix Value)[] tensors = Tensors(2);

        PeftAdapter.Write(folder["adapter"], s_description, tensors, s_effective);

        using PeftAdapter adapter = PeftAdapter.Read(folder["adapter"]);
        Assert.Equal(Floats(tensors[0].Value), adapter.Tensors[A].ReadFloats());
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_write_that_fails_leaves_the_older_adapter()
    {
        using TemporaryFolder folder = new();
        PeftAdapter.Write(folder["adapter"], s_description, Tensors(1), s_effective);

        Assert.Throws<InputException>(() => PeftAdapter.Write(folder["adapter"], s_description with { Rank = 3 }, Tensors(2), s_effective));

        using PeftAdapter adapter = PeftAdapter.Read(folder["adapter"]);
        Assert.Equal(2, adapter.Description.Rank);
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_directory_with_other_files_is_not_touched()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["adapter"]);
        File.WriteAllText(folder["adapter/thesis.txt"], "");

        Assert.Contains(
            "no adapter_config.json",
            Assert.Throws<InputException>(() => PeftAdapter.Write(folder["adapter"], s_description, Tensors(1), s_effective)).Message);
        Assert.True(File.Exists(folder["adapter/thesis.txt"]));
    }

    [Theory]
    [InlineData("peft_type", "\"IA3\"")]
    [InlineData("bias", "\"all\"")]
    [InlineData("r", "0")]
    [InlineData("r", "null")]
    [InlineData("lora_alpha", "-1")]
    [InlineData("target_modules", "null")]
    [InlineData("use_dora", "true")]
    [InlineData("use_rslora", "1")]
    [InlineData("task_type", "\"SEQ_CLS\"")]
    [InlineData("alora_invocation_tokens", "[1]")]
    [InlineData("trainable_token_indices", "[1]")]
    [InlineData("layer_replication", "[[0,1]]")]
    [InlineData("layers_pattern", "\"h\"")]
    [InlineData("layers_to_transform", "[-1]")]
    [InlineData("use_bdlora", "true")]
    [InlineData("init_lora_weights", "\"pissa\"")]
    public void An_unsupported_setting_is_named(string key, string value)
    {
        using TemporaryFolder folder = new();
        PeftAdapter.Write(folder["adapter"], s_description, Tensors(1), s_effective);
        JsonObject config = Config(folder);
        config[key] = JsonNode.Parse(value);
        File.WriteAllText(folder["adapter/adapter_config.json"], config.ToJsonString());

        Assert.Contains($"adapter_config.json: {key} is", Assert.Throws<InputException>(() => PeftAdapter.Read(folder["adapter"])).Message);
    }

    [Theory]
    [InlineData("target_modules", "\"(?<=x)q_proj\"", "(?<=x)q_proj in target_modules uses look-around, a back-reference")]
    [InlineData("rank_pattern", "{\"(?=q)q_proj\":2}", "in rank_pattern uses look-around, a back-reference or an atomic group, which")]
    [InlineData("alpha_pattern", "{\"(\":2}", "in alpha_pattern is not a valid regular expression; name the modules instead.")]
    [InlineData("target_modules", "\"(\"", "the expression ( in target_modules")]
    [InlineData("rank_pattern", "{\"q_proj\":4}", "has r 4")]
    [InlineData("rank_pattern", "{\"q_proj\":0}", "from 1 to")]
    [InlineData("layers_to_transform", "[1]", "matches none of the target_modules")]
    [InlineData("exclude_modules", "[\"q_proj\"]", "matches none of the target_modules")]
    public void Settings_that_the_matrices_contradict_are_refused(string key, string value, string says)
    {
        using TemporaryFolder folder = new();
        PeftAdapter.Write(folder["adapter"], s_description, Tensors(1), s_effective);
        JsonObject config = Config(folder);
        config[key] = JsonNode.Parse(value);
        File.WriteAllText(folder["adapter/adapter_config.json"], config.ToJsonString());

        Assert.Contains(says, Assert.Throws<InputException>(() => PeftAdapter.Read(folder["adapter"])).Message);
    }

    // Without backtracking their cost grows with the names, which are short.
    [Theory]
    [InlineData("(((a{1000}){1000}){1000}){1000}", 1)]
    [InlineData("(a|a|.*)*(.*.*.*.*.*)*x", 1)]
    [InlineData("(", 4000)]
    [InlineData("(.*q_proj.*){2,900}", 1)]
    [InlineData("a?", 9000)]
    public void A_hostile_expression_ends_in_one_sentence(string part, int times)
    {
        using TemporaryFolder folder = new();
        PeftAdapter.Write(folder["adapter"], s_description, Tensors(1), s_effective);
        JsonObject config = Config(folder);
        config["target_modules"] = string.Concat(Enumerable.Repeat(part, times)) + (part == "(" ? new string(')', times) : "");
        File.WriteAllText(folder["adapter/adapter_config.json"], config.ToJsonString());

        Assert.NotNull(Assert.Throws<InputException>(() => PeftAdapter.Read(folder["adapter"])).Message);
    }

    [Theory]
    [InlineData(A, "is missing")] // its twin stays
    [InlineData(Embedding, "the weight of embed_tokens")]
    public void An_incomplete_adapter_is_refused(string without, string says)
    {
        using TemporaryFolder folder = new();

        Assert.Contains(
            says,
            Assert
                .Throws<InputException>(() =>
                    PeftAdapter.Write(folder["adapter"], s_description, [.. Tensors(1).Where(t => t.Name != without)], s_effective))
                .Message);
    }

    [Theory]
    [InlineData("model.layers.0.self_attn.k_proj.lora_A.weight", "matches none of the target_modules")]
    [InlineData("model.layers.0.self_attn.q_proj.lora_magnitude_vector", "not supported")]
    public void A_tensor_that_the_description_does_not_cover_is_refused(string extra, string says)
    {
        using TemporaryFolder folder = new();

        Assert.Contains(
            says,
            Assert
                .Throws<InputException>(() =>
                    PeftAdapter.Write(
                        folder["adapter"],
                        s_description,
                        [.. Tensors(1), (extra, new RowsMatrix(Rows.Allocate(2, 8)))],
                        s_effective))
                .Message);
    }

    [SharedTheory("models/tiny")]
    [Trait("Category", "Golden")]
    [InlineData("logo_adapter")]
    [InlineData("logo_yarn_adapter")]
    public void An_adapter_of_another_writer_is_read(string name)
    {
        using PeftAdapter adapter = PeftAdapter.Read(SharedMaterial.PathOf($"models/tiny/{name}"));

        Assert.Equal((32, 16.0), (adapter.Description.Rank, adapter.Description.Alpha));
        Assert.Equal([192, 32], adapter.Tensors[B].Shape);
        Assert.Equal([2048, 192], adapter.Tensors[Embedding].Shape);
        Assert.Equal(4 * 4 * 2 + 1, adapter.Tensors.Count);
        Assert.Null(adapter.Effective);
    }

    [Fact]
    public void A_relative_base_model_is_searched_beside_the_adapter_and_then_in_the_working_folder()
    {
        using TemporaryFolder folder = new();
        string here = Path.GetFileName(Directory.GetFiles(Directory.GetCurrentDirectory())[0]);
        string Named(string? name)
        {
            PeftAdapter.Write(folder["adapter"], s_description with { BaseModelName = name }, Tensors(1), s_effective);
            return PeftAdapter.BaseModelOf(folder["adapter"]);
        }
        Directory.CreateDirectory(folder["base"]);

        Assert.Equal(folder["base"], Named("../base"));
        Assert.Equal(Path.GetFullPath(here), Named(here));
        Assert.Equal("owner/name", Named("owner/name"));
        Assert.Contains("names no base model", Assert.Throws<InputException>(() => Named(null)).Message, StringComparison.Ordinal);
    }

    static JsonObject Config(TemporaryFolder folder) => JsonNode.Parse(File.ReadAllText(folder["adapter/adapter_config.json"]))!.AsObject();

    static (string Name, WeightMatrix Value)[] Tensors(int seed) =>
        [(A, Random(2, 8, seed)), (B, Random(16, 2, seed + 1)), (Embedding, Random(20, 8, seed + 2)), (Norm, Random(1, 8, seed + 3))];

    static RowsMatrix Random(int count, int width, int seed)
    {
        Rows rows = Rows.Allocate(count, width);
        TestData.Normal(count * width, seed).CopyTo(rows.Span);
        return new(rows);
    }

    static float[] Floats(WeightMatrix matrix)
    {
        float[] values = new float[matrix.RowCount * matrix.ColumnCount];
        for (int row = 0; row < matrix.RowCount; row++)
        {
            matrix.Read(row, 0, values.AsSpan(row * matrix.ColumnCount, matrix.ColumnCount));
        }
        return values;
    }
}
