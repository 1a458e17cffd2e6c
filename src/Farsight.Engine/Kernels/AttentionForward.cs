using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>Computes the forward pass of one chunk of lanes, at one register width.</summary>
static class AttentionForward<TVector, TTier>
    where TVector : struct
    where TTier : IVectorTier<TVector>
{
    const int Lanes = AttentionScratch.Lanes, Panel = AttentionScratch.Panel, KeyBlock = AttentionScratch.KeyBlock;

    internal static void Run(Rows queries, Rows keys, Rows values, AttentionShape shape, AttentionPlan plan, Rows output, Rows logSumExp) =>
        AttentionChunks.Forward(
            plan, (chunk, head) => Compute(queries, keys, values, shape, plan, chunk, head, output, logSumExp));

    static void Compute(
        Rows queries,
        Rows keys,
        Rows values,
        AttentionShape shape,
        AttentionPlan plan,
        AttentionPlan.Chunk chunk,
        int head,
        Rows output,
        Rows logSumExp)
    {
        using AttentionScratch scratch = AttentionScratch.Take(shape.HeadDim, backward: false);
        AttentionLanes lanes = scratch.LaneTable;
        lanes.Fill(chunk, shape, plan.Heads, head);
        State state = new(scratch, lanes.Blocks);
        for (int b = 0; b < lanes.Blocks; b++)
        {
            lanes.PackColumns(b, queries, shape.Scale * AttentionScores.Log2E, state.Query(b));
        }

        foreach (AttentionKeyBlock block in new AttentionKeyBlocks(chunk.Bundle, lanes))
        {
            Span<int> rows = scratch.KeyRows.AsSpan(0, block.Count);
            chunk.Bundle.KeyRows(block.Prefix, block.First, rows);
            AttentionKeys.RowPanels(keys, rows, head * shape.HeadDim, shape.HeadDim, scratch.Depth, state.Keys);
            AttentionKeys.ColumnPanels(values, rows, head * shape.HeadDim, shape.HeadDim, scratch.Depth, state.Values);
            for (int b = 0; b < lanes.Blocks; b++)
            {
                int count = block.SeenBy(lanes, b);
                if (count > 0)
                {
                    Step(state, shape, lanes, b, block, count);
                }
            }
        }
        for (int b = 0; b < lanes.Blocks; b++)
        {
            Finish(lanes, b, state.Output(b), state.Max(b), state.Sum(b), output, logSumExp);
        }
    }

    /// <summary>Scores, online softmax and weighted values of 32 lanes and one key block.</summary>
    static void Step(State state, AttentionShape shape, AttentionLanes lanes, int b, AttentionKeyBlock block, int count)
    {
        int panels = (count + Panel - 1) / Panel, depth = state.Depth;
        AttentionScores<TVector, TTier>.Products(state.Keys, state.Query(b), panels, depth, state.Scores);
        AttentionScores<TVector, TTier>.Limit(shape, panels, state.Scores);
        AttentionScores<TVector, TTier>.Mask(lanes, b, block, panels * Panel, state.Scores);
        Softmax(
            ref MemoryMarshal.GetReference(state.Scores), panels * Panel, ref MemoryMarshal.GetReference(state.Max(b)),
            ref MemoryMarshal.GetReference(state.Sum(b)), ref MemoryMarshal.GetReference(state.Output(b)), depth);

        int stride = (block.Count + Panel - 1) / Panel * Panel * Panel;
        for (int d = 0; d < depth; d += Panel)
        {
            AttentionTile<TVector, TTier>.Panel(
                ref MemoryMarshal.GetReference(state.Values[(d / Panel * stride)..]), ref MemoryMarshal.GetReference(state.Scores),
                panels * Panel, ref MemoryMarshal.GetReference(state.Output(b)[(d * Lanes)..]), add: true);
        }
    }

    /// <summary>Turns scores (in bits) into weights 2^(s − max) and brings sums and outputs of earlier blocks to the new maximum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Softmax(ref float scores, int count, ref float max, ref float sum, ref float output, int depth)
    {
        for (nint j = 0; j < Lanes; j += 2 * TTier.Count)
        {
            nint j1 = j + TTier.Count;
            TVector old0 = TTier.Load(ref max, j), old1 = TTier.Load(ref max, j1), max0 = old0, max1 = old1;
            for (nint k = 0; k < count; k++)
            {
                max0 = TTier.Max(max0, TTier.Load(ref scores, k * Lanes + j));
                max1 = TTier.Max(max1, TTier.Load(ref scores, k * Lanes + j1));
            }
            TVector sum0 = TTier.Load(ref sum, j), sum1 = TTier.Load(ref sum, j1);
            if (!TTier.Same(old0, max0) || !TTier.Same(old1, max1))
            {
                TVector factor0 = VectorExp.PowerOfTwo<TVector, TTier>(TTier.Subtract(old0, max0));
                TVector factor1 = VectorExp.PowerOfTwo<TVector, TTier>(TTier.Subtract(old1, max1));
                (sum0, sum1) = (TTier.Multiply(sum0, factor0), TTier.Multiply(sum1, factor1));
                for (nint d = 0; d < depth; d++)
                {
                    TTier.Store(TTier.Multiply(TTier.Load(ref output, d * Lanes + j), factor0), ref output, d * Lanes + j);
                    TTier.Store(TTier.Multiply(TTier.Load(ref output, d * Lanes + j1), factor1), ref output, d * Lanes + j1);
                }
            }
            for (nint k = 0; k < count; k++)
            {
                TVector p0 = VectorExp.PowerOfTwo<TVector, TTier>(TTier.Subtract(TTier.Load(ref scores, k * Lanes + j), max0));
                TVector p1 = VectorExp.PowerOfTwo<TVector, TTier>(TTier.Subtract(TTier.Load(ref scores, k * Lanes + j1), max1));
                (sum0, sum1) = (TTier.Add(sum0, p0), TTier.Add(sum1, p1));
                TTier.Store(p0, ref scores, k * Lanes + j);
                TTier.Store(p1, ref scores, k * Lanes + j1);
            }
            TTier.Store(max0, ref max, j);
            TTier.Store(max1, ref max, j1);
            TTier.Store(sum0, ref sum, j);
            TTier.Store(sum1, ref sum, j1);
        }
    }

    /// <summary>Divides the outputs of 32 lanes by their sums of weights, and writes them and their logSumExp.</summary>
    internal static void Finish(
        AttentionLanes lanes, int b, ReadOnlySpan<float> packed, Span<float> max, Span<float> sum, Rows output, Rows logSumExp)
    {
        for (int i = 0; i < Lanes; i++)
        {
            max[i] = (max[i] + MathF.Log2(sum[i])) / AttentionScores.Log2E;
            sum[i] = 1f / sum[i];
        }
        lanes.UnpackColumns(b, packed, sum, output);
        lanes.UnpackValues(b, max, logSumExp);
    }

    /// <summary>Represents the arrays of a chunk.</summary>
    readonly ref struct State
    {
        readonly Span<float> _queries, _outputs, _max, _sum;

        internal State(AttentionScratch scratch, int blocks)
        {
            Depth = scratch.Depth;
            AttentionScratch.Taker take = scratch.Floats();
            _queries = take.Floats(blocks * Lanes * Depth);
            _outputs = take.Floats(blocks * Lanes * Depth);
            _max = take.Floats(blocks * Lanes);
            _sum = take.Floats(blocks * Lanes);
            Keys = take.Floats(KeyBlock * Depth);
            Values = take.Floats(KeyBlock * Depth);
            Scores = take.Floats(KeyBlock * Lanes);
            _outputs.Clear();
            _max.Fill(AttentionScores.Lowest);
            _sum.Clear();
        }

        internal int Depth { get; }

        internal Span<float> Keys { get; }

        internal Span<float> Values { get; }

        internal Span<float> Scores { get; }

        internal Span<float> Query(int block) => _queries.Slice(block * Lanes * Depth, Lanes * Depth);

        internal Span<float> Output(int block) => _outputs.Slice(block * Lanes * Depth, Lanes * Depth);

        internal Span<float> Max(int block) => _max.Slice(block * Lanes, Lanes);

        internal Span<float> Sum(int block) => _sum.Slice(block * Lanes, Lanes);
    }
}
