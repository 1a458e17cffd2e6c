using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Files;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Engine.Checkpoints;

public sealed class ModelDirectoryTests
{
    const string KeyProjection = "model.layers.1.self_attn.k_proj.weight";

    [Fact]
    public void A_directory_gives_its_configuration_and_weights()
    {
        using TemporaryFolder folder = new();
        TinyModelFiles.Write(folder.Path, TinyModelFiles.Config, TinyModelFiles.Weights(TinyModelFiles.Config));
        using ModelDirectory model = ModelDirectory.Open(folder.Path);

        Assert.Equal(20, model.Config.VocabSize);
        Assert.Equal([8, 8], model.Weight(KeyProjection, 8, 8).Shape);
        Assert.Contains("but [8, 9] is required", Assert.Throws<InputException>(() => model.Weight(KeyProjection, 8, 9)).Message);
        Assert.Contains("lm_head.weight is missing", Assert.Throws<InputException>(() => model.Weight("lm_head.weight")).Message);
    }

    [Fact]
    public void A_weight_of_another_model_is_named_with_the_keys_that_contradict_it()
    {
        using TemporaryFolder folder = new();
        TinyModelFiles.Write(
            folder.Path,
            TinyModelFiles.Config with
            {
                NumKeyValueHeads = 4,
            },
            TinyModelFiles.Weights(TinyModelFiles.Config));

        string message = Assert.Throws<InputException>(() => ModelDirectory.Open(folder.Path)).Message;

        Assert.Equal(
            $"{folder["model.safetensors"]}: model.layers.0.self_attn.k_proj.weight is [8, 8], but config.json implies [16, 8] "
            + "(num_key_value_heads 4 × head_dim 4, hidden_size 8); the two files belong to different models.",
            message);
    }

    [Theory]
    [InlineData("F8_E4M3", 1)]
    [InlineData("F8_E5M2", 1)]
    [InlineData("I8", 1)]
    [InlineData("I32", 4)]
    [InlineData("F64", 8)]
    public void A_weight_of_an_unsupported_type_is_rejected_by_name(string type, int bytes)
    {
        using TemporaryFolder folder = new();
        TinyModelFiles.Write(folder.Path, TinyModelFiles.Config, TinyModelFiles.Weights(TinyModelFiles.Config));
        byte[] file = File.ReadAllBytes(folder["model.safetensors"]);
        int length = (int)BitConverter.ToInt64(file);
        JsonObject header = JsonNode.Parse(file.AsSpan(8, length))!.AsObject();
        // The first tensor gets another number of bytes per value, so the rest moves.
        string first = header.Where(p => p.Key != "__metadata__").MinBy(p => (long)p.Value!["data_offsets"]![0]!).Key;
        long end = (long)header[first]!["data_offsets"]![1]!, moved = end / 2 * bytes - end;
        header[first]!["dtype"] = type;
        foreach (JsonNode? entry in header.Where(p => p.Key != "__metadata__").Select(p => p.Value))
        {
            JsonArray offsets = entry!["data_offsets"]!.AsArray();
            (long a, long b) = ((long)offsets[0]!, (long)offsets[1]!);
            entry["data_offsets"] = new JsonArray(a == 0 ? 0 : a + moved, b + moved);
        }
        byte[] json = System.Text.Encoding.UTF8.GetBytes(header.ToJsonString());
        File.WriteAllBytes(
            folder["model.safetensors"],
            [.. BitConverter.GetBytes((long)json.Length), .. json, .. new byte[end + moved], .. file.AsSpan(8 + length + (int)end)]);

        Assert.Contains(
            $"{first} contains {type} values, but weights must be F32, F16 or BF16",
            Assert.Throws<InputException>(() => ModelDirectory.Open(folder.Path)).Message);
    }

    [Theory]
    [InlineData(31u, "Q4_0_4_4 (31)")]
    [InlineData(40u, "NVFP4 (40)")]
    [InlineData(99u, "99")]
    public void A_GGUF_type_that_is_not_supported_has_a_name_where_it_is_known(uint number, string name)
    {
        Assert.Null(GgufTensorType.Of(number));
        Assert.Equal(name, GgufTensorType.NameOf(number));
    }

