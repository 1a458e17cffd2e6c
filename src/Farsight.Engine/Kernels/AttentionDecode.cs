using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>One query of the heads that share a key head against all its keys, at one register width.</summary>
/// <remarks>Here registers run along the head dimension, as a single query leaves no other lanes.</remarks>
static class AttentionDecode<TVector, TTier>
    where TVector : struct
    where TTier : IVectorTier<TVector>
{
    const int Block = 64;

    /// <summary>Takes the keys in blocks, each for all the heads, so that they are read from memory once.</summary>
    internal static void Head(Rows query, Rows keys, Rows values, AttentionShape shape, int head, Rows output)
    {
        int group = shape.Group, dim = shape.HeadDim, column = head * dim, stride = keys.Width;
        Span<float> q = query[0].Slice(column * group, group * dim), o = output[0].Slice(column * group, group * dim);
        Span<float> weights = stackalloc float[Block], max = stackalloc float[group], sum = stackalloc float[group];
        o.Clear();
        max.Fill(float.NegativeInfinity);
        sum.Clear();
        for (int first = 0; first < keys.Count; first += Block)
        {
            int count = Math.Min(Block, keys.Count - first);
            ref float key = ref MemoryMarshal.GetReference(keys.Slice(first, count).Span[column..]);
            ref float value = ref MemoryMarshal.GetReference(values.Slice(first, count).Span[column..]);
            for (int g = 0; g < group; g++)
            {
                Span<float> to = o.Slice(g * dim, dim);
                weights.Fill(float.NegativeInfinity);
                Scores(ref MemoryMarshal.GetReference(q.Slice(g * dim, dim)), ref key, stride, count, dim, shape.Scale * AttentionScores.Log2E, ref MemoryMarshal.GetReference(weights));
                Softmax(weights, ref max[g], ref sum[g], to);
                AddValues(ref MemoryMarshal.GetReference(weights), ref value, stride, count, dim, ref MemoryMarshal.GetReference(to));
            }
        }
        for (int g = 0; g < group; g++)
        {
            TensorPrimitives.Multiply(o.Slice(g * dim, dim), 1f / sum[g], o.Slice(g * dim, dim));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Scores(ref float query, ref float keys, nint stride, int count, int dim, float scale, ref float scores)
    {
        for (nint k = 0; k < count; k++)
        {
            TVector products = default;
            nint d = 0;
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
            TVector weight = TTier.PowerOfTwo(TTier.Subtract(TTier.Load(ref scores[0], k), shift));
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
            TVector o0 = TTier.Load(ref output, d), o1 = TTier.Load(ref output, d + step), o2 = TTier.Load(ref output, d + 2 * step), o3 = TTier.Load(ref output, d + 3 * step);
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
}
