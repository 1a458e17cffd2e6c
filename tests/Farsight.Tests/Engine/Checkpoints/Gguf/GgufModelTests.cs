using System.Text;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Kernels;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;

namespace Farsight.Tests.Engine.Checkpoints.Gguf;

public sealed class GgufModelTests
{
    static readonly ModelConfig s_llama = TinyModelFiles.Config with
    {
        ModelType = "llama",
        HiddenSize = 64,
        IntermediateSize = 96,
        HeadDim = 16,
        AttentionBias = false,
        TieWordEmbeddings = false,
        BosTokenId = 1,
        EosTokenIds = [2],
    };

    static readonly GgufTokenizer s_tokenizer = new()
    {
        Model = "gpt2",
        Pre = "qwen2",
        Tokens = [.. Enumerable.Range(0, 20).Select(i => $"t{i}ä")],
        Types = [.. Enumerable.Range(0, 20).Select(i => i < 3 ? 3 : 1)],
        Merges = ["a b", "ab c"],
        Bos = 1,
        Eos = 2,
        AddBos = true,
        ChatTemplate = "{{ bos_token }}",
    };

    public static TheoryData<string> Families => ["llama", "mistral", "qwen2", "qwen3", "llama with biases"];

    static ModelConfig Config(string family) => family switch
    {
        "qwen2" => s_llama with { ModelType = family, AttentionBias = true, TieWordEmbeddings = true },
        "qwen3" => s_llama with { ModelType = family, QueryKeyNorm = true },
        "llama with biases" => s_llama with { AttentionBias = true, OutputBias = true, MlpBias = true },
        _ => s_llama with { ModelType = family },
    };

    [Theory]
    [MemberData(nameof(Families))]
    public void What_is_written_in_F32_is_read_value_by_value(string family)
    {
        using TemporaryFolder folder = new();
        ModelConfig config = Config(family);
        TensorToWrite[] weights = TinyModelFiles.Weights(config);

        GgufModelWriter.Write(folder["m.gguf"], "tiny", config, weights, s_tokenizer, NumberFormat.F32);
        using GgufWeights read = GgufWeights.Open(folder["m.gguf"]);

        Assert.Equal(
            config with
            {
                ModelType = family is "qwen2" or "qwen3" ? family : "llama",
                EosTokenIds = read.Config.EosTokenIds,
            },
            read.Config);
        Assert.Equal([2], read.Config.EosTokenIds);
        foreach (TensorToWrite weight in weights)
        {
            float[] expected = new float[weight.Count];
            weight.Values(0, expected);
            Assert.Equal(expected, Values(read, weight));
        }
    }

    [Theory]
    [InlineData(NumberFormat.F16)]
    [InlineData(NumberFormat.BF16)]
    [InlineData(NumberFormat.Q8_0)]
    [InlineData(NumberFormat.Q4_0)]
    public void Matrices_are_stored_in_the_format_and_vectors_in_F32(NumberFormat format)
    {
        using TemporaryFolder folder = new();
        TensorToWrite[] weights = TinyModelFiles.Weights(s_llama);

        GgufModelWriter.Write(folder["m.gguf"], "tiny", s_llama, weights, null, format);
        using GgufWeights read = GgufWeights.Open(folder["m.gguf"]);
        using GgufFile file = GgufFile.Open(folder["m.gguf"]);

        Assert.All(file.Tensors.Values, t => Assert.Equal(t.Shape.Count == 1 ? NumberFormat.F32 : format, t.Format));
        foreach (TensorToWrite weight in weights.Where(w => w.Shape.Count == 2))
        {
            float[] values = new float[weight.Count];
            weight.Values(0, values);
            byte[] stored = new byte[format.BytesOf(values.Length)];
            Narrow.FromFloat(format, values, stored);
            Widen.ToFloat(format, stored, values);
            Assert.Equal(values, Values(read, weight)); // each row is blocks of its own, so the order of rows does not show
        }
    }

    [Fact]
    public void Every_format_has_a_number_in_files_and_is_named_as_supported()
    {
        foreach (NumberFormat format in Enum.GetValues<NumberFormat>())
        {
            Assert.Equal(format, GgufTensorType.Of(GgufTensorType.NumberOf(format))!.Format);
            Assert.Contains(format.ToString(), GgufTensorType.Supported.Replace(" or ", ", ", StringComparison.Ordinal).Split(", "));
        }
        Assert.Null(GgufTensorType.Of(16)!.Format); // IQ2_XXS has a name and a size, so that the tensor that has it can be named
    }

