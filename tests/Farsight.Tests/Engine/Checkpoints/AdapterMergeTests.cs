using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;

namespace Farsight.Tests.Engine.Checkpoints;

public sealed class AdapterMergeTests
{
    static readonly int[] s_tokens = [1, 7, 3, 9, 4, 11, 2, 8, 15, 6];

    [Theory]
    [InlineData(true, "f32"), InlineData(false, "f32"), InlineData(true, "bf16"), InlineData(false, "bf16")]
    public void A_merged_model_has_the_logits_of_base_and_adapter(bool tied, string type)
    {
        using TemporaryFolder folder = new();
        NumberFormat format = type == "f32" ? NumberFormat.F32 : NumberFormat.BF16;
        ModelConfig config = WriteBase(folder, tied);
        WriteAdapter(folder, config, ownHead: false);

        MergedModel merged = new AdapterMerge(folder["base"], folder["adapter"], folder["merged"], format, ShardBytes: 3000).Write();

        Assert.True(merged.Weights.Files.Count > 1);
        Assert.Equal((14, 3, tied), (merged.UpdatedLayers, merged.ReplacedModules, merged.Config.TieWordEmbeddings));
        Near.Each(
            LogProbs(folder["base"], folder["adapter"]),
            Floats(LogProbs(folder["merged"], null)),
            relative: 0,
            absolute: format == NumberFormat.F32 ? 2e-5 : 0.05);
        Assert.NotEqual(Floats(LogProbs(folder["base"], null)), Floats(LogProbs(folder["merged"], null)));
        Assert.Equal("{}", File.ReadAllText(folder["merged/tokenizer.json"]));
        Assert.Equal("x", File.ReadAllText(folder["merged/chat_template.jinja"]));
        Assert.Equal("y", File.ReadAllText(folder["merged/additional_chat_templates/tool_use.jinja"]));
        JsonObject json = JsonNode.Parse(File.ReadAllText(folder["merged/config.json"]))!.AsObject();
        Assert.Equal(
            (19, "yarn", 256),
            ((int)json["pad_token_id"]!, (string)json["rope_scaling"]!["rope_type"]!, (int)json["max_position_embeddings"]!));
        Assert.Equal(type == "f32" ? "float32" : "bfloat16", (string?)json["torch_dtype"]);
    }

    [Fact]
    public void A_head_of_its_own_takes_a_tied_model_apart()
    {
        using TemporaryFolder folder = new();
        WriteAdapter(folder, WriteBase(folder, tied: true), ownHead: true);

        MergedModel merged = new AdapterMerge(folder["base"], folder["adapter"], folder["merged"], NumberFormat.F32).Write();

        Assert.False(merged.Config.TieWordEmbeddings);
        using ModelDirectory model = ModelDirectory.Open(folder["merged"]);
        Assert.False(model.Config.TieWordEmbeddings);
        Assert.NotEqual(model.Weight("lm_head.weight").ReadFloats(), model.Weight("model.embed_tokens.weight").ReadFloats());
        Near.Each(LogProbs(folder["base"], folder["adapter"]), Floats(LogProbs(folder["merged"], null)), relative: 0, absolute: 2e-5);
    }

    [Fact]
    public void A_head_that_PEFT_did_not_tie_stays_at_the_bases_embedding()
    {
        using TemporaryFolder folder = new();
        WriteAdapter(folder, WriteBase(folder, tied: true), ownHead: false);
        string weights = folder["adapter/adapter_model.safetensors"];
        using (SafetensorsFile file = SafetensorsFile.Open(weights))
        {
            TensorToWrite[] tensors =
            [
                .. file
                    .Tensors.Values.Where(t => !t.Name.Contains("lm_head", StringComparison.Ordinal))
                    .Select(t => TensorToWrite.From(t.Name, NumberFormat.F32, t.ReadFloats(), [.. t.Shape])),
            ];
            SafetensorsWriter.Write(weights, tensors);
        }
        JsonObject json = JsonNode.Parse(File.ReadAllText(folder["adapter/adapter_config.json"]))!.AsObject();
        json["modules_to_save"] = new JsonArray("embed_tokens", "input_layernorm", "norm");
        File.WriteAllText(folder["adapter/adapter_config.json"], json.ToJsonString());
        double[] tied = LogProbs(folder["base"], folder["adapter"]);
        json["ensure_weight_tying"] = false;
        File.WriteAllText(folder["adapter/adapter_config.json"], json.ToJsonString());

        MergedModel merged = new AdapterMerge(folder["base"], folder["adapter"], folder["merged"], NumberFormat.F32).Write();

        double[] parted = LogProbs(folder["base"], folder["adapter"]);
        Assert.NotEqual(tied, parted);
        Near.Each(parted, Floats(LogProbs(folder["merged"], null)), relative: 0, absolute: 2e-5);
        using ModelDirectory model = ModelDirectory.Open(folder["merged"]), before = ModelDirectory.Open(folder["base"]);
        Assert.Equal(before.Weight("model.embed_tokens.weight").ReadFloats(), model.Weight("lm_head.weight").ReadFloats());
        Assert.Equal(3, merged.ReplacedModules);
    }

