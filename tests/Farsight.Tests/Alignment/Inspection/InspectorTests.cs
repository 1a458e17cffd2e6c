using System.Text.Json;
using Farsight.Alignment.Export;
using Farsight.Alignment.Inspection;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;
using Farsight.Tests.Engine.Checkpoints;

namespace Farsight.Tests.Alignment.Inspection;

public sealed class InspectorTests
{
    static readonly string s_tiny = Path.Combine(Repository.Root, "models/tiny");

    [Fact]
    public void A_model_directory_and_its_GGUF_file_tell_the_same_shape()
    {
        using TemporaryFolder folder = new();
        new GgufExport(s_tiny, folder["tiny.gguf"], NumberFormat.Q8_0).Write();

        Farsight.Alignment.Inspection.Inspection directory = Inspector.Inspect(s_tiny, scan: true),
            file = Inspector.Inspect(folder["tiny.gguf"]);

        Assert.Equal(("model directory", "GGUF model"), (directory.Kind, file.Kind));
        foreach (
            string fact in (string[])["layers", "hidden_size", "vocabulary", "parameters", "tensors", "tokens", "tied_head", "rope_scaling"]
        )
        {
            Assert.Equal(Fact(directory, fact), Fact(file, fact));
        }
        Assert.Equal(4, Fact(file, "layers"));
        Assert.Empty(directory.Unusual);
        Assert.Empty(file.Unusual);
        Assert.All(directory.Tensors, t => Assert.Equal(0, t.NotFinite));
        Assert.Equal(["Q8_0: 29", "F32: 9"], (string[])Fact(file, "types"));
    }

    [Fact]
    public void What_is_unusual_is_said()
    {
        using TemporaryFolder folder = new();
        ModelConfig config = TinyModelFiles.Config with { RopeScaling = new RopeScaling.Yarn(4, 64) };
        TensorToWrite[] weights = TinyModelFiles.Weights(config);
        weights[1] = TensorToWrite.From(weights[1].Name, NumberFormat.F32, [1, float.NaN, 3, 4, float.PositiveInfinity, 6, 7, 8], 8);
        TinyModelFiles.Write(
            folder.Path,
            config,
            weights.Append(TensorToWrite.From("lm_head.weight", NumberFormat.BF16, new float[160], 20, 8)));

        string[] unusual = [.. Inspector.Inspect(folder.Path, scan: true).Unusual];

        Assert.Contains(unusual, u => u.Contains("yarn, factor 4"));
        Assert.Contains(unusual, u => u.Contains("lm_head.weight is stored and differs from the embedding"));
        Assert.Contains(unusual, u => u.Contains("2 values that are NaN or infinite"));
        Assert.Contains(unusual, u => u.Contains("tokenizer.json"));
    }

    [Fact]
    public void What_is_nothing_known_is_refused()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["a.txt"], "x");
        File.WriteAllText(folder["a.jsonl"], "");
        foreach (string name in (string[])["", "a.txt", "missing", "a.jsonl"])
        {
            Assert.EndsWith(".", Assert.Throws<InputException>(() => Inspector.Inspect(folder[name])).Message);
        }
    }

    [Fact]
    public async Task The_command_prints_text_and_JSON()
    {
        using TemporaryFolder folder = new();
        (int code, string text, _) = await CommandLine.Run("inspect", s_tiny, "--tensors");
        (_, string json, _) = await CommandLine.Run("inspect", s_tiny, "--json");

        Assert.Equal(0, code);
        Assert.Contains("model directory", text);
        Assert.Contains("model.norm.weight  BF16 [192]", text);
        using JsonDocument document = JsonDocument.Parse(json);
        Assert.Equal(2048, document.RootElement.GetProperty("facts").GetProperty("vocabulary").GetInt32());
    }

    static object Fact(Farsight.Alignment.Inspection.Inspection inspection, string name) =>
        inspection.Facts.Single(f => f.Key == name).Value;
}
