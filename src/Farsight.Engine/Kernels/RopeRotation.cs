using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Kernels;

/// <summary>Rotary position embedding of one token's queries or keys, in place.</summary>
/// <remarks>
/// Pairs are halves of a head, as in Hugging Face's weights: with a = x[i], b = x[i + Dh/2],
/// a' = a · cos[i] − b · sin[i]  and  b' = b · cos[i] + a · sin[i]. Source: arXiv:2104.09864, Eq. 34.
/// A row is one token, so rows can be given to any number of workers.
/// </remarks>
public static class RopeRotation
{
    /// <summary>Rotates each head of a row.</summary>
    /// <param name="heads">[n · Dh] rotated in place.</param>
    /// <param name="cos">[Dh/2] the token's row of <see cref="RopeTable.Cos"/>.</param>
    /// <param name="sin">[Dh/2] the token's row of <see cref="RopeTable.Sin"/>.</param>
    public static void Forward(Span<float> heads, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin) =>
        Rotate(heads, cos, sin, direction: 1);

    /// <summary>Turns the gradient by the rotated row into the gradient by the row: the transpose, in place.</summary>
    /// <remarks>
    /// dA = dA' · cos + dB' · sin  and  dB = dB' · cos − dA' · sin. With an attention factor m this is not the inverse, which
    /// would divide by m². In place, because the row itself has been overwritten too: nothing else flows into it.
    /// </remarks>
    /// <param name="dHeads">[n · Dh] gradient by the rotated row on entry, by the unrotated row on return.</param>
    /// <param name="cos">[Dh/2] as given to <see cref="Forward"/>.</param>
    /// <param name="sin">[Dh/2] as given to <see cref="Forward"/>.</param>
    public static void Backward(Span<float> dHeads, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin) =>
        Rotate(dHeads, cos, sin, direction: -1);

    static void Rotate(Span<float> heads, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin, float direction)
    {
        int half = cos.Length;
        Shape.Same(half, sin.Length);
        if (half == 0 || heads.Length % (2 * half) != 0)
        {
            ThrowNotWholeHeads(heads.Length, 2 * half);
        }

        for (int head = 0; head < heads.Length; head += 2 * half)
        {
            RotateHead(heads.Slice(head, half), heads.Slice(head + half, half), cos, sin, direction);
        }
    }

    [DoesNotReturn]
    static void ThrowNotWholeHeads(int length, int headDim) =>
        throw new ArgumentException($"Rope: a row of {length} floats is not whole heads of {headDim}.");

    static void RotateHead(Span<float> first, Span<float> second, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin, float direction)
    {
        ref float rA = ref MemoryMarshal.GetReference(first), rB = ref MemoryMarshal.GetReference(second);
        ref float rCos = ref MemoryMarshal.GetReference(cos), rSin = ref MemoryMarshal.GetReference(sin);
        int i = 0;
        // All four have cos.Length floats, so a full vector at i is inside while i <= cos.Length − width.
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i <= cos.Length - Vector512<float>.Count; i += Vector512<float>.Count)
            {
                Vector512<float> a = Vector512.LoadUnsafe(ref rA, (nuint)i), b = Vector512.LoadUnsafe(ref rB, (nuint)i);
                Vector512<float> c = Vector512.LoadUnsafe(ref rCos, (nuint)i), s = Vector512.LoadUnsafe(ref rSin, (nuint)i) * direction;
                (a * c - b * s).StoreUnsafe(ref rA, (nuint)i);
                (b * c + a * s).StoreUnsafe(ref rB, (nuint)i);
            }
        }
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= cos.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                Vector256<float> a = Vector256.LoadUnsafe(ref rA, (nuint)i), b = Vector256.LoadUnsafe(ref rB, (nuint)i);
                Vector256<float> c = Vector256.LoadUnsafe(ref rCos, (nuint)i), s = Vector256.LoadUnsafe(ref rSin, (nuint)i) * direction;
                (a * c - b * s).StoreUnsafe(ref rA, (nuint)i);
                (b * c + a * s).StoreUnsafe(ref rB, (nuint)i);
            }
        }
        for (; i < cos.Length; i++)
        {
            float a = first[i], b = second[i], s = sin[i] * direction;
            first[i] = a * cos[i] - b * s;
            second[i] = b * cos[i] + a * s;
        }
    }
}
