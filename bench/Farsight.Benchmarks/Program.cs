using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using Farsight.Benchmarks.Measuring;
using Farsight.Engine.Machine;
using Farsight.Engine.Numerics;

// Everything runs in this process, so that the limits are those of the same minute. Options are BenchmarkDotNet's:
//   dotnet run -c Release --project bench/Farsight.Benchmarks -- --filter '*Attention*' --job short
MachinePeak peak = MachinePeak.Measure(), bf16 = MachinePeak.Measure(Arithmetic.BF16) ?? peak;
MemoryBandwidth memory = MemoryBandwidth.Measure();
Console.WriteLine(
    string.Create(
        CultureInfo.InvariantCulture,
        $"{Processor.Name}, {Processor.VectorBits} bits: {peak.OneCore / 1e9:F0} GFLOP/s on one core, {peak.AllCores / 1e9:F0} on "
            + $"{peak.Threads}, in BF16 {bf16.OneCore / 1e9:F0} and {bf16.AllCores / 1e9:F0}; "
            + $"memory {memory.Read / 1e9:F0} GB/s read, {memory.Copy / 1e9:F0} GB/s copied"
    ));

IConfig config = DefaultConfig
    .Instance.AddJob(Job.Default.WithToolchain(InProcessNoEmitToolchain.DontLogOutput).AsMutator())
    .AddColumn(
        new ShareColumn(
            "of peak",
            "Operations a second of the fastest run, of the multiply-adds that the threads can do in the same arithmetic",
            w => w.Flops,
            (threads, work) => Of(work.Arithmetic == Arithmetic.BF16 ? bf16 : peak, threads)))
    .AddColumn(
        new ShareColumn(
            "of memory",
            "Bytes per second of the fastest run, as a share of what all threads together can copy",
            w => w.Bytes,
            (_, _) => memory.Copy));
BenchmarkSwitcher.FromAssembly(typeof(KernelBenchmark).Assembly).Run(args, config);

static double Of(MachinePeak limit, int threads) => threads == 1 ? limit.OneCore : limit.AllCores;
