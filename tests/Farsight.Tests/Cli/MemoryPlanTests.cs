using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine.Lora;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;
using Farsight.Tests.Support;
using Xunit.Abstractions;

namespace Farsight.Tests.Cli;

/// <summary>The plan of a run against the peak of a process that takes a step.</summary>
/// <remarks>
/// Runs alone: a plan has memory for each thread, and a test beside this one could set the number of threads, so that the process,
/// which has one thread per processor, would find its plan too large and take the next one.
/// </remarks>
[Collection(NativeMemory.Collection)]
public sealed class MemoryPlanTests(ITestOutputHelper output)
{
    const string Shape =
        """{"hidden":512,"layers":8,"heads":8,"kv_heads":4,"ffn":1376,"vocab":32000,"prompt":1024,"responses":[64,64,64]}""";

    static readonly LoraOptions s_lora = new(32, 16, ["q_proj", "k_proj", "v_proj", "o_proj"], TrainEmbeddings: true, TrainNorms: false);

    [Theory, Trait("Category", "Slow")]
    [InlineData(Recomputation.None), InlineData(Recomputation.Mlp), InlineData(Recomputation.RoundedLayer)]
    public void A_process_peaks_where_the_plan_says(Recomputation level)
    {
        ModelConfig config = new()
        {
            ModelType = "llama",
            VocabSize = 32000,
            HiddenSize = 512,
            IntermediateSize = 1376,
            NumHiddenLayers = 8,
            NumAttentionHeads = 8,
            NumKeyValueHeads = 4,
            HeadDim = 64,
            RmsNormEps = 1e-5f,
            RopeTheta = 10000,
            RopeScaling = new RopeScaling.Unscaled(),
            MaxPositionEmbeddings = 1088,
            TieWordEmbeddings = false,
        };
        TreeSize size = new(1024 + 3 * 64, 1 + 3 * 63, 3 * 64);
        TrainingShape shape = new(config, TrainingShape.ConvertedBytes(config, NumberFormat.F32), s_lora, size.Rows, Muon: false);
        long planned = MemoryPlan.Of(shape, size, level).Total;

        long peak = Peak(planned, level);
        output.WriteLine($"{level}: planned {planned >> 20} MiB, peak {peak >> 20} MiB");
        Assert.InRange((double)peak / planned, 0.85, 1.15);
    }

    static long Peak(long memory, Recomputation level)
    {
        string spec = Path.Combine(Directory.CreateTempSubdirectory("farsight-plan-").FullName, "spec.json");
        File.WriteAllText(spec, Shape);
        try
        {
            ProcessStartInfo start = new(
                "dotnet",
                [
                    Path.Combine(AppContext.BaseDirectory, "farsight.dll"),
                    "bench",
                    "step",
                    "--shape",
                    spec,
                    "--steps",
                    "1",
                    "--json",
                    "--memory",
                    $"{memory / 1024 + 1}KiB",
                ])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            string json = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, error.Result);
            JsonNode result = JsonNode.Parse(json)!;
            Assert.Equal(JsonNamingPolicy.KebabCaseLower.ConvertName(level.ToString()), (string?)result["checkpoint"]);
            return (long)result["peak_rss_mib"]! << 20;
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(spec)!, recursive: true);
        }
    }
}
