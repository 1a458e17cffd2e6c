using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Farsight.Engine.Kernels;
using Farsight.Engine.Kernels.Assembled;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Machine;

/// <summary>Represents the peak throughput of an arithmetic's multiply-adds, the upper bound of every kernel.</summary>
/// <remarks>
/// Multiply-adds in registers only, with enough independent sums to hide their latency: in F32 with the widest vectors in use, in BF16
/// VDPBF16PS, for 8-bit integers VPDPBUSD. A multiply-add counts as two operations. The best of several short runs counts, because other
/// programs only reduce it.
/// </remarks>
/// <param name="OneCore">Operations per second of one thread.</param>
/// <param name="AllCores">Operations per second of <paramref name="Threads"/> threads together.</param>
/// <param name="Threads">Number of threads of <see cref="Workers"/>.</param>
public sealed record MachinePeak(double OneCore, double AllCores, int Threads)
{
    // Twelve sums and two factors fit into 16 registers, and cover two units of latency 4 or 5.
    const int Sums = 12, Repeats = 8;

    // About 3 ms, much longer than it takes to wake a thread.
    static readonly int s_rounds = (int)(1_000_000L * 16 / (Processor.VectorBits / 32));

    static float s_sink; // keeps the sums from being optimized away

    /// <summary>The arithmetic of the operations.</summary>
    public Arithmetic Arithmetic { get; init; }

    /// <summary>Measures F32 for about a fifth of a second; the machine should be idle otherwise.</summary>
    public static MachinePeak Measure()
    {
        double perPiece = 2.0 * Sums * (Processor.VectorBits / 32) * s_rounds;
        return Measure(Work, perPiece);
    }

    /// <summary>Measures the peak of an arithmetic as <see cref="Measure()"/> does; null without the instruction.</summary>
    public static MachinePeak? Measure(Arithmetic arithmetic)
    {
        if (arithmetic == Arithmetic.F32)
        {
            return Measure();
        }
        const long Rounds = 200_000;
        return PeakKernel.Has(arithmetic)
            ? Measure(() => PeakKernel.Run(arithmetic, Rounds), Rounds * PeakKernel.OperationsPerRound(arithmetic)) with
            {
                Arithmetic = arithmetic,
            }
            : null;
    }

    /// <param name="work">A piece of work.</param>
    /// <param name="operations">Operations of a piece.</param>
    static MachinePeak Measure(Action work, double operations)
    {
        int threads = Workers.Threads;
        WarmUp(work);
        double one = operations * Best(1, work), all = threads == 1 ? one : operations * Best(threads, work);
        return new(one, all, threads);
    }

    /// <summary>Runs until clock and voltage have followed the load.</summary>
    static void WarmUp(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < 60)
        {
            Workers.For(Workers.Threads, _ => work());
        }
    }

    /// <summary>Measures pieces per second. Each thread has two pieces, so that a thread that wakes up late costs little.</summary>
    static double Best(int threads, Action work)
    {
        int pieces = threads == 1 ? 1 : 2 * threads;
        double shortest = double.PositiveInfinity;
        for (int i = 0; i < Repeats; i++)
        {
            long start = Stopwatch.GetTimestamp();
            if (threads == 1)
            {
                work();
            }
            else
            {
                Workers.For(pieces, _ => work());
            }
            shortest = Math.Min(shortest, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return pieces / shortest;
    }

    static void Work() => s_sink = Processor.VectorBits switch
    {
        512 => Loop<Vector512<float>, Tier512>(s_rounds),
        256 => Loop<Vector256<float>, Tier256>(s_rounds),
        _ => Loop<Vector128<float>, Tier128>(s_rounds),
    };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static float Loop<TVector, TTier>(int rounds)
        where TVector : struct
        where TTier : IVectorTier<TVector>
    {
        // The sums converge to 2: neither infinities nor denormals, which would cost time of their own.
        TVector factor = TTier.Create(0.5f),
            term = TTier.Create(1f);
        TVector s0 = term,
            s1 = term,
            s2 = term,
            s3 = term,
            s4 = term,
            s5 = term,
            s6 = term,
            s7 = term,
            s8 = term,
            s9 = term,
            s10 = term,
            s11 = term;
        for (int i = 0; i < rounds; i++)
        {
            s0 = TTier.MultiplyAdd(s0, factor, term);
            s1 = TTier.MultiplyAdd(s1, factor, term);
            s2 = TTier.MultiplyAdd(s2, factor, term);
            s3 = TTier.MultiplyAdd(s3, factor, term);
            s4 = TTier.MultiplyAdd(s4, factor, term);
            s5 = TTier.MultiplyAdd(s5, factor, term);
            s6 = TTier.MultiplyAdd(s6, factor, term);
            s7 = TTier.MultiplyAdd(s7, factor, term);
            s8 = TTier.MultiplyAdd(s8, factor, term);
            s9 = TTier.MultiplyAdd(s9, factor, term);
            s10 = TTier.MultiplyAdd(s10, factor, term);
            s11 = TTier.MultiplyAdd(s11, factor, term);
        }
        TVector sum = TTier.Add(TTier.Add(TTier.Add(s0, s1), TTier.Add(s2, s3)), TTier.Add(TTier.Add(s4, s5), TTier.Add(s6, s7)));
        return TTier.Sum(TTier.Add(sum, TTier.Add(TTier.Add(s8, s9), TTier.Add(s10, s11))));
    }
}