    [Fact]
    public void An_adapter_of_another_model_is_refused_and_nothing_is_written()
    {
        using TemporaryFolder folder = new();
        ModelConfig config = WriteBase(folder, tied: true);
        WriteAdapter(folder, config, ownHead: false);

        Refused(folder, "trained on other weights", () => WriteBase(folder, tied: true, seed: 2));
        Refused(folder, "resized vocabulary", () => WriteBase(folder, tied: true, config with { VocabSize = 24 }), forgetBase: true);
        Refused(folder, "matches no weight of", () => WriteBase(folder, tied: true, config with { NumHiddenLayers = 1 }), forgetBase: true);
        Refused(
            folder,
            "is missing; the adapter belongs to another model",
            () => WriteBase(folder, tied: true, config with { NumHiddenLayers = 3 }),
            forgetBase: true);
        Refused(
            folder,
            "the adapter belongs to another model",
            () => WriteBase(folder, tied: true, config with { IntermediateSize = 16 }),
            forgetBase: true);
    }

    [Fact]
    public void What_is_merged_is_never_replaced()
    {
        using TemporaryFolder folder = new();
        WriteAdapter(folder, WriteBase(folder, tied: true), ownHead: false);

        Assert.Contains(
            "would be replaced",
            Assert
                .Throws<InputException>(() =>
                    new AdapterMerge(folder["base"], folder["adapter"], folder["base"] + "/", NumberFormat.F32).Write())
                .Message);
        Assert.Contains(
            "would be replaced",
            Assert
                .Throws<InputException>(() =>
                    new AdapterMerge(folder["base"], folder["adapter"], folder["adapter"], NumberFormat.F32).Write())
                .Message);
    }

    [Fact]
    public void A_cancelled_merge_leaves_nothing()
    {
        using TemporaryFolder folder = new();
        WriteAdapter(folder, WriteBase(folder, tied: true), ownHead: false);
        using CancellationTokenSource source = new();

        Assert.Throws<OperationCanceledException>(() =>
            new AdapterMerge(folder["base"], folder["adapter"], folder["merged"], NumberFormat.F32).Write(
                (_, _) => source.Cancel(),
                source.Token));

        Assert.Equal(2, Directory.GetFileSystemEntries(folder.Path).Length);
    }

    [Fact]
    public async Task The_command_says_what_it_wrote()
    {
        using TemporaryFolder folder = new();
        WriteAdapter(folder, WriteBase(folder, tied: true), ownHead: false);

        (int code, string output, string error) = await CommandLine.Run(
            "merge",
            "--model",
            folder["base"],
            "--adapter",
            folder["adapter"],
            "--out",
            folder["merged"],
            "--type",
            "f32",
            "--shard-size",
            "3KB",
            "--json");

        Assert.Equal((0, ""), (code, code == 0 ? "" : error));
        JsonNode json = JsonNode.Parse(output)!;
        Assert.Equal(
            ("F32", 14, "Yarn", true),
            ((string)json["type"]!, (int)json["updated_layers"]!, (string)json["rope"]!, (bool)json["tied"]!));
        Assert.All(json["files"]!.AsArray(), f => Assert.True(File.Exists(folder[$"merged/{f}"])));
        (code, _, error) = await CommandLine.Run(
            "merge",
            "--model",
            folder["base"],
            "--adapter",
            folder["adapter"],
            "--out",
            folder["merged"],
            "--shard-size",
            "much");
        Assert.Equal(2, code);
        Assert.Contains("--shard-size: 'much' is not a size", error);
    }

    static void Refused(TemporaryFolder folder, string says, Action change, bool forgetBase = false)
    {
        change();
        if (forgetBase)
        {
            string weights = folder["adapter/adapter_model.safetensors"];
            using SafetensorsFile file = SafetensorsFile.Open(weights);
            TensorToWrite[] tensors =
            [
                .. file.Tensors.Values.Select(t => TensorToWrite.From(t.Name, NumberFormat.F32, t.ReadFloats(), [.. t.Shape])),
            ];
            SafetensorsWriter.Write(weights, tensors);
        }
        using DecoderModel model = ModelLoader.Load(folder["base"]);
        Assert.Contains(
            says,
            Assert
                .Throws<InputException>(() =>
                    new AdapterMerge(folder["base"], folder["adapter"], folder["merged"], NumberFormat.F32).Write())
                .Message);
        Assert.NotNull(Assert.Throws<InputException>(() => ModelLoader.LoadAdapter(model, folder["adapter"])).Message);
        Assert.False(Directory.Exists(folder["merged"]));
    }

