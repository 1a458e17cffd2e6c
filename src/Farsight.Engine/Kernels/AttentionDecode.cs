using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>Computes attention of single queries for the heads that share a key head, at one register width.</summary>
/// <remarks>
/// Here registers run along the head dimension, as a single query leaves no other lanes. Keys come in blocks, each for all the heads
/// and for all the queries that see it, so that it is read from memory once.
/// </remarks>
static class AttentionDecode<TVector, TTier>
    where TVector : struct
    where TTier : IVectorTier<TVector>
{
    const int Block = 64, CacheLine = 64 / sizeof(float);

    // Rows of a cache lie apart, and not every page of them is foreseen by the processor: so many rows are asked for before they are
    // needed.
    const int Ahead = 24;

    internal static void Run(Rows queries, Rows keys, Rows values, AttentionShape shape, DecodeBundle bundle, int head, Rows output)
    {
        int lanes = bundle.Queries.Count * shape.Group;
        State state = new(
            queries,
            keys,
            values,
            shape,
            head,
            output,
            stackalloc float[lanes],
            stackalloc float[lanes],
            stackalloc float[Block]);
        state.Max.Fill(float.NegativeInfinity);
        foreach (int row in bundle.Queries)
        {
            state.Of(output, row).Clear();
        }
        foreach (KeyRange range in bundle.Shared)
        {
            for (int first = range.Start; first < range.End; first += Block)
            {
                for (int q = 0; q < bundle.Queries.Count; q++)
                {
                    Step(state, q, bundle.Queries[q], first, Math.Min(Block, range.End - first));
                }
            }
        }
        for (int q = 0; q < bundle.Queries.Count; q++)
        {
            foreach (KeyRange range in bundle.Own[q])
            {
                for (int first = range.Start; first < range.End; first += Block)
                {
                    Step(state, q, bundle.Queries[q], first, Math.Min(Block, range.End - first));
                }
            }
            for (int g = 0; g < shape.Group; g++)
            {
                Span<float> o = state.Of(output, bundle.Queries[q]).Slice(g * shape.HeadDim, shape.HeadDim);
                TensorPrimitives.Multiply(o, 1f / state.Sum[q * shape.Group + g], o);
            }
        }
    }

    /// <summary>Adds a block of keys to the sums of one query's heads.</summary>
    static void Step(State state, int query, int row, int first, int count)
    {
        int dim = state.Shape.HeadDim, column = state.Head * dim, group = state.Shape.Group, stride = state.Keys.Width;
        ref float key = ref MemoryMarshal.GetReference(state.Keys.Slice(first, count).Span[column..]);
        ref float value = ref MemoryMarshal.GetReference(state.Values.Slice(first, count).Span[column..]);
        Span<float> q = state.Of(state.Queries, row), o = state.Of(state.Output, row);
        for (int g = 0; g < group; g++)
        {
            Span<float> to = o.Slice(g * dim, dim);
            state.Weights.Fill(float.NegativeInfinity);
            Scores(
                ref MemoryMarshal.GetReference(q.Slice(g * dim, dim)),
                ref key,
                stride,
                count,
                dim,
                state.Shape.Scale * AttentionScores.Log2E,
                ref MemoryMarshal.GetReference(state.Weights));
            if (state.Shape.SoftcapBits is { } cap)
            {
                Softcap.Forward(state.Weights[..count], cap);
            }
            Softmax(state.Weights, ref state.Max[query * group + g], ref state.Sum[query * group + g], to);
            AddValues(ref MemoryMarshal.GetReference(state.Weights), ref value, stride, count, dim, ref MemoryMarshal.GetReference(to));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Scores(ref float query, ref float keys, nint stride, int count, int dim, float scale, ref float scores)
    {
        for (nint k = 0; k < count; k++)
        {
            TVector products = default;
            nint d = 0;
            Prefetch(ref Unsafe.Add(ref keys, (k + Ahead) * stride), dim);
            for (; d + TTier.Count <= dim; d += TTier.Count)
            {
                products = TTier.MultiplyAdd(TTier.Load(ref query, d), TTier.Load(ref keys, k * stride + d), products);
            }
            float dot = TTier.Sum(products);
            for (; d < dim; d++)
            {
                dot += Unsafe.Add(ref query, d) * Unsafe.Add(ref keys, k * stride + d);
            }
            Unsafe.Add(ref scores, k) = scale * dot;
        }
    }

    /// <summary>Turns scores (in bits) into weights relative to the maximum so far, and brings sum and output to it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Softmax(Span<float> scores, ref float max, ref float sum, Span<float> output)
    {
        float newMax = MathF.Max(max, TensorPrimitives.Max<float>(scores));
        if (newMax > max)
        {
            float factor = MathF.Pow(2f, max - newMax);
            sum *= factor;
            TensorPrimitives.Multiply(output, factor, output);
            max = newMax;
        }
        TVector total = default, shift = TTier.Create(max);
        for (nint k = 0; k < Block; k += TTier.Count)
        {
            TVector weight = VectorExp.PowerOfTwo<TVector, TTier>(TTier.Subtract(TTier.Load(ref scores[0], k), shift));
            total = TTier.Add(total, weight);
            TTier.Store(weight, ref scores[0], k);
        }
        sum += TTier.Sum(total);
    }

    /// <summary>output += Σ weights[k] · values[k], four registers of the head dimension at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void AddValues(ref float weights, ref float values, nint stride, int count, int dim, ref float output)
    {
        nint d = 0, step = TTier.Count;
        for (; d + 4 * step <= dim; d += 4 * step)
        {
            TVector o0 = TTier.Load(ref output, d),
                o1 = TTier.Load(ref output, d + step),
                o2 = TTier.Load(ref output, d + 2 * step),
                o3 = TTier.Load(ref output, d + 3 * step);
            for (nint k = 0; k < count; k++)
            {
                TVector weight = TTier.Create(Unsafe.Add(ref weights, k));
                nint at = k * stride + d;
                o0 = TTier.MultiplyAdd(weight, TTier.Load(ref values, at), o0);
                o1 = TTier.MultiplyAdd(weight, TTier.Load(ref values, at + step), o1);
                o2 = TTier.MultiplyAdd(weight, TTier.Load(ref values, at + 2 * step), o2);
                o3 = TTier.MultiplyAdd(weight, TTier.Load(ref values, at + 3 * step), o3);
            }
            TTier.Store(o0, ref output, d);
            TTier.Store(o1, ref output, d + step);
            TTier.Store(o2, ref output, d + 2 * step);
            TTier.Store(o3, ref output, d + 3 * step);
        }
        for (; d + step <= dim; d += step)
        {
            TVector even = TTier.Load(ref output, d), odd = default;
            nint k = 0;
            for (; k + 2 <= count; k += 2)
            {
                even = TTier.MultiplyAdd(TTier.Create(Unsafe.Add(ref weights, k)), TTier.Load(ref values, k * stride + d), even);
                odd = TTier.MultiplyAdd(TTier.Create(Unsafe.Add(ref weights, k + 1)), TTier.Load(ref values, (k + 1) * stride + d), odd);
            }
            if (k < count)
            {
                even = TTier.MultiplyAdd(TTier.Create(Unsafe.Add(ref weights, k)), TTier.Load(ref values, k * stride + d), even);
            }
            TTier.Store(TTier.Add(even, odd), ref output, d);
        }
        for (; d < dim; d++)
        {
            for (nint k = 0; k < count; k++)
            {
                Unsafe.Add(ref output, d) += Unsafe.Add(ref weights, k) * Unsafe.Add(ref values, k * stride + d);
            }
        }
    }

    /// <summary>Prefetches a row. An address beyond the end of the memory is harmless.</summary>
    static unsafe void Prefetch(ref float row, int dim)
    {
        if (Sse.IsSupported)
        {
            for (int d = 0; d < dim; d += CacheLine)
            {
                Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref row, d)));
            }
        }
    }

    /// <summary>Represents the sums of a bundle and their inputs.</summary>
    readonly ref struct State(
        Rows queries,
        Rows keys,
        Rows values,
        AttentionShape shape,
        int head,
        Rows output,
        Span<float> max,
        Span<float> sum,
        Span<float> weights)
    {
        internal readonly Rows Queries = queries, Keys = keys, Values = values, Output = output;
        internal readonly AttentionShape Shape = shape;
        internal readonly int Head = head;
        internal readonly Span<float> Max = max, Sum = sum; // [queries · group]
        internal readonly Span<float> Weights = weights;    // [Block]

        /// <summary>[group · Dh] a row's heads that share the key head.</summary>
        internal Span<float> Of(Rows rows, int row) => rows[row].Slice(Head * Shape.HeadDim * Shape.Group, Shape.Group * Shape.HeadDim);
    }
}
