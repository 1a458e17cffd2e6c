using Farsight.Engine.Kernels.Assembled;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Kernels;

/// <summary>Computes the forward pass of one chunk of lanes with products in BF16; scores, softmax and sums are F32.</summary>
/// <remarks>The walk over chunks, key blocks and lanes is that of <see cref="AttentionForward{TVector, TTier}"/>.</remarks>
static unsafe class Bf16AttentionForward<TVector, TTier>
    where TVector : struct
    where TTier : IVectorTier<TVector>
{
    const int Lanes = AttentionScratch.Lanes, KeyBlock = AttentionScratch.KeyBlock, Panel = Bf16Tile.Rows;

    internal static void Run(Rows queries, Rows keys, Rows values, AttentionShape shape, AttentionPlan plan, Rows output, Rows logSumExp) =>
        AttentionChunks.Forward(
            plan, (chunk, head) => Compute(queries, keys, values, shape, plan, chunk, head, output, logSumExp));

    static void Compute(
        Rows queries, Rows keys, Rows values, AttentionShape shape, AttentionPlan plan, AttentionPlan.Chunk chunk, int head, Rows output,
        Rows logSumExp)
    {
        using AttentionScratch scratch = AttentionScratch.Take(shape.HeadDim, backward: false, Arithmetic.BF16);
        AttentionLanes lanes = scratch.LaneTable;
        lanes.Fill(chunk, shape, plan.Heads, head);
        State state = new(scratch, lanes.Blocks);
        for (int b = 0; b < lanes.Blocks; b++)
        {
            Bf16AttentionOperands.PackColumns(
                lanes, b, queries, shape.Scale * AttentionScores.Log2E, state.Width, state.Columns, state.Query(b));
        }

        foreach (AttentionKeyBlock block in new AttentionKeyBlocks(chunk.Bundle, lanes))
        {
            Span<int> rows = scratch.KeyRows.AsSpan(0, block.Count);
            chunk.Bundle.KeyRows(block.Prefix, block.First, rows);
            Bf16AttentionOperands.PackRows(keys, rows, head * shape.HeadDim, shape.HeadDim, state.Width, state.Keys);
            Bf16AttentionOperands.PackRowPairs(values, rows, head * shape.HeadDim, shape.HeadDim, state.Width, state.Values);
            for (int b = 0; b < lanes.Blocks; b++)
            {
                int count = block.SeenBy(lanes, b);
                if (count > 0)
                {
                    Step(state, shape, lanes, b, block, (count + Panel - 1) / Panel * Panel);
                }
            }
        }
        for (int b = 0; b < lanes.Blocks; b++)
        {
            AttentionForward<TVector, TTier>.Finish(lanes, b, state.Output(b), state.Max(b), state.Sum(b), output, logSumExp);
        }
    }

    /// <summary>Scores, online softmax and weighted values of 32 lanes and the first keys of a block, a multiple of 8.</summary>
    static void Step(State state, AttentionShape shape, AttentionLanes lanes, int b, AttentionKeyBlock block, int keys)
    {
        int pairs = state.Width / 2;
        Span<float> scores = state.Scores, output = state.Output(b);
        Bf16AttentionOperands.Multiply(
            state.Keys, pairs, 1, state.Query(b), Bf16AttentionOperands.Floats(scores), Lanes, pairs, keys, add: false);
        AttentionScores<TVector, TTier>.Limit(shape, keys / Panel, scores);
        AttentionScores<TVector, TTier>.Mask(lanes, b, block, keys, scores);
        AttentionForward<TVector, TTier>.Softmax(
            ref scores[0], keys, ref state.Max(b)[0], ref state.Sum(b)[0], ref output[0], state.Width);
        Bf16Pairs.OfRowPairs(Bf16AttentionOperands.Floats(scores), Lanes, keys, state.Weights);
        Bf16AttentionOperands.Multiply(
            state.Values, 1, state.Width, state.Weights, Bf16AttentionOperands.Floats(output), Lanes, keys / 2, state.Width, add: true);
    }

    /// <summary>Represents the arrays of a chunk.</summary>
    readonly ref struct State
    {
        readonly Span<float> _queries, _outputs, _max, _sum;

        internal State(AttentionScratch scratch, int blocks)
        {
            Width = scratch.Width;
            int lanes = blocks * Lanes;
            AttentionScratch.Taker take = scratch.Floats();
            _queries = take.Floats(lanes * Width / 2);
            _outputs = take.Floats(lanes * Width);
            _max = take.Floats(lanes);
            _sum = take.Floats(lanes);
            Keys = Bf16AttentionOperands.Words(take.Floats(KeyBlock * Width / 2));
            Values = Bf16AttentionOperands.Words(take.Floats(KeyBlock * Width / 2));
            Scores = take.Floats(KeyBlock * Lanes);
            Weights = Bf16AttentionOperands.Words(take.Floats(KeyBlock * Lanes / 2));
            Columns = take.Floats(Lanes * Width);
            _outputs.Clear();
            _max.Fill(AttentionScores.Lowest);
            _sum.Clear();
        }

        internal int Width { get; }

        /// <summary>[keys, Width / 2] pairs of dimensions.</summary>
        internal uint* Keys { get; }

        /// <summary>[keys / 2, Width] pairs of keys.</summary>
        internal uint* Values { get; }

        /// <summary>[keys, 32]</summary>
        internal Span<float> Scores { get; }

        /// <summary>[keys / 2, 32] pairs of keys.</summary>
        internal uint* Weights { get; }

        /// <summary>[Width, 32]</summary>
        internal Span<float> Columns { get; }

        /// <summary>[Width / 2, 32] pairs of dimensions.</summary>
        internal uint* Query(int block) => Bf16AttentionOperands.Words(_queries.Slice(block * Lanes * Width / 2, Lanes * Width / 2));

        /// <summary>[Width, 32]</summary>
        internal Span<float> Output(int block) => _outputs.Slice(block * Lanes * Width, Lanes * Width);

        internal Span<float> Max(int block) => _max.Slice(block * Lanes, Lanes);

        internal Span<float> Sum(int block) => _sum.Slice(block * Lanes, Lanes);
    }
}
