using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Farsight.Engine.Kernels.Assembled;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>Packs keys, values and lanes of attention to BF16 pairs, and multiplies them.</summary>
/// <remarks>Width is the head dimension rounded up to 32; what lies beyond the head, and beyond the last key of a tile, is zero.</remarks>
static unsafe class Bf16AttentionOperands
{
    const int Panel = Bf16Tile.Rows, Lanes = Bf16Tile.Columns, Ahead = 12;

    /// <summary>c[r, 32] (+)= Σ over pairs of a[r, pair] · b[pair, 32].</summary>
    /// <param name="a">First pair of a.</param>
    /// <param name="line">Words from one row of a to the next.</param>
    /// <param name="step">Words from one pair to the next.</param>
    /// <param name="b">[pairs, 32] words.</param>
    /// <param name="c">[rows, 32]</param>
    /// <param name="stride">Floats from one row of c to the next.</param>
    /// <param name="pairs">Half the depth.</param>
    /// <param name="rows">A multiple of 8.</param>
    /// <param name="add">Adds to c instead of overwriting it.</param>
    internal static void Multiply(uint* a, nint line, nint step, uint* b, float* c, nint stride, int pairs, int rows, bool add)
    {
        Bf16TileCall call = new()
        {
            A = (byte*)a,
            Line = sizeof(uint) * line,
            Step = sizeof(uint) * step,
            B = (byte*)b,
            C = c,
            Stride = sizeof(float) * stride,
            Pairs = pairs,
            Tiles = rows / Panel,
            Add = add ? 1 : 0,
        };
        Bf16Tile.Compute(&call);
    }

    /// <summary>pairs[key, d / 2] = the head's values of a row; rows of zeros up to a multiple of 8.</summary>
    /// <param name="source">Rows of keys or values.</param>
    /// <param name="rows">Which of them.</param>
    /// <param name="column">First float of the head.</param>
    /// <param name="headDim">Dh.</param>
    /// <param name="width">Dh rounded up to 32.</param>
    /// <param name="pairs">[rows, width / 2] overwritten.</param>
    internal static void PackRows(Rows source, ReadOnlySpan<int> rows, int column, int headDim, int width, uint* pairs)
    {
        int padded = (rows.Length + Panel - 1) / Panel * Panel;
        Clear(pairs, headDim < width ? 0 : rows.Length * width / 2, padded * width / 2);
        float* head = Floats(source[0]) + column;
        for (int i = 0; i < rows.Length; i++)
        {
            Prefetch(head, rows, i + Ahead, source.Width, headDim);
            Bf16Pairs.OfRow(head + (nint)rows[i] * source.Width, headDim, pairs + i * width / 2);
        }
    }

    /// <summary>pairs[key / 2, d] = the values of two keys at d; zeros up to a multiple of 8 keys.</summary>
    /// <inheritdoc cref="PackRows"/>
    internal static void PackRowPairs(Rows source, ReadOnlySpan<int> rows, int column, int headDim, int width, uint* pairs)
    {
        int count = (rows.Length + 1) / 2, padded = (rows.Length + Panel - 1) / Panel * Panel / 2;
        Clear(pairs, headDim < width ? 0 : count * width, padded * width);
        float* head = Floats(source[0]) + column;
        for (int pair = 0; pair < count; pair++)
        {
            Prefetch(head, rows, 2 * pair + Ahead, source.Width, headDim);
            Prefetch(head, rows, 2 * pair + Ahead + 1, source.Width, headDim);
            float* second = 2 * pair + 1 < rows.Length ? head + (nint)rows[2 * pair + 1] * source.Width : null;
            Bf16Pairs.OfTwoRows(head + (nint)rows[2 * pair] * source.Width, second, headDim, pairs + pair * width);
        }
    }

    /// <summary>pairs[d / 2, lane] = factor times the vectors of 32 lanes.</summary>
    /// <param name="lanes">The lanes.</param>
    /// <param name="block">Which 32 of them.</param>
    /// <param name="source">[T, H · Dh]</param>
    /// <param name="factor">Multiplied before rounding.</param>
    /// <param name="width">Dh rounded up to 32.</param>
    /// <param name="floats">[width · 32] scratch.</param>
    /// <param name="pairs">[width / 2, 32] overwritten.</param>
    internal static void PackColumns(AttentionLanes lanes, int block, Rows source, float factor, int width, Span<float> floats, uint* pairs)
    {
        if (!Avx512BW.IsSupported)
        {
            lanes.PackColumns(block, source, factor, floats);
            Bf16Pairs.OfRowPairs(Floats(floats), Lanes, width, pairs);
            return;
        }
        lanes.PackRows(block, source, factor, width, floats);
        byte** rows = stackalloc byte*[WordTranspose.Words];
        for (int lane = 0; lane < Lanes; lane += WordTranspose.Words)
        {
            for (int i = 0; i < WordTranspose.Words; i++)
            {
                rows[i] = (byte*)(Floats(floats) + (lane + i) * width);
            }
            Bf16Panels.Transpose<SingleLanes>(rows, 0, width / 2, pairs + lane);
        }
    }

    /// <summary>pairs[d / 32, lane / 2, d % 32] = factor times the vectors of 32 lanes, among those of all lanes of the chunk.</summary>
    /// <param name="lanes">The lanes.</param>
    /// <param name="block">Which 32 of them.</param>
    /// <param name="source">[T, H · Dh]</param>
    /// <param name="factor">Multiplied before rounding.</param>
    /// <param name="width">Dh rounded up to 32.</param>
    /// <param name="floats">[32, width] scratch.</param>
    /// <param name="pairs">[width / 32, lanes / 2, 32]; the part of these lanes is overwritten.</param>
    internal static void PackLanePairs(
        AttentionLanes lanes, int block, Rows source, float factor, int width, Span<float> floats, uint* pairs)
    {
        lanes.PackRows(block, source, factor, width, floats);
        for (int d = 0; d < width; d += Lanes)
        {
            Bf16Pairs.OfRowPairs(Floats(floats) + d, width, Lanes, pairs + (d / Lanes * lanes.Blocks + block) * (Lanes / 2 * Lanes));
        }
    }

    // The scratch of attention is native memory, which nothing moves.
    internal static float* Floats(Span<float> native) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(native));

    internal static uint* Words(Span<float> native) => (uint*)Floats(native);

    /// <summary>Asks for a row that is needed soon: the processor does not foresee rows whose heads lie far apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Prefetch(float* head, ReadOnlySpan<int> rows, int index, int pitch, int headDim)
    {
        if (Sse.IsSupported && index < rows.Length)
        {
            for (int d = 0; d < headDim; d += 16)
            {
                Sse.Prefetch0(head + (nint)rows[index] * pitch + d);
            }
        }
    }

    static void Clear(uint* words, int first, int end) => new Span<uint>(words + first, end - first).Clear();
}