    static ModelConfig WriteBase(TemporaryFolder folder, bool tied, ModelConfig? other = null, int seed = 0)
    {
        ModelConfig config = (other ?? TinyModelFiles.Config) with { TieWordEmbeddings = tied };
        Directory.CreateDirectory(folder["base"]);
        TensorToWrite[] weights =
        [
            .. ParameterShapes
                .Of(config)
                .Select(
                    (p, i) =>
                        TensorToWrite.From(
                            p.Name,
                            NumberFormat.F32,
                            [.. TestData.Normal(p.Shape.Aggregate(1, (a, b) => a * b), i + 100 * seed).Select(v => 0.5f * v)],
                            [.. p.Shape])),
        ];
        TinyModelFiles.Write(folder["base"], config, weights);
        JsonObject json = JsonNode.Parse(File.ReadAllText(folder["base/config.json"]))!.AsObject();
        json["pad_token_id"] = 19;
        json["_name_or_path"] = "elsewhere";
        File.WriteAllText(folder["base/config.json"], json.ToJsonString());
        File.WriteAllText(folder["base/tokenizer.json"], "{}");
        File.WriteAllText(folder["base/chat_template.jinja"], "x");
        Directory.CreateDirectory(folder["base/additional_chat_templates"]);
        File.WriteAllText(folder["base/additional_chat_templates/tool_use.jinja"], "y");
        return config;
    }

    /// <summary>Every layer with a rank of its own by name, embeddings and two norms whole, trained under YaRN.</summary>
    static void WriteAdapter(TemporaryFolder folder, ModelConfig config, bool ownHead)
    {
        List<(string, WeightMatrix)> tensors = [];
        foreach (ParameterShape p in ParameterShapes.Of(config).Where(p => p.Name.Contains("_proj.weight", StringComparison.Ordinal)))
        {
            int rank = p.Name.Contains("down_proj", StringComparison.Ordinal) ? 3 : 2;
            string module = p.Name[..^".weight".Length];
            tensors.Add(($"{module}.lora_A.weight", Random(rank, p.Shape[1], tensors.Count)));
            tensors.Add(($"{module}.lora_B.weight", Random(p.Shape[0], rank, tensors.Count)));
        }
        tensors.Add(("model.embed_tokens.weight", Random(config.VocabSize, config.HiddenSize, 50)));
        tensors.Add(("model.layers.1.input_layernorm.weight", Random(1, config.HiddenSize, 51)));
        tensors.Add(("model.norm.weight", Random(1, config.HiddenSize, 52)));
        List<string> modules = ["embed_tokens", "input_layernorm", "norm"];
        if (ownHead)
        {
            tensors.Add(("lm_head.weight", Random(config.VocabSize, config.HiddenSize, 53)));
            modules.Add("lm_head");
        }
        using ModelDirectory model = ModelDirectory.Open(folder["base"]);
        AdapterDescription description = new(2, 3, [], modules, "base")
        {
            TargetPattern = "all-linear",
            RankPattern = [KeyValuePair.Create("down_proj", 3)],
            BaseFingerprint = model.Fingerprint(),
        };
        PeftAdapter.Write(
            folder["adapter"],
            description,
            tensors,
            config with
            {
                RopeScaling = new RopeScaling.Yarn(4, 64),
                MaxPositionEmbeddings = 256,
            });
    }

    static double[] LogProbs(string directory, string? adapter)
    {
        using DecoderModel model = ModelLoader.Load(directory, adapter is null ? null : new RopeScaling.Yarn(4, 64));
        if (adapter is not null)
        {
            ModelLoader.LoadAdapter(model, adapter);
        }
        using TreePass pass = model.Evaluate(TokenTree.Sequence(s_tokens));
        Rows logits = Rows.Allocate(1, model.Config.VocabSize);
        pass.Logits(s_tokens.Length - 2, logits);
        return [.. pass.LogProbs.Select(v => (double)v), .. logits.Span.ToArray().Select(v => (double)v)];
    }

    static float[] Floats(double[] values) => Array.ConvertAll(values, v => (float)v);

    static RowsMatrix Random(int count, int width, int seed)
    {
        Rows rows = Rows.Allocate(count, width);
        TestData.Normal(count * width, seed + 1000).Select(v => 0.4f * v).ToArray().CopyTo(rows.Span);
        return new(rows);
    }
}