    [Fact]
    public void A_matrix_whose_rows_are_no_whole_blocks_stays_F16()
    {
        using TemporaryFolder folder = new();
        ModelConfig config = s_llama with { IntermediateSize = 100 };

        GgufModelWriter.Write(folder["m.gguf"], "tiny", config, TinyModelFiles.Weights(config), null, NumberFormat.Q8_0);

        using GgufFile file = GgufFile.Open(folder["m.gguf"]);
        Assert.Equal(NumberFormat.F16, file.Tensors["blk.1.ffn_down.weight"].Format);
        Assert.Equal(NumberFormat.Q8_0, file.Tensors["blk.1.ffn_up.weight"].Format);
    }

    // Written down by hand for a head of 6: pairs (i, i + 3) become neighbors.
    [Fact]
    public void Queries_of_llama_are_interleaved_head_by_head()
    {
        Assert.Equal([0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11], Enumerable.Range(0, 12).Select(row => GgufNames.InterleavedRow(row, 6)));
        Assert.True(GgufNames.IsInterleaved("llama", "model.layers.0.self_attn.k_proj.bias"));
        Assert.True(GgufNames.IsInterleaved("llama", "model.layers.0.self_attn.q_proj.lora_B.weight"));
        Assert.False(GgufNames.IsInterleaved("llama", "model.layers.0.self_attn.q_proj.lora_A.weight"));
        Assert.False(GgufNames.IsInterleaved("llama", "model.layers.0.self_attn.v_proj.weight"));
        Assert.False(GgufNames.IsInterleaved("qwen2", "model.layers.0.self_attn.q_proj.weight"));
    }

    public static TheoryData<string> Scalings => ["linear", "yarn", "yarn with a factor", "llama3", "base", "ntk"];

    [Theory]
    [MemberData(nameof(Scalings))]
    public void RoPE_scalings_come_back_with_the_same_frequencies(string kind)
    {
        using TemporaryFolder folder = new();
        RopeScaling rule = kind switch
        {
            "linear" => new RopeScaling.Linear(2),
            "yarn" => new RopeScaling.Yarn(4, 32),
            "base" => new RopeScaling.AdjustedBase(500_000),
            "ntk" => new RopeScaling.NtkAware(4, 64),
            "yarn with a factor" => new RopeScaling.Yarn(4, 32, AttentionFactor: 1.25),
            _ => new RopeScaling.Llama3(8, 1, 4, 8192),
        };
        ModelConfig config = s_llama with { RopeScaling = rule };

        GgufModelWriter.Write(folder["m.gguf"], "tiny", config, TinyModelFiles.Weights(config), null, NumberFormat.F32);
        using GgufWeights read = GgufWeights.Open(folder["m.gguf"]);

        RopeFrequencies expected = RopeFrequencies.Of(16, 10_000, rule),
            got = RopeFrequencies.Of(16, read.Config.RopeTheta, read.Config.RopeScaling);
        double relative = kind == "ntk" ? 1e-6 : 0; // GGUF stores θ as F32
        Near.Each([.. expected.InvFreq.Select(f => (double)f)], got.InvFreq, relative, absolute: 0);
        Assert.Equal(expected.AttentionFactor, got.AttentionFactor, 1e-6);
    }

    [Fact]
    public void What_llama_cpp_lacks_is_refused()
    {
        using TemporaryFolder folder = new();
        ModelConfig[] refused =
        [
            s_llama with { RopeScaling = new RopeScaling.DynamicNtk(2, 64) },
            s_llama with { RopeScaling = new RopeScaling.Truncated(2, 64) },
            s_llama with { RopeScaling = new RopeScaling.Dropped(2, 64) },
            s_llama with { Activation = GateActivation.GeluTanh },
            s_llama with { RopeScaling = new RopeScaling.Yarn(4, 32, 16, 1) },
            s_llama with { RopeScaling = new RopeScaling.Yarn(4, 32, 32, 2) },
            s_llama with { RopeScaling = new RopeScaling.Yarn(4, 32, Truncate: false) },
            s_llama with { ModelType = "qwen3", QueryKeyNorm = true, RopeScaling = new RopeScaling.Llama3(8, 1, 4, 8192) },
            s_llama with { ModelType = "qwen3", QueryKeyNorm = true, MlpBias = true },
        ];
        foreach (ModelConfig config in refused)
        {
            string message = Assert.Throws<InputException>(() =>
                GgufModelWriter.Write(folder["m.gguf"], "tiny", config, TinyModelFiles.Weights(config), null, NumberFormat.F32)).Message;
            Assert.Contains("llama.cpp", message);
        }
        Assert.False(File.Exists(folder["m.gguf"]));
    }

