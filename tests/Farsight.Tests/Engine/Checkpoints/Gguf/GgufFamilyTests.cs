using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Kernels;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;
using Farsight.Tests.Golden;

namespace Farsight.Tests.Engine.Checkpoints.Gguf;

/// <summary>Reading of the architectures that differ from Llama.</summary>
public sealed class GgufFamilyTests
{
    static readonly ModelConfig s_plain = TinyModelFiles.Config with
    {
        ModelType = "llama",
        HiddenSize = 64,
        IntermediateSize = 96,
        NumHiddenLayers = 4,
        HeadDim = 16,
        AttentionBias = false,
        TieWordEmbeddings = false,
    };

    static readonly ModelConfig s_gemma = s_plain with
    {
        TieWordEmbeddings = true,
        NormPlacement = NormPlacement.Both,
        NormsAddOne = true,
        Activation = GateActivation.GeluTanh,
        EmbeddingScale = 8,
        AttentionScale = 0.25f,
        SlidingWindow = 4,
    };

    static readonly MixtureOfExperts s_experts = new(4, 2, 96, NormalizesWeights: true, new("block_sparse_moe", "w1", "w3", "w2"), []);

    public static TheoryData<string> Families =>
        ["gemma2", "gemma3_text", "gemma3 plain", "granite", "olmo2", "phi3", "phi3 plain", "smollm3", "mixtral", "qwen3_moe"];

    static ModelConfig Config(string family) => family switch
    {
        "gemma2" => s_gemma with
        {
            ModelType = family,
            WindowedLayers = [true, false, true, false],
            AttentionSoftcap = 20,
            LogitSoftcap = 5,
        },
        "gemma3_text" => s_gemma with
        {
            ModelType = family,
            QueryKeyNorm = true,
            WindowedLayers = [true, true, true, false],
            WindowedRopeTheta = 1000,
            RopeScaling = new RopeScaling.Linear(8),
            TieWordEmbeddings = false,
        },
        "gemma3 plain" => s_gemma with
        {
            ModelType = "gemma3_text",
            QueryKeyNorm = true,
            SlidingWindow = null,
            WindowedRopeTheta = 1000,
        },
        "granite" => s_plain with
        {
            ModelType = family,
            EmbeddingScale = 3,
            AttentionScale = 0.3f,
            ResidualScale = 0.4f,
            LogitScale = 0.5f,
            AttentionBias = true,
            OutputBias = true,
            MlpBias = true,
        },
        "olmo2" => s_plain with
        {
            ModelType = family,
            NormPlacement = NormPlacement.After,
            QueryKeyNorm = true,
            NormsWholeProjection = true,
        },
        "phi3" => s_plain with
        {
            ModelType = family,
            FusedProjections = true,
            RotaryDim = 8,
            RopeScaling = new RopeScaling.LongRope(2, 32, (double[])[1, 1.25, 1.5, 2], (double[])[1, 2, 4, 8]),
        },
        "phi3 plain" => s_plain with { ModelType = "phi3", FusedProjections = true },
        "smollm3" => s_plain with { ModelType = family, UnrotatedLayers = [false, false, false, true], TieWordEmbeddings = true },
        "mixtral" => s_plain with { ModelType = family, Experts = s_experts },
        _ => s_plain with
        {
            ModelType = family,
            QueryKeyNorm = true,
            Experts = s_experts with { IntermediateSize = 32, Names = new("mlp", "gate_proj", "up_proj", "down_proj") },
        },
    };

