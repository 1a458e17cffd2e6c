using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>Represents the lanes of one chunk: the query row and head of each, and the own keys that it sees.</summary>
sealed class AttentionLanes
{
    const int Lanes = AttentionScratch.Lanes;

    readonly int[] _row = new int[AttentionScratch.ChunkLanes];
    readonly int[] _head = new int[AttentionScratch.ChunkLanes];
    readonly int[] _prefix = new int[AttentionScratch.ChunkLanes];
    readonly int[] _low = new int[AttentionScratch.ChunkLanes];
    readonly int[] _high = new int[AttentionScratch.ChunkLanes];
    int _count;
    int _headDim;

    /// <summary>Blocks of 32 lanes.</summary>
    internal int Blocks => (_count + Lanes - 1) / Lanes;

    /// <summary>First key of the prefix that any lane sees; the prefix's length when none sees any.</summary>
    internal int FirstPrefix { get; private set; }

    /// <summary>First own key that any lane sees.</summary>
    internal int FirstOwn => _low[0];

    /// <summary>Number of own keys up to the last that any lane sees.</summary>
    internal int EndOwn => _high[_count - 1] + 1;

    internal void Fill(AttentionPlan.Chunk chunk, AttentionShape shape, HeadSlice heads, int keyValueHead)
    {
        (_count, _headDim) = (chunk.LaneCount, shape.HeadDim);
        int padded = Blocks * Lanes;
        for (int lane = 0; lane < padded; lane++)
        {
            // Padding sees what the last lane sees, so that it needs no rule of its own; its queries are zero.
            (int query, int head) = Math.DivRem(chunk.FirstLane + Math.Min(lane, _count - 1), heads.PerKeyHead);
            (_row[lane], _prefix[lane], _low[lane]) = chunk.Bundle.Locate(query);
            _high[lane] = query;
            _head[lane] = keyValueHead * shape.Group + heads.FirstOfGroup + head;
        }
        FirstPrefix = TensorPrimitives.Min<int>(_prefix.AsSpan(0, padded));
    }

    /// <summary>Returns the own keys from the first to the last that some lane of the block sees; both ends grow with the lane.</summary>
    internal (int First, int Last) Seen(int block) => (_low[block * Lanes], _high[(block + 1) * Lanes - 1]);

    /// <summary>Returns whether every lane of the block sees all own keys first … last.</summary>
    internal bool AllSee(int block, int first, int last) => _low[(block + 1) * Lanes - 1] <= first && _high[block * Lanes] >= last;

    /// <summary>Returns the first key of the prefix that some lane of the block sees; siblings begin again, so the lanes are not in
    /// order.</summary>
    internal int FirstPrefixOf(int block) => TensorPrimitives.Min<int>(_prefix.AsSpan(block * Lanes, Lanes));

    /// <summary>Returns whether every lane of the block sees the prefix from <paramref name="first"/> on.</summary>
    internal bool AllSeePrefix(int block, int first) => TensorPrimitives.Max<int>(_prefix.AsSpan(block * Lanes, Lanes)) <= first;

    /// <summary>Writes each lane's first and last key of a block of the prefix, relative to its first.</summary>
    internal void PrefixBounds(int block, AttentionKeyBlock keys, Span<float> low, Span<float> high)
    {
        for (int i = 0; i < Lanes; i++)
        {
            low[i] = _prefix[block * Lanes + i] - keys.First;
        }
        high.Fill(keys.Count - 1);
    }

    /// <summary>Writes each lane's first and last own key, relative to <paramref name="origin"/>.</summary>
    internal void Bounds(int block, int origin, Span<float> low, Span<float> high)
    {
        for (int i = 0; i < Lanes; i++)
        {
            low[i] = _low[block * Lanes + i] - origin;
            high[i] = _high[block * Lanes + i] - origin;
        }
    }

    /// <summary>packed[d, lane] = factor · source[row, head, d].</summary>
    internal void PackColumns(int block, Rows source, float factor, Span<float> packed)
    {
        packed.Clear();
        for (int i = 0; i < Real(block); i++)
        {
            ReadOnlySpan<float> from = Of(source, block, i);
            for (int d = 0; d < from.Length; d++)
            {
                packed[d * Lanes + i] = factor * from[d];
            }
        }
    }

