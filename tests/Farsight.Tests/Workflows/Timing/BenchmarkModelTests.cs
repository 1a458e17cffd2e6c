using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Workflows.Timing;

namespace Farsight.Tests.Workflows.Timing;

public sealed class BenchmarkModelTests : IDisposable
{
    static readonly StepShape s_shape = new(Hidden: 32, Layers: 2, Heads: 4, KvHeads: 2, Ffn: 48, Vocab: 60, Prompt: 9, Responses: [4, 3]);

    readonly string _folder = Directory.CreateTempSubdirectory("farsight-bench-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_model_from_disk_is_the_one_that_was_drawn()
    {
        string model = Path.Combine(_folder, "model");
        StepBenchmarkOptions options = new(s_shape, "logo", Sharing: true, Warmup: 0, Steps: 2, Model: null);

        BenchmarkModel.Write(s_shape, model, NumberFormat.F32, null, default);

        Assert.Equal(
            StepBenchmark.Run(options, null, default).Loss,
            StepBenchmark.Run(options with { Model = model }, null, default).Loss);
        BenchmarkModel.Write(s_shape, model, NumberFormat.BF16, null, default);
        double rounded = StepBenchmark.Run(options with { Model = model }, null, default).Loss;
        Assert.Equal(StepBenchmark.Run(options, null, default).Loss, rounded, 0.05); // weights rounded at 2⁻⁹
    }

    [Fact]
    public void Cancelled_it_leaves_nothing()
    {
        Assert.Throws<OperationCanceledException>(() =>
            BenchmarkModel.Write(s_shape, Path.Combine(_folder, "model"), NumberFormat.BF16, null, new CancellationToken(canceled: true)));

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void A_model_that_does_not_fit_on_the_disk_is_refused_before_anything_is_written()
    {
        StepShape huge = s_shape with { Hidden = 1 << 20, Ffn = 1 << 22, Layers = 1000 };

        InputException e = Assert.Throws<InputException>(() =>
            BenchmarkModel.Write(huge, Path.Combine(_folder, "model"), NumberFormat.F32, null, default));

        Assert.Contains("MiB free", e.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void The_shape_of_Llama_3_8B_takes_15_GiB_in_BF16() =>
        Assert.Equal(
            8_030_261_248 * 2,
            BenchmarkModel.ByteCount(StepShape.Read(Path.Combine(Repository.Root, "bench/specs/llama-3-8b.json")), NumberFormat.BF16));
}