    [Fact]
    public void A_missing_weight_and_one_too_many_are_named()
    {
        using TemporaryFolder folder = new();
        TensorToWrite[] weights = TinyModelFiles.Weights(TinyModelFiles.Config);

        TinyModelFiles.Write(folder.Path, TinyModelFiles.Config, weights.Where(w => w.Name != KeyProjection));
        Assert.Contains(
            $"the weight {KeyProjection} is missing",
            Assert.Throws<InputException>(() => ModelDirectory.Open(folder.Path)).Message);

        TinyModelFiles.Write(
            folder.Path,
            TinyModelFiles.Config,
            weights.Append(TensorToWrite.From("model.layers.0.self_attn.o_proj.bias", NumberFormat.F32, new float[8], 8)));
        Assert.Contains(
            "the weight model.layers.0.self_attn.o_proj.bias is not part of a",
            Assert.Throws<InputException>(() => ModelDirectory.Open(folder.Path)).Message);

        TinyModelFiles.Write(
            folder.Path,
            TinyModelFiles.Config,
            weights.Append(TensorToWrite.From("model.layers.0.self_attn.rotary_emb.inv_freq", NumberFormat.F32, new float[2], 2)));
        ModelDirectory.Open(folder.Path).Dispose();
    }

    [Fact]
    public void A_sharded_model_is_the_same_model()
    {
        using TemporaryFolder folder = new();
        TensorToWrite[] weights = Shard(folder);
        WriteIndex(folder, weights, i => i % 2 == 0 ? "a.safetensors" : "b.safetensors");
        using ModelDirectory model = ModelDirectory.Open(folder.Path);

        Assert.All(weights, w => Assert.Equal(w.Shape, model.Weight(w.Name).Shape));
    }

    [Fact]
    public void Formats_may_be_mixed_within_a_model_and_across_its_shards()
    {
        NumberFormat[] formats = [NumberFormat.F32, NumberFormat.F16, NumberFormat.BF16];
        using TemporaryFolder folder = new();
        TensorToWrite[] weights = [.. TinyModelFiles.Weights(TinyModelFiles.Config).Select((w, i) => w with { Format = formats[i % 3] })];
        ModelWriter.Write(folder.Path, TinyModelFiles.Config, NumberFormat.F32, weights, shardBytes: 500);
        using ModelDirectory model = ModelDirectory.Open(folder.Path);

        Assert.All(weights, w =>
        {
            float[] values = new float[w.Count];
            w.Values(0, values);
            Assert.Equal(w.Format, model.Weight(w.Name).Format);
            Near.Each([.. values.Select(v => (double)v)], model.Weight(w.Name).ReadFloats(), relative: 4e-3, absolute: 1e-6);
        });
    }

    [Theory]
    [InlineData("../a.safetensors", "must be the name of a file in the same folder")]
    [InlineData("/etc/passwd", "must be the name of a file in the same folder")]
    [InlineData("..", "must be the name of a file in the same folder")]
    [InlineData("c:a", "must be the name of a file in the same folder")]
    [InlineData("a\\\\b", "must be the name of a file in the same folder")]
    [InlineData("", "must be the name of a file in the same folder")]
    [InlineData("c.safetensors", "does not exist")]
    [InlineData("b.safetensors", "is missing although model.safetensors.index.json lists it")]
    public void An_index_that_points_elsewhere_is_refused(string first, string says)
    {
        using TemporaryFolder folder = new();
        WriteIndex(folder, Shard(folder), i => i == 0 ? first : i % 2 == 0 ? "a.safetensors" : "b.safetensors");

        Assert.Contains(says, Assert.Throws<InputException>(() => ModelDirectory.Open(folder.Path)).Message);
    }

    [Fact]
    public void A_folder_without_weights_says_what_is_wanted()
    {
        using TemporaryFolder folder = new();
        HuggingFaceConfig.Write(folder["config.json"], TinyModelFiles.Config, NumberFormat.F32);

        Assert.Contains("neither model.safetensors nor", Assert.Throws<InputException>(() => ModelDirectory.Open(folder.Path)).Message);
        Assert.Contains("not a directory", Assert.Throws<InputException>(() => ModelDirectory.Open(folder["config.json"])).Message);
    }

    [Fact]
    public void A_file_of_the_index_has_a_name_of_at_most_255_characters()
    {
        using TemporaryFolder folder = new();
        TensorToWrite[] weights = Shard(folder);

        WriteIndex(folder, weights, _ => new string('a', 255));
        Assert.Contains("does not exist", Assert.Throws<InputException>(() => ModelDirectory.Open(folder.Path)).Message);
        WriteIndex(folder, weights, _ => new string('a', 256));
        Assert.Contains("must be the name of a file", Assert.Throws<InputException>(() => ModelDirectory.Open(folder.Path)).Message);
        WriteIndex(folder, weights, _ => ".");
        Assert.Contains("must be the name of a file", Assert.Throws<InputException>(() => ModelDirectory.Open(folder.Path)).Message);
    }

