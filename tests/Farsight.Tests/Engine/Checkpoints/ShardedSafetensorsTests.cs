using System.Text.Json;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Engine.Checkpoints;

public sealed class ShardedSafetensorsTests
{
    static readonly ModelConfig s_config = TinyModelFiles.Config;

    [Fact]
    public void Shards_stay_below_their_bound_and_the_index_names_every_weight()
    {
        using TemporaryFolder folder = new();
        TensorToWrite[] weights = TinyModelFiles.Weights(s_config);
        List<long> progress = [];

        WrittenWeights written = ModelWriter.Write(folder.Path, s_config, NumberFormat.BF16, weights, shardBytes: 700, progress.Add);

        long total = weights.Sum(w => w.Count * 2);
        Assert.Equal((total, total / 2), (written.ByteCount, written.ValueCount));
        Assert.True(written.Files.Count > 2);
        Assert.Equal($"model-00001-of-{written.Files.Count:D5}.safetensors", written.Files[0]);
        Assert.Equal(total, progress[^1]);
        Assert.All(written.Files, f =>
        {
            using SafetensorsFile file = SafetensorsFile.Open(folder[f]);
            Assert.True(file.Tensors.Count == 1 || file.Tensors.Values.Sum(t => t.ByteCount) <= 700);
        });
        using JsonDocument index = JsonDocument.Parse(File.ReadAllBytes(folder["model.safetensors.index.json"]));
        Assert.Equal(total, index.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64());
        Assert.False(File.Exists(folder["model.safetensors"]));
    }

    [Fact]
    public void A_model_reads_the_same_from_shards_and_from_one_file()
    {
        using TemporaryFolder shards = new(), whole = new();
        ModelWriter.Write(shards.Path, s_config, NumberFormat.BF16, TinyModelFiles.Weights(s_config), shardBytes: 1);
        WrittenWeights one = ModelWriter.Write(whole.Path, s_config, NumberFormat.BF16, TinyModelFiles.Weights(s_config));
        using ModelDirectory a = ModelDirectory.Open(shards.Path), b = ModelDirectory.Open(whole.Path);

        Assert.Equal(["model.safetensors"], one.Files);
        Assert.All(ParameterShapes.Of(s_config), p => Assert.Equal(b.Weight(p.Name).Bytes.ToArray(), a.Weight(p.Name).Bytes.ToArray()));
    }

    [Fact]
    public void Weights_that_are_not_the_models_are_refused_before_anything_is_written()
    {
        using TemporaryFolder folder = new();
        TensorToWrite[] weights = TinyModelFiles.Weights(s_config);

        Assert.Throws<ArgumentException>(() => ModelWriter.Write(folder.Path, s_config, NumberFormat.BF16, weights[1..]));
        Assert.Throws<ArgumentException>(() => ModelWriter.Write(folder.Path, s_config, NumberFormat.BF16, [.. weights, weights[0]]));
        Assert.Throws<ArgumentException>(() =>
            ModelWriter.Write(folder.Path, s_config, NumberFormat.BF16, [weights[0] with { Shape = [8, 20] }, .. weights[1..]]));
        Assert.Throws<ArgumentException>(() => ShardedSafetensors.Write(folder.Path, [weights[0], weights[0]]));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }
}
