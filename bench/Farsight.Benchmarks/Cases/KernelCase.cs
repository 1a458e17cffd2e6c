using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Benchmarks.Cases;

/// <summary>
/// A kernel at one size: its data, its two directions, what they must do at least, and a check against the plain reference.
/// </summary>
/// <remarks>Creating one allocates nothing; <see cref="Prepare"/> does. The tests run the checks too, at small sizes.</remarks>
abstract class KernelCase
{
    /// <summary>Allocates and fills the inputs.</summary>
    internal abstract void Prepare();

    /// <summary>Compares both directions, at this very size, with the reference at some places.</summary>
    /// <exception cref="InvalidOperationException">They differ by more than rounding.</exception>
    internal abstract void Check();

    internal abstract void Forward();

    internal abstract void Backward();

    /// <summary>What forward must do.</summary>
    internal abstract Work ForwardWork { get; }

    /// <summary>What backward must do.</summary>
    internal abstract Work BackwardWork { get; }

    /// <summary>[count, width] normal numbers.</summary>
    protected static Rows Normal(int count, int width, int seed)
    {
        Rows rows = Rows.Allocate(count, width);
        Workers.For(count, row =>
        {
            SeededRandom random = SeededRandom.For(seed, "benchmark", row);
            foreach (ref float value in rows[row])
            {
                value = (float)random.NextNormal();
            }
        });
        return rows;
    }

    /// <summary>Numbers 0 … count − 1 that lie evenly, the first and the last among them.</summary>
    protected static int[] Some(int count) => [.. Enumerable.Range(0, 8).Select(i => (int)((count - 1L) * i / 7)).Distinct()];

    /// <summary>Compares with an allowance relative to the largest expected value.</summary>
    protected static void Near(string what, IReadOnlyList<double> expected, ReadOnlySpan<float> actual, double allowed)
    {
        double largest = expected.Max(Math.Abs);
        for (int i = 0; i < actual.Length; i++)
        {
            double error = Math.Abs(expected[i] - actual[i]) / largest;
            if (!(error <= allowed)) // written so that NaN fails
            {
                throw new InvalidOperationException(
                    $"{what} [{i}]: expected {expected[i]:R}, got {actual[i]:R}; off by {error:E1} of the largest, allowed {allowed:E0}.");
            }
        }
    }
}

/// <summary>Represents the minimum work of a kernel. The larger of both times, by the machine's limits, is its floor.</summary>
/// <param name="Flops">Operations, a multiply-add being two; recomputation is not counted.</param>
/// <param name="Bytes">Inputs read once, outputs written once; accumulated outputs are read and written.</param>
readonly record struct Work(double Flops, double Bytes)
{
    /// <summary>Arithmetic of the operations.</summary>
    internal Arithmetic Arithmetic { get; init; }
}