    [Theory, MemberData(nameof(Families))]
    public void A_family_is_read_as_it_was_written(string family)
    {
        using TemporaryFolder folder = new();
        ModelConfig config = Config(family);
        TensorToWrite[] weights = [.. TinyModelFiles.Weights(config).Select(w => w with { Format = NumberFormat.F32 })];
        Directory.CreateDirectory(folder["hf"]);
        TinyModelFiles.Write(folder["hf"], config, weights);

        GgufModelWriter.Write(folder["m.gguf"], "tiny", config, weights, null, NumberFormat.F32);
        using GgufWeights read = GgufWeights.Open(folder["m.gguf"]);

        Assert.Equal(FamilyFilesTests.Text(config), FamilyFilesTests.Text(read.Config));
        HuggingFaceConfig.Write(folder["config.json"], read.Config, NumberFormat.F32);
        Assert.Equal(FamilyFilesTests.Text(config), FamilyFilesTests.Text(HuggingFaceConfig.Read(folder["config.json"])));
        foreach (TensorToWrite weight in weights)
        {
            // 1 + w is rounded where w is small or negative.
            bool isExact = !config.NormsAddOne || weight.Shape.Count == 2;
            Near.Each([.. Values(weight).Select(v => (double)v)], Values(read, weight), relative: 0, absolute: isExact ? 0 : 1e-6);
        }
        if (!config.NormsAddOne)
        {
            TensorToWrite[] again = [.. ParameterShapes.Of(read.Config).Select(p => FamilyFilesTests.Weight(read, p))];
            GgufModelWriter.Write(folder["again.gguf"], "tiny", read.Config, again, null, NumberFormat.F32);
            Assert.Equal(File.ReadAllBytes(folder["m.gguf"]), File.ReadAllBytes(folder["again.gguf"]));
        }
        int[] tokens = [.. Enumerable.Range(0, 40).Select(i => 1 + i * 7 % 19)];
        using DecoderModel original = ModelLoader.Load(folder["hf"]), model = ModelLoader.Load(folder["m.gguf"]);
        Near.RelativeToLargest(
            [.. FamilyFilesTests.Logits(original, tokens).Select(v => (double)v)],
            FamilyFilesTests.Logits(model, tokens),
            relative: config.NormsAddOne ? 1e-5 : 0,
            family);
    }

    [Fact]
    public void Experts_keep_their_stored_form()
    {
        using TemporaryFolder folder = new();
        ModelConfig config = Config("mixtral");
        TensorToWrite[] weights = TinyModelFiles.Weights(config);

        GgufModelWriter.Write(folder["m.gguf"], "tiny", config, weights, null, NumberFormat.Q8_0);
        using GgufWeights read = GgufWeights.Open(folder["m.gguf"]);

        foreach (TensorToWrite weight in weights.Where(w => w.Name.Contains(".experts.", StringComparison.Ordinal)))
        {
            float[] values = Values(weight);
            byte[] stored = new byte[NumberFormat.Q8_0.BytesOf(values.Length)];
            Narrow.FromFloat(NumberFormat.Q8_0, values, stored);
            Widen.ToFloat(NumberFormat.Q8_0, stored, values);
            Assert.Equal(values, Values(read, weight));
            WeightMatrix matrix = read.Matrix(weight.Name, weight.Shape[0], weight.Shape[1]);
            Assert.Equal(stored.AsSpan()[^(int)NumberFormat.Q8_0.BytesOf(matrix.ColumnCount)..], matrix.Stored(matrix.RowCount - 1).Bytes);
            Assert.Equal(stored.Length, read.StoredBytes(weight.Name));
        }
    }

    [Theory]
    [InlineData("mixtral", NumberFormat.Q4_0)]
    [InlineData("qwen3_moe", NumberFormat.Q8_0)]
    [InlineData("qwen3_moe", NumberFormat.BF16)]
    public void The_router_is_not_rounded(string family, NumberFormat format)
    {
        using TemporaryFolder folder = new();
        ModelConfig config = Config(family);
        TensorToWrite[] weights = TinyModelFiles.Weights(config);

        GgufModelWriter.Write(folder["m.gguf"], "tiny", config, weights, null, format);

        using GgufWeights read = GgufWeights.Open(folder["m.gguf"]);
        using GgufFile file = GgufFile.Open(folder["m.gguf"]);
        Assert.Equal(NumberFormat.F32, file.Tensors["blk.0.ffn_gate_inp.weight"].Format);
        TensorToWrite router = weights.Single(w => w.Name == LayerNames.Of(config, 0).Router + ".weight");
        Assert.Equal(Values(router), Values(read, router));
    }

