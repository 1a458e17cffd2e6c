using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Farsight.Engine.Memory;
using Farsight.Engine.Parameters;

namespace Farsight.Engine.Optimizers;

/// <summary>The length of all gradients seen as one vector.</summary>
/// <remarks>Summed in double, by blocks of a fixed size in a fixed order: the same bits for any number of threads.</remarks>
public static class GradientNorm
{
    /// <summary>√ Σ g² over all parameters. NaN or ∞ when a gradient is.</summary>
    public static double Of(IReadOnlyList<Parameter> parameters) => Math.Sqrt(parameters.Sum(p => SumOfSquares(p.Gradient)));

    /// <summary>Shrinks the gradients so that their norm is at most <paramref name="maxNorm"/>, and returns the norm they had.</summary>
    /// <remarks>
    /// A norm that is NaN or ∞ is returned and the gradients are left as they are: scaling would spread the NaN to every
    /// parameter. The caller must not take a step then.
    /// </remarks>
    /// <param name="parameters">All that share the bound.</param>
    /// <param name="maxNorm">> 0; ∞ only measures.</param>
    public static double Clip(IReadOnlyList<Parameter> parameters, double maxNorm)
    {
        if (!(maxNorm > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(maxNorm), maxNorm, "The bound must be positive.");
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

    /// <summary>Σ v² over rows.</summary>
    internal static double SumOfSquares(Rows rows)
    {
        double[] sums = new double[FloatBlocks.Count(rows)];
        Workers.For(sums.Length, block => sums[block] = SumOfSquares(FloatBlocks.Of(rows, block)));
        return sums.Sum();
    }

    /// <summary>v *= scale over rows.</summary>
    internal static void Scale(Rows rows, float scale) => Workers.For(FloatBlocks.Count(rows), block =>
    {
        Span<float> values = FloatBlocks.Of(rows, block);
        TensorPrimitives.Multiply(values, scale, values);
    });

    // In double throughout: squares of F32 gradients overflow or vanish in F32 long before the gradients do.
    internal static double SumOfSquares(ReadOnlySpan<float> values)
    {
        ref float r = ref MemoryMarshal.GetReference(values);
        double sum = 0;
        int i = 0;
        // A full vector at i is inside while i <= values.Length − width.
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<double> low = default, high = default;
            for (; i <= values.Length - Vector512<float>.Count; i += Vector512<float>.Count)
            {
                (Vector512<double> a, Vector512<double> b) = Vector512.Widen(Vector512.LoadUnsafe(ref r, (nuint)i));
                low += a * a;
                high += b * b;
            }
            sum = Vector512.Sum(low + high);
        }
        if (Vector256.IsHardwareAccelerated)
        {
            Vector256<double> low = default, high = default;
            for (; i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                (Vector256<double> a, Vector256<double> b) = Vector256.Widen(Vector256.LoadUnsafe(ref r, (nuint)i));
                low += a * a;
                high += b * b;
            }
            sum += Vector256.Sum(low + high);
        }
        for (; i < values.Length; i++)
        {
            sum += (double)values[i] * values[i];
        }
        return sum;
    }
}
