using System.Text;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;

namespace Farsight.Tests.Engine.Checkpoints;

/// <summary>The last value that a reader accepts and the first that it refuses.</summary>
public sealed class CheckpointBoundsTests
{
    [Theory]
    [InlineData("vocab_size", "1", "0")]
    [InlineData("hidden_size", "16777216", "16777217")]
    [InlineData("intermediate_size", "1", "0")]
    [InlineData("num_hidden_layers", "10000", "10001")]
    [InlineData("num_key_value_heads", "1", "0")]
    [InlineData("max_position_embeddings", "1", "0")]
    [InlineData("head_dim", "16384", "16386")]
    [InlineData("rms_norm_eps", "1e-12", "9e-13")]
    [InlineData("rms_norm_eps", "0.1", "0.11")]
    [InlineData("rope_theta", "1", "0.9")]
    [InlineData("bos_token_id", "319", "320")]
    [InlineData("bos_token_id", "0", "-1")]
    [InlineData("eos_token_id", "[0, 319]", "[0, 320]")]
    [InlineData("eos_token_id", "[0]", "[-1]")]
    [InlineData("sliding_window", "2048", "2047")] // the whole window of a family without windows
    [InlineData("rope_scaling", "{\"type\":\"linear\",\"factor\":1}", "{\"type\":\"linear\",\"factor\":0.99}")]
    [InlineData("rope_scaling", "{\"type\":\"linear\",\"factor\":1e6}", "{\"type\":\"linear\",\"factor\":1000001}")]
    [InlineData("rope_scaling", "{\"type\":\"default\",\"factor\":1}", "{\"type\":\"default\",\"factor\":2}")]
    [InlineData(
        "rope_scaling",
        "{\"type\":\"yarn\",\"factor\":4,\"beta_fast\":2,\"beta_slow\":2}",
        "{\"type\":\"yarn\",\"factor\":4,\"beta_fast\":2,\"beta_slow\":2.1}"
    )]
    [InlineData(
        "rope_scaling",
        "{\"type\":\"yarn\",\"original_max_position_embeddings\":2047}",
        "{\"type\":\"yarn\",\"original_max_position_embeddings\":2048}"
    )] // without a factor, the ratio of the windows
    [InlineData(
        "rope_scaling",
        "{\"type\":\"llama3\",\"factor\":8,\"low_freq_factor\":4,\"high_freq_factor\":4.1,\"original_max_position_embeddings\":64}",
        "{\"type\":\"llama3\",\"factor\":8,\"low_freq_factor\":4,\"high_freq_factor\":4,\"original_max_position_embeddings\":64}"
    )]
    public void A_value_at_its_bound_is_read_and_one_beyond_is_refused(string key, string accepted, string refused)
    {
        Assert.NotNull(Read((key, accepted)));
        Assert.Contains($"config.json: {key}", Assert.Throws<InputException>(() => Read((key, refused))).Message);
    }

    [Fact]
    public void Heads_and_their_width_together_are_bounded()
    {
        Assert.Equal(1 << 14, Read(("head_dim", "16384"), ("num_attention_heads", "1024")).HeadDim); // 2²⁴ together
        Assert.Contains(
            "too large",
            Assert.Throws<InputException>(() => Read(("head_dim", "16384"), ("num_attention_heads", "1025"))).Message);
    }

    [Fact]
    public void Dynamic_scaling_needs_more_than_one_pair()
    {
        const string Dynamic = "{\"type\":\"dynamic\",\"factor\":2}";

        Assert.Equal(new RopeScaling.DynamicNtk(2, 2048), Read(("head_dim", "4"), ("rope_scaling", Dynamic)).RopeScaling);
        Assert.Contains(
            "above 2", Assert.Throws<InputException>(() => Read(("head_dim", "2"), ("rope_scaling", Dynamic))).Message);
    }

    [Fact]
    public void A_factor_that_is_left_out_is_the_ratio_of_the_windows()
    {
        var yarn = (RopeScaling.Yarn)Read(
            ("max_position_embeddings", "4096"),
            ("rope_scaling", "{\"type\":\"yarn\",\"original_max_position_embeddings\":1024}")).RopeScaling;

        Assert.Equal((4, 1024), (yarn.Factor, yarn.OriginalMaxPositionEmbeddings));
    }