    [Fact]
    public void What_llama_cpp_computes_otherwise_is_reported()
    {
        ModelConfig gemma = Config("gemma3_text") with
        {
            NumHiddenLayers = 6,
            WindowedLayers = [true, true, true, true, true, false],
            WindowedRopeTheta = 10_000,
        };

        Assert.Contains("With a context above 32 tokens", Assert.Single(GgufModelWriter.Notices(Config("phi3"))));
        Assert.Empty(GgufModelWriter.Notices(Config("phi3 plain")));
        Assert.Empty(GgufModelWriter.Notices(gemma));
        ModelConfig[] others =
        [
            Config("gemma3_text"),
            gemma with { WindowedRopeTheta = 20_000 },
            gemma with { SlidingWindow = null, WindowedLayers = [] },
            gemma with { WindowedLayers = [true, true, false, true, true, false] },
        ];
        Assert.All(others, o => Assert.Contains("llama.cpp of 2026", Assert.Single(GgufModelWriter.Notices(o))));
    }

    [Fact]
    public void A_number_of_experts_that_the_tensors_do_not_have_is_refused()
    {
        using TemporaryFolder folder = new();
        ModelConfig config = Config("mixtral");
        TensorToWrite[] weights = TinyModelFiles.Weights(config);

        GgufModelWriter.Write(
            folder["m.gguf"], "tiny", config with { Experts = s_experts with { Count = 5 } }, weights, null, NumberFormat.F32);

        Assert.Contains(
            "blk.0.ffn_down_exps.weight is [4, 64, 96], but the keys imply [5, 64, 96]",
            Assert.Throws<InputException>(() => GgufWeights.Open(folder["m.gguf"])).Message);
    }

    [Fact]
    public void The_query_scale_of_a_Gemma_is_that_of_its_size()
    {
        foreach ((string family, int layers) in ((string, int)[])[("gemma2", 46), ("gemma3_text", 62)])
        {
            using TemporaryFolder folder = new();
            ModelConfig config = Config(family) with
            {
                HiddenSize = 32,
                NumHiddenLayers = layers,
                WindowedLayers = [.. Enumerable.Range(0, layers).Select(l => family == "gemma2" ? l % 2 == 0 : l % 6 < 5)],
            };
            GgufModelWriter.Write(folder["m.gguf"], "tiny", config, TinyModelFiles.Weights(config), null, NumberFormat.F32);

            using GgufWeights read = GgufWeights.Open(folder["m.gguf"]);

            Assert.Equal(1 / MathF.Sqrt(32 / 4), read.Config.AttentionScale!.Value, 1e-7f);
        }
    }

    public static TheoryData<string, string, object> Rejected => new()
    {
        { "granite", "expert_count", 4u },
        { "granite", "rope.scaling.finetuned", false },
        { "granite", "attention.sliding_window", 16u },
        { "olmo2", "attention.sliding_window", 16u },
        { "olmo2", "rope.scaling.attn_factor", 1.5f },
        { "mixtral", "expert_gating_func", 2u },
        { "qwen3_moe", "expert_weights_norm", false },
        { "qwen3_moe", "expert_weights_scale", 2f },
        { "gemma2", "rope.freq_base_swa", 1000f },
        { "gemma3 plain", "rope.scaling.type", "longrope" },
        { "phi3", "rope.scaling.type", "yarn" },
        { "phi3", "rope.scaling.factor", 4f },
    };

    [Theory, MemberData(nameof(Rejected))]
    public void A_key_that_asks_for_another_model_is_named(string family, string key, object value)
    {
        using TemporaryFolder folder = new();
        ModelConfig config = Config(family);
        GgufMetadataWriter keys = new();
        GgufModelConfig.Write(keys, "tiny", config, NumberFormat.F32);
        string name = $"{GgufArchitecture.Of(config)}.{key}";
        switch (value)
        {
            case uint number:
                keys.Add(name, number);
                break;
            case float number:
                keys.Add(name, number);
                break;
            case bool flag:
                keys.Add(name, flag);
                break;
            default:
                keys.Add(name, (string)value);
                break;
        }
        GgufWriter.Write(
            folder["m.gguf"],
            keys,
            [
                new(TensorToWrite.From(GgufNames.Embeddings, NumberFormat.F32, new float[20 * 64], 20, 64)),
                new(TensorToWrite.From(GgufNames.LongFactors, NumberFormat.F32, [1, 1, 1, 1], 4)),
                new(TensorToWrite.From(GgufNames.ShortFactors, NumberFormat.F32, [1, 1, 1, 1], 4)),
            ]);

        Assert.Contains($"{name} is invalid", Assert.Throws<InputException>(() => GgufWeights.Open(folder["m.gguf"])).Message);
    }

