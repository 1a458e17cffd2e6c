using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>Rounds rows of activations to 8-bit integers per 32 values: x / scale to nearest, scale = largest magnitude / 127.</summary>
/// <remarks>
/// As Q8_0 of ggml, but the scale stays F32. For the kernel, R rows lie together, block by block: for every four columns four bytes of each
/// row; then the rows' scales in F32; then −middle · Σ numbers of each row, which removes the offset of unsigned weights. NaN and
/// infinities make their block's scale one.
/// </remarks>
static unsafe class Int8Inputs
{
    internal const int BytesPerRowAndBlock = BlockValues + 2 * sizeof(int);

    const int BlockValues = GroupedMatrix.BlockValues, Largest = 127;

    const float SmallestNormal = 1.17549435e-38f;

    /// <summary>Rounds consecutive rows that lie together.</summary>
    /// <param name="x">[T, K]</param>
    /// <param name="first">First of the rows.</param>
    /// <param name="rows">R.</param>
    /// <param name="middle">Offset of the weights: 128 for Q8_0, 8 for Q4_0.</param>
    /// <param name="target">[K / 32, 40 · R] bytes, overwritten.</param>
    internal static void Round(Rows x, int first, int rows, int middle, byte* target)
    {
        for (int row = 0; row < rows; row++)
        {
            // Rows lie in native memory, which nothing moves.
            float* from = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(x[first + row]));
            if (Avx512BW.IsSupported)
            {
                RoundRow(from, x.Width / BlockValues, (int*)target + row, rows, middle);
            }
            else
            {
                RoundRowPlainly(from, x.Width / BlockValues, (int*)target + row, rows, middle);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void RoundRow(float* x, int blocks, int* target, int rows, int middle)
    {
        for (int block = 0; block < blocks; block++)
        {
            Vector512<float> low = Vector512.Load(x), high = Vector512.Load(x + 16);
            float scale = LargestMagnitude(low, high) / Largest, inverse = Inverse(scale);
            Vector128<sbyte> a = Avx512F.ConvertToVector128SByteWithSaturation(Avx512F.ConvertToVector512Int32(low * inverse));
            Vector128<sbyte> b = Avx512F.ConvertToVector128SByteWithSaturation(Avx512F.ConvertToVector512Int32(high * inverse));
            Vector512<short> words = Vector512.Create(Avx2.ConvertToVector256Int16(a), Avx2.ConvertToVector256Int16(b));
            int sum = Vector512.Sum(Avx512BW.MultiplyAddAdjacent(words, Vector512<short>.One));
            for (int j = 0; j < 4; j++)
            {
                target[j * rows] = a.AsInt32().GetElement(j);
                target[(j + 4) * rows] = b.AsInt32().GetElement(j);
            }
            Finish(target, rows, scale, -middle * sum);
            x += BlockValues;
            target += BytesPerRowAndBlock / sizeof(int) * rows;
        }
    }

    /// <summary>1 / scale; 0, and so numbers of 0, if that could overflow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Inverse(float scale) => scale >= SmallestNormal ? 1 / scale : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float LargestMagnitude(Vector512<float> low, Vector512<float> high)
    {
        Vector512<float> sixteen = Vector512.Max(Vector512.Abs(low), Vector512.Abs(high));
        Vector256<float> eight = Vector256.Max(sixteen.GetLower(), sixteen.GetUpper());
        Vector128<float> four = Vector128.Max(eight.GetLower(), eight.GetUpper());
        Vector128<float> two = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return MathF.Max(two.ToScalar(), two.GetElement(1));
    }

    internal static void RoundRowPlainly(float* x, int blocks, int* target, int rows, int middle)
    {
        for (int block = 0; block < blocks; block++)
        {
            float largest = 0;
            for (int i = 0; i < BlockValues; i++)
            {
                largest = MathF.Max(largest, MathF.Abs(x[i]));
            }
            float scale = largest / Largest, inverse = Inverse(scale);
            int sum = 0;
            for (int i = 0; i < BlockValues; i++)
            {
                float rounded = MathF.Round(x[i] * inverse);
                int number = float.IsFinite(rounded) ? (int)rounded : sbyte.MinValue;
                ((sbyte*)(target + i / 4 * rows))[i % 4] = (sbyte)number;
                sum += number;
            }
            Finish(target, rows, scale, -middle * sum);
            x += BlockValues;
            target += BytesPerRowAndBlock / sizeof(int) * rows;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Finish(int* target, int rows, float scale, int start)
    {
        const int Columns = BlockValues / 4;
        ((float*)target)[Columns * rows] = scale;
        target[(Columns + 1) * rows] = start;
    }
}