    [Fact]
    public void The_same_setting_at_two_places_must_agree()
    {
        Assert.Equal(500, Read(("rope_theta", "500"), ("rope_parameters", "{\"rope_type\":\"default\",\"rope_theta\":500}")).RopeTheta);
        Assert.Throws<InputException>(
            () => Read(("rope_theta", "500"), ("rope_parameters", "{\"rope_type\":\"default\",\"rope_theta\":501}")));
        Assert.Equal(
            new RopeScaling.Linear(2),
            Read(
                ("rope_scaling", "{\"type\":\"linear\",\"factor\":2}"),
                ("rope_parameters", "{\"type\":\"linear\",\"factor\":2}")).RopeScaling);
        Assert.Throws<InputException>(
            () => Read(
                ("rope_scaling", "{\"type\":\"linear\",\"factor\":2}"), ("rope_parameters", "{\"type\":\"linear\",\"factor\":3}")));
    }

    [Theory]
    [InlineData("BOOL", 1), InlineData("U8", 1), InlineData("I8", 1), InlineData("F8_E4M3", 1), InlineData("F8_E5M2", 1)]
    [InlineData("F8_E8M0", 1), InlineData("I16", 2), InlineData("U16", 2), InlineData("F16", 2), InlineData("BF16", 2)]
    [InlineData("I32", 4), InlineData("U32", 4), InlineData("F32", 4), InlineData("I64", 8), InlineData("U64", 8)]
    [InlineData("F64", 8), InlineData("C64", 8)]
    public void A_value_of_a_type_has_the_formats_number_of_bytes(string type, int bytes)
    {
        using TemporaryFolder folder = new();
        Write(folder["a"], $"{{\"a\":{{\"dtype\":\"{type}\",\"shape\":[3],\"data_offsets\":[0,{3 * bytes}]}}}}", new byte[3 * bytes]);
        using SafetensorsFile file = SafetensorsFile.Open(folder["a"]);

        Assert.Equal((3, 3L * bytes), (file.Tensors["a"].Count, file.Tensors["a"].ByteCount));
        Assert.Equal(type is "F32" or "F16" or "BF16", file.Tensors["a"].IsWeight);
    }

    [Fact]
    public void A_file_without_tensors_is_sound_and_one_shorter_than_its_length_is_not()
    {
        using TemporaryFolder folder = new();
        Write(folder["a"], "{}", []);
        File.WriteAllBytes(folder["b"], new byte[7]);
        File.WriteAllBytes(folder["c"], new byte[8]);

        using (SafetensorsFile file = SafetensorsFile.Open(folder["a"]))
        {
            Assert.Empty(file.Tensors);
            Assert.Empty(file.Metadata);
        }
        Assert.Contains("only 7 bytes", Assert.Throws<InputException>(() => SafetensorsFile.Open(folder["b"])).Message);
        Assert.Contains("not a JSON object", Assert.Throws<InputException>(() => SafetensorsFile.Open(folder["c"])).Message);
    }

    [Fact]
    public void An_empty_tensor_may_stand_at_the_start_of_another()
    {
        using TemporaryFolder folder = new();
        Write(
            folder["a"],
            """
            {"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
            "e":{"dtype":"F32","shape":[2147483647,2147483647,2147483647,0],"data_offsets":[0,0]}}
            """,
            BitConverter.GetBytes(1.5f));
        using SafetensorsFile file = SafetensorsFile.Open(folder["a"]);

        Assert.Equal([1.5f], file.Tensors["w"].ReadFloats());
        Assert.Equal((0, 0L), (file.Tensors["e"].ReadFloats().Length, file.Tensors["e"].Count));
        Write(folder["b"], """{"e":{"dtype":"F32","shape":[2147483648,0],"data_offsets":[0,0]}}""", []);
        Assert.Contains("no valid dtype", Assert.Throws<InputException>(() => SafetensorsFile.Open(folder["b"])).Message);
    }

    [Fact]
    public void Values_are_read_from_any_place_up_to_the_last()
    {
        using TemporaryFolder folder = new();
        SafetensorsWriter.Write(folder["a"], [TensorToWrite.From("a", NumberFormat.F32, [1, 2, 3, 4, 5, 6], 2, 3)]);
        using SafetensorsFile file = SafetensorsFile.Open(folder["a"]);
        StoredTensor tensor = file.Tensors["a"];
        float[] two = new float[2];

        tensor.Read(4, two);

        Assert.Equal([5, 6], two);
        Assert.Equal(BitConverter.GetBytes(6f), tensor.BytesOf(5, 1).ToArray());
        Assert.Empty(tensor.BytesOf(6, 0).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.Read(5, new float[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.Read(-1, new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.BytesOf(0, -1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.BytesOf(6, 1).Length);
    }

    static ModelConfig Read(params (string Key, string? Value)[] changes) => LlamaConfig.Read(LlamaConfig.Llama, changes);

    static void Write(string path, string header, byte[] data)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)json.Length), .. json, .. data]);
    }
}
