using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using Farsight.Benchmarks.Measuring;
using Farsight.Engine.Machine;

// Everything runs in this process, so that the limits are those of the same minute. Options are BenchmarkDotNet's:
//   dotnet run -c Release --project bench/Farsight.Benchmarks -- --filter '*Attention*' --job short
MachinePeak peak = MachinePeak.Measure();
MemoryBandwidth memory = MemoryBandwidth.Measure();
Console.WriteLine(
    string.Create(
        CultureInfo.InvariantCulture,
        $"{Processor.Name}, {Processor.VectorBits} bits: {peak.OneCore / 1e9:F0} GFLOP/s on one core, {peak.AllCores / 1e9:F0} on "
            + $"{peak.Threads}; memory {memory.Read / 1e9:F0} GB/s read, {memory.Copy / 1e9:F0} GB/s copied"
    ));

IConfig config = DefaultConfig
    .Instance.AddJob(Job.Default.WithToolchain(InProcessNoEmitToolchain.DontLogOutput).AsMutator())
    .AddColumn(
        new ShareColumn(
            "of peak",
            "Operations a second of the fastest run, of the multiply-adds that the threads can do",
            w => w.Flops,
            threads => threads == 1 ? peak.OneCore : peak.AllCores))
    .AddColumn(
        new ShareColumn(
            "of memory",
            "Bytes per second of the fastest run, as a share of what all threads together can copy",
            w => w.Bytes,
            _ => memory.Copy));
BenchmarkSwitcher.FromAssembly(typeof(KernelBenchmark).Assembly).Run(args, config);
