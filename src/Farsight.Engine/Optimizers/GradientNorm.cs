using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Parameters;

namespace Farsight.Engine.Optimizers;

/// <summary>Computes the norm of all gradients as one vector.</summary>
/// <remarks>Summed in double, by blocks of a fixed size in a fixed order: the same bits for any number of threads.
/// The order within a block depends on the register width.</remarks>
public static class GradientNorm
{
    /// <summary>Computes √ Σ g² over all parameters. NaN or ∞ if a gradient is.</summary>
    public static double Of(IReadOnlyList<Parameter> parameters) => Math.Sqrt(parameters.Sum(p => SumOfSquares(p.Gradient)));

    /// <summary>Scales the gradients so that their norm is at most <paramref name="maxNorm"/>, and returns the original norm.</summary>
    /// <remarks>
    /// A norm that is NaN or ∞ is returned and the gradients are left as they are: scaling would spread the NaN to every
    /// parameter. The caller must not take a step then.
    /// </remarks>
    /// <param name="parameters">The parameters whose joint norm is limited.</param>
    /// <param name="maxNorm">Maximum norm, > 0; ∞ only measures.</param>
    public static double Clip(IReadOnlyList<Parameter> parameters, double maxNorm)
    {
        if (!(maxNorm > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(maxNorm), maxNorm, "The maximum norm must be greater than 0.");
        }
        double norm = Of(parameters);
        if (double.IsFinite(norm) && norm > maxNorm)
        {
            float scale = (float)(maxNorm / norm);
            foreach (Parameter p in parameters)
            {
                Scale(p.Gradient, scale);
            }
        }
        return norm;
    }

    /// <summary>Computes Σ v² over rows.</summary>
    internal static double SumOfSquares(Rows rows)
    {
        double[] sums = new double[FloatBlocks.Count(rows)];
        Workers.For(sums.Length, block => sums[block] = SumOfSquares(FloatBlocks.Of(rows, block)));
        return sums.Sum();
    }

    /// <summary>Computes v *= scale over rows.</summary>
    internal static void Scale(Rows rows, float scale) => Workers.For(FloatBlocks.Count(rows), block =>
    {
        Span<float> values = FloatBlocks.Of(rows, block);
        TensorPrimitives.Multiply(values, scale, values);
    });

    // In double throughout: squares of F32 gradients overflow or vanish in F32 long before the gradients do.
    internal static double SumOfSquares(ReadOnlySpan<float> values) => Elementwise.Sum(values.Length, new SquareTerms(values));

    readonly ref struct SquareTerms(ReadOnlySpan<float> values) : ITerms
    {
        readonly ref float _values = ref MemoryMarshal.GetReference(values);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void AddTo<TVector, TTier, TSum>(ref TSum sum, nint i)
            where TVector : struct
            where TTier : IVectorTier<TVector>
            where TSum : struct, IDoubleSum<TVector> =>
            sum.AddSquare(TTier.Load(ref _values, i));
    }
}
