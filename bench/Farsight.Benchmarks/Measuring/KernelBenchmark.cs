using BenchmarkDotNet.Attributes;
using Farsight.Benchmarks.Cases;
using Farsight.Engine.Memory;

namespace Farsight.Benchmarks.Measuring;

/// <summary>What all benchmarks have in common: threads, and a check before anything is timed.</summary>
public abstract class KernelBenchmark
{
    KernelCase? _case;

    /// <summary>One thread, and as many as there are processors.</summary>
    public static IEnumerable<int> ThreadCounts => new[] { 1, Environment.ProcessorCount }.Distinct();

    /// <summary>Threads to compute with.</summary>
    [ParamsSource(nameof(ThreadCounts))]
    public int Threads { get; set; }

    internal KernelCase Case => _case ??= Create();

    /// <summary>Fills the inputs and compares the kernel with the plain reference; a wrong one is not timed.</summary>
    [GlobalSetup]
    public void Setup()
    {
        Workers.Threads = Threads;
        Case.Prepare();
        Case.Check();
    }

    /// <summary>The case at the size of the parameters.</summary>
    internal abstract KernelCase Create();

    /// <summary>Returns the minimum work of a benchmark's method.</summary>
    internal virtual Work WorkOf(string method) => method == "Backward" ? Case.BackwardWork : Case.ForwardWork;
}
