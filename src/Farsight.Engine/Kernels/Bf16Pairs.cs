using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>Rounds floats to BF16, to nearest and ties to even, in pairs of two consecutive steps of a product's depth.</summary>
/// <remarks>
/// A pair is a 32-bit word, the first number in its lower half. Infinities stay, NaN stay NaN. Vectors round with the five operations of
/// <see cref="One"/>: VCVTNE2PS2BF16 would be one instruction, but rounding is a few percent of a product. Without AVX-512 the loops that
/// finish a row do all of it.
/// </remarks>
static unsafe class Bf16Pairs
{
    const uint HalfOfLast = 0x7FFF, UpperHalf = 0xFFFF0000, QuietBit = 0x00400000, Magnitude = 0x7FFFFFFF, Infinity = 0x7F800000;

    static readonly Vector512<ushort> s_upperHalves = Vector512.Create(
        (ushort)1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31,
        33, 35, 37, 39, 41, 43, 45, 47, 49, 51, 53, 55, 57, 59, 61, 63);

    /// <summary>Returns a rounded number.</summary>
    internal static uint One(float x)
    {
        uint bits = BitConverter.SingleToUInt32Bits(x);
        return ((bits & Magnitude) > Infinity ? bits | QuietBit : bits + HalfOfLast + ((bits >> 16) & 1)) >> 16;
    }

    /// <summary>Returns the pair of two numbers.</summary>
    internal static uint Of(float first, float second) => One(first) | One(second) << 16;

    /// <summary>Rounds a row: pairs[i] = x[2 i], x[2 i + 1]. Zero follows an odd last number.</summary>
    /// <param name="x">[n]</param>
    /// <param name="n">Number of floats.</param>
    /// <param name="pairs">[⌈n / 2⌉] overwritten.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void OfRow(float* x, int n, uint* pairs)
    {
        int i = 0;
        for (; Avx512BW.IsSupported && i <= n - 32; i += 32)
        {
            Along(Vector512.Load(x + i), Vector512.Load(x + i + 16)).Store(pairs + i / 2);
        }
        for (; i < n; i += 2)
        {
            pairs[i / 2] = Of(x[i], i + 1 < n ? x[i + 1] : 0);
        }
    }

    /// <summary>Rounds two rows: pairs[i] = first[i], second[i].</summary>
    /// <param name="first">[n]</param>
    /// <param name="second">[n], or null for zeros.</param>
    /// <param name="n">Number of floats of a row.</param>
    /// <param name="pairs">[n] overwritten.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void OfTwoRows(float* first, float* second, int n, uint* pairs)
    {
        int i = 0;
        for (; Avx512BW.IsSupported && i <= n - 16; i += 16)
        {
            Across(Vector512.Load(first + i), second == null ? default : Vector512.Load(second + i)).Store(pairs + i);
        }
        for (; i < n; i++)
        {
            pairs[i] = Of(first[i], second == null ? 0 : second[i]);
        }
    }

    /// <summary>Rounds several rows as <see cref="OfRow"/> does.</summary>
    /// <param name="x">[rows, 32], without gaps.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="pairs">[rows, 16] overwritten.</param>
    /// <param name="pitch">Words from one row of <paramref name="pairs"/> to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void OfRows(float* x, int rows, uint* pairs, nint pitch)
    {
        for (int row = 0; row < rows; row++)
        {
            if (Avx512BW.IsSupported)
            {
                Along(Vector512.Load(x), Vector512.Load(x + 16)).Store(pairs);
            }
            else
            {
                OfRow(x, 32, pairs);
            }
            x += 32;
            pairs += pitch;
        }
    }

    /// <summary>Rounds rows two by two: pairs[i, j] = x[2 i, j], x[2 i + 1, j].</summary>
    /// <param name="x">[rows, 32], rows <paramref name="pitch"/> floats apart.</param>
    /// <param name="rows">Number of rows, even.</param>
    /// <param name="pairs">[rows / 2, 32] overwritten, without gaps.</param>
    /// <param name="pitch">Floats from one row of <paramref name="x"/> to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void OfRowPairs(float* x, nint pitch, int rows, uint* pairs)
    {
        for (int row = 0; row < rows; row += 2)
        {
            float* second = x + pitch;
            if (Avx512BW.IsSupported)
            {
                Across(Vector512.Load(x), Vector512.Load(second)).Store(pairs);
                Across(Vector512.Load(x + 16), Vector512.Load(second + 16)).Store(pairs + 16);
            }
            else
            {
                OfTwoRows(x, second, 32, pairs);
            }
            x = second + pitch;
            pairs += 32;
        }
    }

    /// <summary>Returns the pairs of 32 consecutive floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<uint> Along(Vector512<float> low, Vector512<float> high) =>
        Avx512BW.PermuteVar32x16x2(Round(low).AsUInt16(), s_upperHalves, Round(high).AsUInt16()).AsUInt32();

    /// <summary>Returns the pairs of sixteen columns of two rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<uint> Across(Vector512<float> first, Vector512<float> second) =>
        (Round(first) >> 16) | (Round(second) & Vector512.Create(UpperHalf));

    /// <summary>Returns bits whose upper halves are the rounded numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<uint> Round(Vector512<float> x)
    {
        Vector512<uint> bits = x.AsUInt32();
        Vector512<uint> rounded = bits + Vector512.Create(HalfOfLast) + ((bits >> 16) & Vector512<uint>.One);
        return Vector512.ConditionalSelect(Vector512.IsNaN(x).AsUInt32(), bits | Vector512.Create(QuietBit), rounded);
    }
}