    // llama.cpp reads these keys in a few architectures only, none of them supported.
    [Theory]
    [InlineData("yarn_beta_fast", 16f, false)]
    [InlineData("yarn_beta_slow", 2f, false)]
    [InlineData("yarn_beta_fast", 32f, true)]
    [InlineData("yarn_beta_slow", 1f, true)]
    public void A_ramp_of_YaRN_that_llama_cpp_ignores_is_refused_by_key(string key, float value, bool isUsual)
    {
        using TemporaryFolder folder = new();
        GgufMetadataWriter keys = new();
        keys.Add($"llama.rope.scaling.{key}", value);
        GgufModelConfig.Write(keys, "tiny", s_llama with { RopeScaling = new RopeScaling.Yarn(4, 32) }, NumberFormat.F32);
        GgufWriter.Write(folder["k"], keys, [new(TensorToWrite.From("t", NumberFormat.F32, [1], 1))]);
        using GgufFile file = GgufFile.Open(folder["k"]);

        if (isUsual)
        {
            Assert.Equal(new RopeScaling.Yarn(4, 32), GgufRope.Scaling(file, "llama", 16));
        }
        else
        {
            string message = Assert.Throws<InputException>(() => GgufRope.Scaling(file, "llama", 16)).Message;
            Assert.Contains($"llama.rope.scaling.{key} is invalid", message);
        }
    }

    [Theory]
    [InlineData("tiny", true, "phi-3 tiny")]
    [InlineData("Phi-3-mini", true, "Phi-3-mini")]
    [InlineData("my-Phi3-mini", false, "my-phi 3-mini")]
    [InlineData("tiny", false, "tiny")]
    public void The_name_of_a_file_says_whether_special_tokens_take_the_white_space_after_them(string name, bool strips, string written)
    {
        using TemporaryFolder folder = new();
        GgufTokenizer tokenizer = s_tokenizer with { StripsAfterSpecial = strips };

        GgufModelWriter.Write(folder["m.gguf"], name, s_llama, TinyModelFiles.Weights(s_llama), tokenizer, NumberFormat.F32);

        using GgufFile file = GgufFile.Open(folder["m.gguf"]);
        Assert.Equal(written, file.Metadata.Text("general.name"));
        Assert.Equal(strips, GgufTokenizer.Read(file).StripsAfterSpecial);
    }

    [Fact]
    public void Rows_that_are_too_long_to_be_written_together_are_named()
    {
        using TemporaryFolder folder = new();
        TensorToWrite tensor = new("wide", NumberFormat.F32, [4, 1 << 30], (_, _) => { });

        Assert.Contains(
            "wide has 4294967296 values in 4 rows",
            Assert.Throws<InputException>(() => GgufWriter.Write(folder["m.gguf"], new(), [new(tensor, 4)])).Message);
    }

