namespace Farsight.Evaluation.Benchmarks.HoloBench;

/// <summary>Mixes the rows that a query reads with other rows.</summary>
/// <remarks>Source: megagonlabs/holobench @5799335, holobench/load_context.py, merge_contexts.</remarks>
static class HoloBenchMerge
{
    /// <summary>The names of the orders.</summary>
    internal static IReadOnlyList<string> Orders { get; } = ["uniform", "begin", "end", "middle", "bimodal"];

    /// <summary>Returns the rows in one of the <see cref="Orders"/>; main rows first where one side is empty.</summary>
    /// <exception cref="ArgumentException">There is no such order.</exception>
    internal static List<string> Merge(IReadOnlyList<string> main, IReadOnlyList<string> auxiliary, string order)
    {
        if (main.Count == 0 || auxiliary.Count == 0)
        {
            return [.. main, .. auxiliary];
        }
        int halfMain = Math.Min(main.Count / 2, auxiliary.Count), halfAuxiliary = Math.Min(auxiliary.Count / 2, main.Count);
        return order switch
        {
            "uniform" => Uniform(main, auxiliary),
            "begin" => [.. main, .. auxiliary],
            "end" => [.. auxiliary, .. main],
            "middle" => [.. auxiliary.Take(halfMain), .. main, .. auxiliary.Skip(halfMain)], // half of the other list, as there
            "bimodal" => [.. main.Take(halfAuxiliary), .. auxiliary, .. main.Skip(halfAuxiliary)],
            _ => throw new ArgumentException($"HoloBench has no order {order}.", nameof(order)),
        };
    }

    static List<string> Uniform(IReadOnlyList<string> main, IReadOnlyList<string> auxiliary)
    {
        List<string> merged = [.. main];
        double step = (double)(main.Count + auxiliary.Count) / auxiliary.Count;
        for (int i = 0; i < auxiliary.Count; i++)
        {
            merged.Insert(Math.Min((int)(i * step), merged.Count), auxiliary[i]);
        }
        return merged;
    }
}
