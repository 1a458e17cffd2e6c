using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Tests.Engine.Checkpoints;

public sealed class PeftAdapterTests
{
    const string A = "model.layers.0.self_attn.q_proj.lora_A.weight", B = "model.layers.0.self_attn.q_proj.lora_B.weight";
    const string Embedding = "model.embed_tokens.weight", Norm = "model.layers.1.input_layernorm.weight";

    static readonly AdapterDescription s_description = new(2, 4.5, ["q_proj"], ["embed_tokens", "input_layernorm"], "models/tiny");
    static readonly ModelConfig s_effective = TinyModelFiles.Config with { RopeScaling = new RopeScaling.Yarn(8, 64), MaxPositionEmbeddings = 512 };

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
        Assert.Equal(s_description.ToString(), (adapter.Description with { Targets = s_description.Targets, ModulesToSave = s_description.ModulesToSave }).ToString());
        Assert.Equal(s_description.Targets, adapter.Description.Targets);
        Assert.Equal(s_description.ModulesToSave, adapter.Description.ModulesToSave);
        Assert.Equal(s_effective.RopeScaling, adapter.Effective!.RopeScaling);
        Assert.True((bool)Config(folder)["ensure_weight_tying"]!);
    }

    [Fact]
    public void A_tied_head_is_written_as_PEFT_expects_it_and_read_as_no_weight_of_its_own()
    {
        using TemporaryFolder folder = new();
        PeftAdapter.Write(folder["tied"], s_description, Tensors(1), s_effective);
        PeftAdapter.Write(folder["untied"], s_description, Tensors(1), s_effective with { TieWordEmbeddings = false });

        using SafetensorsFile tied = SafetensorsFile.Open(folder["tied/adapter_model.safetensors"]), untied = SafetensorsFile.Open(folder["untied/adapter_model.safetensors"]);
        using PeftAdapter adapter = PeftAdapter.Read(folder["tied"]);

        Assert.Equal(tied.Tensors["base_model.model." + Embedding].ReadFloats(), tied.Tensors["base_model.model.lm_head.weight"].ReadFloats());
        Assert.False(untied.Tensors.ContainsKey("base_model.model.lm_head.weight"));
        Assert.Equal(4, adapter.Tensors.Count);
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

        Assert.Contains("no adapter_config.json", Assert.Throws<InputException>(() => PeftAdapter.Write(folder["adapter"], s_description, Tensors(1), s_effective)).Message);
        Assert.True(File.Exists(folder["adapter/thesis.txt"]));
    }

    [Theory]
    [InlineData("peft_type", "\"IA3\"")]
    [InlineData("bias", "\"all\"")]
    [InlineData("r", "0")]
    [InlineData("r", "null")]
    [InlineData("lora_alpha", "-1")]
    [InlineData("target_modules", "\"all-linear\"")]
    [InlineData("use_rslora", "true")]
    [InlineData("use_dora", "true")]
    [InlineData("rank_pattern", "{\"q_proj\":4}")]
    [InlineData("alpha_pattern", "{\"q_proj\":4}")]
    [InlineData("layers_to_transform", "[0]")]
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
    [InlineData(A, "is missing")] // its twin stays
    [InlineData(Embedding, "the weight of embed_tokens")]
    public void An_incomplete_adapter_is_refused(string without, string says)
    {
        using TemporaryFolder folder = new();

        Assert.Contains(says, Assert.Throws<InputException>(() => PeftAdapter.Write(folder["adapter"], s_description, [.. Tensors(1).Where(t => t.Name != without)], s_effective)).Message);
    }

    [Theory]
    [InlineData("model.layers.0.self_attn.k_proj.lora_A.weight", "not of the target_modules")]
    [InlineData("model.layers.0.self_attn.q_proj.lora_magnitude_vector", "not supported")]
    public void A_tensor_that_the_description_does_not_cover_is_refused(string extra, string says)
    {
        using TemporaryFolder folder = new();

        Assert.Contains(says, Assert.Throws<InputException>(() => PeftAdapter.Write(folder["adapter"], s_description, [.. Tensors(1), (extra, new RowsMatrix(Rows.Allocate(2, 8)))], s_effective)).Message);
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