    [Fact]
    public void A_tensor_that_llama_cpp_does_not_read_is_named()
    {
        using TemporaryFolder folder = new();
        ModelConfig config = Config("smollm3");
        TensorToWrite bias = TensorToWrite.From("model.layers.0.self_attn.q_proj.bias", NumberFormat.F32, new float[64], 64);
        GgufModelWriter.Write(folder["m.gguf"], "tiny", config, [.. TinyModelFiles.Weights(config), bias], null, NumberFormat.F32);

        Assert.Contains(
            "blk.0.attn_q.bias is not part of a smollm3",
            Assert.Throws<InputException>(() => GgufWeights.Open(folder["m.gguf"])).Message);
    }

    [Fact]
    public void A_Phi3_with_a_window_keeps_it()
    {
        using TemporaryFolder folder = new();
        ModelConfig config = Config("phi3 plain");
        GgufMetadataWriter keys = new();
        keys.Add("phi3.attention.sliding_window", 16u);
        GgufWriter.Write(folder["k"], keys, [new(TensorToWrite.From("t", NumberFormat.F32, [1], 1))]);
        using GgufFile file = GgufFile.Open(folder["k"]);

        Assert.Equal(16, GgufDifferences.Read(file.Metadata, "phi3", config).SlidingWindow);
        Assert.Null(GgufDifferences.Read(file.Metadata, "phi3", config with { MaxPositionEmbeddings = 16 }).SlidingWindow);
    }

    // Facts of llama.cpp's source, without any key in the file.
    [Fact]
    public void Gemma_without_keys_has_the_values_of_llama_cpp()
    {
        using TemporaryFolder folder = new();
        GgufMetadataWriter keys = new();
        keys.Add("gemma3.attention.sliding_window", 512u);
        GgufWriter.Write(folder["k"], keys, [new(TensorToWrite.From("t", NumberFormat.F32, [1], 1))]);
        using GgufFile file = GgufFile.Open(folder["k"]);
        ModelConfig plain = s_plain with { NumHiddenLayers = 7 };

        ModelConfig two = GgufDifferences.Read(file.Metadata, "gemma2", plain);
        ModelConfig three = GgufDifferences.Read(file.Metadata, "gemma3", plain);

        Assert.Equal((4096, 50f, 30f, 0.25f), (two.SlidingWindow, two.AttentionSoftcap, two.LogitSoftcap, two.AttentionScale));
        Assert.Equal([true, false, true, false, true, false, true], two.WindowedLayers);
        Assert.Equal([true, true, true, true, true, false, true], three.WindowedLayers);
        Assert.Equal((512, 10_000d), (three.SlidingWindow, three.WindowedRopeTheta));
        Assert.Null(three.LogitSoftcap);
        Assert.Contains(
            "gemma3.rope.scaling.type is invalid",
            Assert.Throws<InputException>(() => GgufDifferences.Read(
                file.Metadata, "gemma3", plain with { RopeScaling = new RopeScaling.Yarn(4, 32) })).Message);
    }

    static float[] Values(TensorToWrite tensor)
    {
        float[] values = new float[tensor.Count];
        tensor.Values(0, values);
        return values;
    }

    static float[] Values(GgufWeights file, TensorToWrite weight)
    {
        if (weight.Shape.Count == 1)
        {
            return file.Vector(weight.Name, weight.Shape[0]).Span.ToArray();
        }
        WeightMatrix matrix = file.Matrix(weight.Name, weight.Shape[0], weight.Shape[1]);
        float[] values = new float[weight.Count];
        for (int row = 0; row < matrix.RowCount; row++)
        {
            matrix.Read(row, 0, values.AsSpan(row * matrix.ColumnCount, matrix.ColumnCount));
        }
        return values;
    }
}
