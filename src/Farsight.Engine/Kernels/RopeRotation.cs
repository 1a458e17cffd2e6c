using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Kernels;

/// <summary>Applies rotary position embedding to one token's queries or keys, in place.</summary>
/// <remarks>
/// Pairs are halves of a head, as in Hugging Face's weights: with a = x[i], b = x[i + Dh/2],
/// a' = a · cos[i] − b · sin[i]  and  b' = b · cos[i] + a · sin[i]. Source: arXiv:2104.09864, Eq. 34. If only the first dimensions
/// of a head rotate, the pairs are halves of these.
/// A row is one token, so rows can be given to any number of workers.
/// </remarks>
static class RopeRotation
{
    /// <summary>Rotates each head of a row.</summary>
    /// <param name="heads">[n · Dh] rotated in place.</param>
    /// <param name="headDim">Dh; at least the rotated dimensions, 2 · pairs.</param>
    /// <param name="cos">[pairs] the token's row of <see cref="RopeTable.Cos"/>.</param>
    /// <param name="sin">[pairs] the token's row of <see cref="RopeTable.Sin"/>.</param>
    public static void Forward(Span<float> heads, int headDim, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin) =>
        Rotate(heads, headDim, cos, sin, direction: 1);

    /// <summary>Turns the gradient by the rotated row into the gradient by the row: the transpose, in place.</summary>
    /// <remarks>
    /// dA = dA' · cos + dB' · sin  and  dB = dB' · cos − dA' · sin. With an attention factor m this is not the inverse, which
    /// would divide by m². In place, because the row itself has been overwritten too: nothing else flows into it.
    /// </remarks>
    /// <param name="dHeads">[n · Dh] gradient by the rotated row on entry, by the unrotated row on return.</param>
    /// <param name="headDim">As given to <see cref="Forward"/>.</param>
    /// <param name="cos">[pairs] as given to <see cref="Forward"/>.</param>
    /// <param name="sin">[pairs] as given to <see cref="Forward"/>.</param>
    public static void Backward(Span<float> dHeads, int headDim, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin) =>
        Rotate(dHeads, headDim, cos, sin, direction: -1);

    static void Rotate(Span<float> heads, int headDim, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin, float direction)
    {
        int half = cos.Length;
        Shape.Same(half, sin.Length);
        if (half == 0 || 2 * half > headDim || heads.Length % headDim != 0)
        {
            ThrowNotWholeHeads(heads.Length, headDim, 2 * half);
        }

        for (int head = 0; head < heads.Length; head += headDim)
        {
            Elementwise.Run(half, new HeadKernel(heads.Slice(head, half), heads.Slice(head + half, half), cos, sin, direction));
        }
    }

    [DoesNotReturn]
    static void ThrowNotWholeHeads(int length, int headDim, int rotated) =>
        throw new ArgumentException(
            $"Rope: a row of {length} floats is not a whole number of heads of {headDim}, of which {rotated} dimensions rotate.");

    readonly ref struct HeadKernel(
        Span<float> first, Span<float> second, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin, float direction) : IElementwise
    {
        readonly ref float _first = ref MemoryMarshal.GetReference(first), _second = ref MemoryMarshal.GetReference(second);
        readonly ref float _cos = ref MemoryMarshal.GetReference(cos), _sin = ref MemoryMarshal.GetReference(sin);
        readonly float _direction = direction;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TVector, TTier>(nint i)
            where TVector : struct
            where TTier : IVectorTier<TVector>
        {
            TVector a = TTier.Load(ref _first, i), b = TTier.Load(ref _second, i);
            TVector c = TTier.Load(ref _cos, i), s = TTier.Multiply(TTier.Load(ref _sin, i), TTier.Create(_direction));
            TTier.Store(TTier.Subtract(TTier.Multiply(a, c), TTier.Multiply(b, s)), ref _first, i);
            TTier.Store(TTier.Add(TTier.Multiply(b, c), TTier.Multiply(a, s)), ref _second, i);
        }
    }
}