    [Theory]
    [InlineData(float.NaN, NumberFormat.F32, "not finite")]
    [InlineData(1e6f, NumberFormat.F16, "bf16 or f32")]
    [InlineData(9e6f, NumberFormat.Q8_0, "bf16 or f32")]
    public void A_value_that_the_format_cannot_hold_is_refused_and_nothing_is_left(float value, NumberFormat format, string says)
    {
        using TemporaryFolder folder = new();
        TensorToWrite[] weights = TinyModelFiles.Weights(s_llama);
        float[] values = new float[weights[0].Count];
        values[^1] = value;
        weights[0] = TensorToWrite.From(weights[0].Name, NumberFormat.F32, values, [.. weights[0].Shape]);

        string message = Assert
            .Throws<InputException>(() => GgufModelWriter.Write(folder["m.gguf"], "tiny", s_llama, weights, null, format))
            .Message;

        Assert.Contains(says, message);
        Assert.Contains("token_embd.weight", message);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void The_tokenizer_comes_back_as_it_was()
    {
        using TemporaryFolder folder = new();
        GgufTokenizer tokenizer = s_tokenizer with
        {
            Scores = [.. Enumerable.Range(0, 20).Select(i => -i / 3f)],
            Json = "{}",
            AddSpacePrefix = false,
            Eot = 3,
            Unknown = 0,
        };
        GgufModelWriter.Write(folder["m.gguf"], "tiny", s_llama, TinyModelFiles.Weights(s_llama), tokenizer, NumberFormat.F32);
        using GgufFile file = GgufFile.Open(folder["m.gguf"]);

        GgufTokenizer read = GgufTokenizer.Read(file);

        Assert.Equal(tokenizer.Tokens, read.Tokens);
        Assert.Equal(tokenizer.Types, read.Types);
        Assert.Equal(tokenizer.Scores, read.Scores);
        Assert.Equal(tokenizer.Merges, read.Merges);
        Assert.Equal(tokenizer with { Tokens = read.Tokens, Types = read.Types, Scores = read.Scores, Merges = read.Merges }, read);
    }

    [Fact]
    public void The_first_bytes_are_those_of_the_format()
    {
        using TemporaryFolder folder = new();
        GgufMetadataWriter keys = new();
        keys.Add("k", "v");
        GgufWriter.Write(folder["a"], keys, [new(TensorToWrite.From("t", NumberFormat.F32, [1, 2, 3, 4, 5, 6], 2, 3))]);

        using MemoryStream expected = new();
        using BinaryWriter writer = new(expected);
        writer.Write("GGUF"u8);
        writer.Write(3);
        writer.Write(1L); // tensors
        writer.Write(2L); // keys
        void Text(string text)
        {
            writer.Write((long)text.Length);
            writer.Write(Encoding.ASCII.GetBytes(text));
        }
        Text("k");
        writer.Write(8);
        Text("v");
        Text("general.alignment");
        writer.Write(4);
        writer.Write(32);
        Text("t");
        writer.Write(2);
        writer.Write(3L); // the fastest extent first
        writer.Write(2L);
        writer.Write(0); // F32
        writer.Write(0L);
        writer.Write(new byte[(32 - expected.Length % 32) % 32]);
        foreach (float value in (float[])[1, 2, 3, 4, 5, 6])
        {
            writer.Write(value);
        }
        writer.Write(new byte[8]);
        Assert.Equal(expected.ToArray(), File.ReadAllBytes(folder["a"]));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(12)]
    [InlineData(0)]
    public void An_alignment_that_is_no_multiple_of_8_is_refused(int alignment)
    {
        using TemporaryFolder folder = new();
        GgufMetadataWriter keys = new();
        GgufWriter.Write(folder["a"], keys, [new(TensorToWrite.From("t", NumberFormat.F32, [1, 2], 1, 2))]);
        byte[] file = File.ReadAllBytes(folder["a"]);
        int at = file.AsSpan().IndexOf("general.alignment"u8) + "general.alignment".Length + 4;
        BitConverter.TryWriteBytes(file.AsSpan(at), alignment);
        File.WriteAllBytes(folder["a"], file);

        string message = Assert.Throws<InputException>(() => GgufFile.Open(folder["a"])).Message;

        Assert.Contains("general.alignment is invalid", message, StringComparison.Ordinal);
        Assert.Contains(alignment == 0 ? "from 1 to" : $"it is {alignment}, but it must be a multiple of 8", message);
    }

    [Fact]
    public void A_model_from_a_file_scores_as_the_one_it_was_made_from()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["hf"]);
        TensorToWrite[] weights = [.. TinyModelFiles.Weights(s_llama).Select(w => w with { Format = NumberFormat.F32 })];
        TinyModelFiles.Write(folder["hf"], s_llama, weights);
        GgufModelWriter.Write(folder["m.gguf"], "tiny", s_llama, weights, null, NumberFormat.F32);
        TokenTree tree = TokenTree.Sequence([3, 1, 4, 1, 5, 9, 2, 6]);

        using DecoderModel a = ModelLoader.Load(folder["hf"]), b = ModelLoader.Load(folder["m.gguf"]);

        Assert.Equal(a.LogProbs(tree), b.LogProbs(tree));
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