    /// <summary>packed[lane, d] = factor · source[row, head, d]; rows are <paramref name="width"/> apart.</summary>
    internal void PackRows(int block, Rows source, float factor, int width, Span<float> packed)
    {
        packed.Clear();
        for (int i = 0; i < Real(block); i++)
        {
            TensorPrimitives.Multiply(Of(source, block, i), factor, packed.Slice(i * width, _headDim));
        }
    }

    /// <summary>target[row, head, d] = packed[d, lane] · factor[lane].</summary>
    internal void UnpackColumns(int block, ReadOnlySpan<float> packed, ReadOnlySpan<float> factor, Rows target)
    {
        int whole = Avx512F.IsSupported ? _headDim / WordTranspose.Words * WordTranspose.Words : 0;
        if (whole > 0)
        {
            UnpackWhole(block, packed, factor, whole, adds: false, target);
        }
        for (int i = 0; i < Real(block) && whole < _headDim; i++)
        {
            Span<float> to = Of(target, block, i);
            for (int d = whole; d < to.Length; d++)
            {
                to[d] = packed[d * Lanes + i] * factor[i];
            }
        }
    }

    /// <summary>As <see cref="UnpackColumns"/> or <see cref="AddColumns"/>, for the first dimensions, a multiple of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    unsafe void UnpackWhole(int block, ReadOnlySpan<float> packed, ReadOnlySpan<float> factor, int dimensions, bool adds, Rows target)
    {
        const int Words = WordTranspose.Words;
        Vector512<uint>* words = stackalloc Vector512<uint>[Words];
        for (int lane = 0; lane < Real(block); lane += Words)
        {
            for (int d = 0; d < dimensions; d += Words)
            {
                for (int k = 0; k < Words; k++)
                {
                    words[k] = Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(packed), (nuint)((d + k) * Lanes + lane)).AsUInt32();
                }
                WordTranspose.InPlace(words);
                for (int k = 0; k < Math.Min(Words, Real(block) - lane); k++)
                {
                    ref float to = ref MemoryMarshal.GetReference(Of(target, block, lane + k).Slice(d, Words));
                    Vector512<float> values = words[k].AsSingle() * factor[lane + k];
                    (adds ? Vector512.LoadUnsafe(ref to) + values : values).StoreUnsafe(ref to);
                }
            }
        }
    }

    /// <summary>target[row, head, d] += packed[d, lane] · factor.</summary>
    internal void AddColumns(int block, ReadOnlySpan<float> packed, float factor, Rows target)
    {
        int whole = Avx512F.IsSupported ? _headDim / WordTranspose.Words * WordTranspose.Words : 0;
        if (whole > 0)
        {
            Span<float> factors = stackalloc float[Lanes];
            factors.Fill(factor);
            UnpackWhole(block, packed, factors, whole, adds: true, target);
        }
        for (int i = 0; i < Real(block) && whole < _headDim; i++)
        {
            Span<float> to = Of(target, block, i);
            for (int d = whole; d < to.Length; d++)
            {
                to[d] += packed[d * Lanes + i] * factor;
            }
        }
    }

    /// <summary>values[lane] = factor · source[row, head], zero in the padding.</summary>
    internal void PackValues(int block, Rows source, float factor, Span<float> values)
    {
        values.Clear();
        for (int i = 0; i < Real(block); i++)
        {
            values[i] = factor * source[_row[block * Lanes + i]][_head[block * Lanes + i]];
        }
    }

    /// <summary>target[row, head] = values[lane].</summary>
    internal void UnpackValues(int block, ReadOnlySpan<float> values, Rows target)
    {
        for (int i = 0; i < Real(block); i++)
        {
            target[_row[block * Lanes + i]][_head[block * Lanes + i]] = values[i];
        }
    }

    /// <summary>values[lane] = Σ over d of a[row, head, d] · b[row, head, d], zero in the padding.</summary>
    internal void Dots(int block, Rows a, Rows b, Span<float> values)
    {
        values.Clear();
        for (int i = 0; i < Real(block); i++)
        {
            values[i] = TensorPrimitives.Dot<float>(Of(a, block, i), Of(b, block, i));
        }
    }

    int Real(int block) => Math.Min(Lanes, _count - block * Lanes);

    Span<float> Of(Rows rows, int block, int lane) =>
        rows[_row[block * Lanes + lane]].Slice(_head[block * Lanes + lane] * _headDim, _headDim);
}
