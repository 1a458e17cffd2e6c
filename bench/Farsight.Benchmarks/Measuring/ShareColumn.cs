using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Parameters;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Farsight.Benchmarks.Cases;

namespace Farsight.Benchmarks.Measuring;

/// <summary>Shows the share of one of the machine's limits that a kernel reaches.</summary>
/// <param name="name">Name of the column.</param>
/// <param name="legend">What it means.</param>
/// <param name="rate">Operations or bytes of the kernel per run.</param>
/// <param name="limit">The most that the machine does in a second, with so many threads and for this work.</param>
sealed class ShareColumn(string name, string legend, Func<Work, double> rate, Func<int, Work, double> limit) : IColumn
{
    public string Id => name;

    public string ColumnName => name;

    public string Legend => legend;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public bool IsAvailable(Summary summary) => true;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        if (summary[benchmarkCase]?.ResultStatistics is not { } statistics)
        {
            return "?";
        }
        KernelBenchmark benchmark = Create(benchmarkCase);
        Work work = benchmark.WorkOf(benchmarkCase.Descriptor.WorkloadMethod.Name);
        double perSecond = rate(work) / (statistics.Min * 1e-9);
        return (perSecond / limit(benchmark.Threads, work)).ToString("P1", CultureInfo.InvariantCulture);
    }

    /// <summary>An instance with the parameters set, which has allocated nothing.</summary>
    static KernelBenchmark Create(BenchmarkCase benchmarkCase)
    {
        Type type = benchmarkCase.Descriptor.Type;
        KernelBenchmark benchmark = (KernelBenchmark)Activator.CreateInstance(type)!;
        foreach (ParameterInstance parameter in benchmarkCase.Parameters.Items)
        {
            type.GetProperty(parameter.Name, BindingFlags.Public | BindingFlags.Instance)!.SetValue(benchmark, parameter.Value);
        }
        return benchmark;
    }
}