    [Fact]
    public void More_layers_than_weights_are_refused_before_they_are_listed()
    {
        using TemporaryFolder folder = new();
        TensorToWrite[] weights = TinyModelFiles.Weights(TinyModelFiles.Config);
        TinyModelFiles.Write(folder.Path, TinyModelFiles.Config with { NumHiddenLayers = weights.Length + 1 }, weights);

        Assert.Contains(
            $"num_hidden_layers {weights.Length + 1}, but there are only {weights.Length} weights",
            Assert.Throws<InputException>(() => ModelDirectory.Open(folder.Path)).Message);
        TinyModelFiles.Write(folder.Path, TinyModelFiles.Config with { NumHiddenLayers = weights.Length }, weights);
        Assert.Contains("is missing", Assert.Throws<InputException>(() => ModelDirectory.Open(folder.Path)).Message);
    }

    [Fact]
    public void A_folder_of_an_adapter_is_a_model_only_with_weights_of_a_model()
    {
        using TemporaryFolder folder = new();
        HuggingFaceConfig.Write(folder["config.json"], TinyModelFiles.Config, NumberFormat.F32);
        File.WriteAllText(folder["adapter_config.json"], "{}");

        Assert.Contains("is an adapter, not a model", Assert.Throws<InputException>(() => ModelDirectory.Open(folder.Path)).Message);
        TinyModelFiles.Write(folder.Path, TinyModelFiles.Config, TinyModelFiles.Weights(TinyModelFiles.Config));
        ModelDirectory.Open(folder.Path).Dispose();
        Assert.Contains("does not exist", Assert.Throws<InputException>(() => ModelDirectory.Open(folder["none"])).Message);
    }

    // The embedding has 160 values: the first 64 and the last 64 count.
    [Theory]
    [InlineData(0, true), InlineData(63, true), InlineData(64, false), InlineData(95, false), InlineData(96, true), InlineData(159, true)]
    public void The_fingerprint_is_of_the_first_and_the_last_64_values(int index, bool counts)
    {
        using TemporaryFolder folder = new();
        TensorToWrite[] weights = TinyModelFiles.Weights(TinyModelFiles.Config);
        float[] values = new float[160];
        weights[0].Values(0, values);
        TinyModelFiles.Write(folder.Path, TinyModelFiles.Config, weights);
        string before = Fingerprint(folder);

        values[index] += 1;
        weights[0] = TensorToWrite.From(weights[0].Name, NumberFormat.BF16, values, 20, 8);
        TinyModelFiles.Write(folder.Path, TinyModelFiles.Config, weights);

        Assert.Equal(counts, before != Fingerprint(folder));
    }

    [Fact]
    public void A_window_that_is_asked_for_widens_the_window_of_the_model_and_never_narrows_it()
    {
        using TemporaryFolder folder = new();
        TinyModelFiles.Write(folder.Path, TinyModelFiles.Config, TinyModelFiles.Weights(TinyModelFiles.Config));
        using DecoderModel wide = ModelLoader.Load(folder.Path, window: 100), narrow = ModelLoader.Load(folder.Path, window: 10);

        Assert.Equal((100, 64), (wide.Config.MaxPositionEmbeddings, narrow.Config.MaxPositionEmbeddings));
    }

    static string Fingerprint(TemporaryFolder folder)
    {
        using ModelDirectory model = ModelDirectory.Open(folder.Path);
        return model.Fingerprint();
    }

    static TensorToWrite[] Shard(TemporaryFolder folder)
    {
        TensorToWrite[] weights = TinyModelFiles.Weights(TinyModelFiles.Config);
        HuggingFaceConfig.Write(folder["config.json"], TinyModelFiles.Config, NumberFormat.BF16);
        SafetensorsWriter.Write(folder["a.safetensors"], weights.Where((_, i) => i % 2 == 0));
        SafetensorsWriter.Write(folder["b.safetensors"], weights.Where((_, i) => i % 2 == 1));
        return weights;
    }

    static void WriteIndex(TemporaryFolder folder, TensorToWrite[] weights, Func<int, string> file) => AtomicFile.WriteText(
        folder["model.safetensors.index.json"],
        "{\"weight_map\":{" + string.Join(",", weights.Select((w, i) => $"\"{w.Name}\":\"{file(i)}\"")) + "}}");
}
