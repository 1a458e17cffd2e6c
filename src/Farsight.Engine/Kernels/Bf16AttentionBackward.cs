using Farsight.Engine.Kernels.Assembled;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Kernels;

/// <summary>Computes the backward pass of one chunk of lanes with products in BF16; weights and their gradients are F32 before.</summary>
/// <remarks>
/// The walk is that of <see cref="AttentionBackward{TVector, TTier}"/>, but for the gradients of keys and values: the weights of all lanes
/// of a chunk are collected in BF16 and multiplied once a key block, up to 256 lanes deep, where F32 goes 32 lanes at a time. A tile of
/// 16 pairs would load and store as long as it multiplies.
/// </remarks>
static unsafe class Bf16AttentionBackward<TVector, TTier>
    where TVector : struct
    where TTier : IVectorTier<TVector>
{
    const int Lanes = AttentionScratch.Lanes, KeyBlock = AttentionScratch.KeyBlock, Panel = Bf16Tile.Rows;
    const int Pitch = AttentionScratch.WeightsPitch;

    internal static void Run(AttentionInputs inputs, AttentionShape shape, AttentionPlan plan, AttentionGradients gradients) =>
        AttentionChunks.Backward(
            plan, inputs.Keys.Count, shape, gradients, (chunk, head, target) => Compute(inputs, shape, plan, chunk, head, target));

    static void Compute(
        AttentionInputs inputs, AttentionShape shape, AttentionPlan plan, AttentionPlan.Chunk chunk, int head, AttentionGradients gradients)
    {
        using AttentionScratch scratch = AttentionScratch.Take(shape.HeadDim, backward: true, Arithmetic.BF16);
        AttentionLanes lanes = scratch.LaneTable;
        lanes.Fill(chunk, shape, plan.Heads, head);
        State state = new(scratch, lanes.Blocks);
        for (int b = 0; b < lanes.Blocks; b++)
        {
            Pack(state, lanes, b, inputs, shape.Scale);
        }

        int column = head * shape.HeadDim;
        foreach (AttentionKeyBlock block in new AttentionKeyBlocks(chunk.Bundle, lanes))
        {
            Span<int> rows = scratch.KeyRows.AsSpan(0, block.Count);
            chunk.Bundle.KeyRows(block.Prefix, block.First, rows);
            Bf16AttentionOperands.PackRows(inputs.Keys, rows, column, shape.HeadDim, state.Width, state.Keys);
            Bf16AttentionOperands.PackRows(inputs.Values, rows, column, shape.HeadDim, state.Width, state.Values);
            Bf16AttentionOperands.PackRowPairs(inputs.Keys, rows, column, shape.HeadDim, state.Width, state.KeyPairs);
            int all = Padded(block.Count);
            for (int b = 0; b < lanes.Blocks; b++)
            {
                int keys = Padded(block.SeenBy(lanes, b));
                if (keys > 0)
                {
                    Step(state, shape, lanes, b, block, keys);
                }
                Collect(state.Scores, keys, all, state.Weights + b * Lanes / 2);
                Collect(state.DScores, keys, all, state.DWeights + b * Lanes / 2);
            }
            Spread(state, all);
            AttentionBackward<TVector, TTier>.AddRows(state.DKeys, state.Width, rows, gradients.Keys, column, shape.HeadDim);
            AttentionBackward<TVector, TTier>.AddRows(state.DValues, state.Width, rows, gradients.Values, column, shape.HeadDim);
        }
        for (int b = 0; b < lanes.Blocks; b++)
        {
            lanes.AddColumns(b, state.DQuery(b), shape.Scale, gradients.Queries);
        }
    }

    static int Padded(int keys) => (keys + Panel - 1) / Panel * Panel;

    static void Pack(State state, AttentionLanes lanes, int b, AttentionInputs inputs, float scale)
    {
        Bf16AttentionOperands.PackColumns(
            lanes, b, inputs.Queries, scale * AttentionScores.Log2E, state.Width, state.Floats, state.Query(b));
        Bf16AttentionOperands.PackColumns(lanes, b, inputs.DOutput, 1f, state.Width, state.Floats, state.DOutput(b));
        Bf16AttentionOperands.PackLanePairs(lanes, b, inputs.Queries, scale, state.Width, state.Floats, state.QueryPairs);
        Bf16AttentionOperands.PackLanePairs(lanes, b, inputs.DOutput, 1f, state.Width, state.Floats, state.DOutputPairs);
        lanes.PackValues(b, inputs.LogSumExp, AttentionScores.Log2E, state.LogSumExp(b));
        lanes.Dots(b, inputs.DOutput, inputs.Output, state.Delta(b));
    }

    /// <summary>Weights, gradients by scores and the gradient by the queries of 32 lanes and the first keys of a block.</summary>
    static void Step(State state, AttentionShape shape, AttentionLanes lanes, int b, AttentionKeyBlock block, int keys)
    {
        int pairs = state.Width / 2;
        float* scores = Bf16AttentionOperands.Floats(state.Scores), dScores = Bf16AttentionOperands.Floats(state.DScores);
        Bf16AttentionOperands.Multiply(state.Keys, pairs, 1, state.Query(b), scores, Lanes, pairs, keys, add: false);
        AttentionScores<TVector, TTier>.Limit(shape, keys / Panel, state.Scores);
        AttentionScores<TVector, TTier>.Mask(lanes, b, block, keys, state.Scores);
        Bf16AttentionOperands.Multiply(state.Values, pairs, 1, state.DOutput(b), dScores, Lanes, pairs, keys, add: false);
        AttentionBackward<TVector, TTier>.Weights(
            shape, keys, ref *scores, ref *dScores, ref state.LogSumExp(b)[0], ref state.Delta(b)[0]);
        Bf16Pairs.OfRowPairs(dScores, Lanes, keys, state.DScorePairs);
        Bf16AttentionOperands.Multiply(
            state.KeyPairs, 1, state.Width, state.DScorePairs, Bf16AttentionOperands.Floats(state.DQuery(b)), Lanes, keys / 2, state.Width,
            add: true);
    }

    /// <summary>Rounds the weights of 32 lanes to their place among all lanes; zeros for the keys that these lanes do not see.</summary>
    static void Collect(Span<float> weights, int keys, int all, uint* target)
    {
        Bf16Pairs.OfRows(Bf16AttentionOperands.Floats(weights), keys, target, Pitch);
        for (int key = keys; key < all; key++)
        {
            new Span<uint>(target + key * Pitch, Lanes / 2).Clear();
        }
    }

    /// <summary>dValues = weights · dOutput and dKeys = dWeights · queries, summed over all lanes of the chunk.</summary>
    static void Spread(State state, int keys)
    {
        float* dKeys = Bf16AttentionOperands.Floats(state.DKeys), dValues = Bf16AttentionOperands.Floats(state.DValues);
        for (int d = 0; d < state.Width; d += Lanes)
        {
            nint panel = (nint)d * state.LanePairs;
            Bf16AttentionOperands.Multiply(
                state.Weights, Pitch, 1, state.DOutputPairs + panel, dValues + d, state.Width, state.LanePairs, keys, add: false);
            Bf16AttentionOperands.Multiply(
                state.DWeights, Pitch, 1, state.QueryPairs + panel, dKeys + d, state.Width, state.LanePairs, keys, add: false);
        }
    }

    /// <summary>Represents the arrays of a chunk.</summary>
    readonly ref struct State
    {
        readonly Span<float> _queries, _dOutputs, _dQueries, _logSumExp, _delta;

        internal State(AttentionScratch scratch, int blocks)
        {
            Width = scratch.Width;
            int lanes = blocks * Lanes;
            LanePairs = lanes / 2;
            AttentionScratch.Taker take = scratch.Floats();
            _queries = take.Floats(lanes * Width / 2);
            _dOutputs = take.Floats(lanes * Width / 2);
            QueryPairs = Bf16AttentionOperands.Words(take.Floats(lanes * Width / 2));
            DOutputPairs = Bf16AttentionOperands.Words(take.Floats(lanes * Width / 2));
            _dQueries = take.Floats(lanes * Width);
            _logSumExp = take.Floats(lanes);
            _delta = take.Floats(lanes);
            Keys = Bf16AttentionOperands.Words(take.Floats(KeyBlock * Width / 2));
            Values = Bf16AttentionOperands.Words(take.Floats(KeyBlock * Width / 2));
            KeyPairs = Bf16AttentionOperands.Words(take.Floats(KeyBlock * Width / 2));
            DKeys = take.Floats(KeyBlock * Width);
            DValues = take.Floats(KeyBlock * Width);
            Scores = take.Floats(KeyBlock * Lanes);
            DScores = take.Floats(KeyBlock * Lanes);
            DScorePairs = Bf16AttentionOperands.Words(take.Floats(KeyBlock * Lanes / 2));
            Weights = Bf16AttentionOperands.Words(take.Floats(KeyBlock * Pitch));
            DWeights = Bf16AttentionOperands.Words(take.Floats(KeyBlock * Pitch));
            Floats = take.Floats(Lanes * Width);
            _dQueries.Clear();
        }

        internal int Width { get; }

        /// <summary>Half the lanes of the chunk.</summary>
        internal int LanePairs { get; }

        /// <summary>[keys, Width / 2] pairs of dimensions.</summary>
        internal uint* Keys { get; }

        /// <summary>[keys, Width / 2] pairs of dimensions.</summary>
        internal uint* Values { get; }

        /// <summary>[keys / 2, Width] pairs of keys.</summary>
        internal uint* KeyPairs { get; }

        /// <summary>[Width / 32, lanes / 2, 32] pairs of lanes.</summary>
        internal uint* QueryPairs { get; }

        /// <inheritdoc cref="QueryPairs"/>
        internal uint* DOutputPairs { get; }

        /// <summary>[keys, Width]</summary>
        internal Span<float> DKeys { get; }

        /// <summary>[keys, Width]</summary>
        internal Span<float> DValues { get; }

        /// <summary>[keys, 32]</summary>
        internal Span<float> Scores { get; }

        /// <summary>[keys, 32]</summary>
        internal Span<float> DScores { get; }

        /// <summary>[keys / 2, 32] pairs of keys.</summary>
        internal uint* DScorePairs { get; }

        /// <summary>[keys, lanes / 2] pairs of lanes.</summary>
        internal uint* Weights { get; }

        /// <inheritdoc cref="Weights"/>
        internal uint* DWeights { get; }

        /// <summary>[Width, 32] or [32, Width] scratch.</summary>
        internal Span<float> Floats { get; }

        /// <summary>[Width / 2, 32] pairs of dimensions.</summary>
        internal uint* Query(int block) => Bf16AttentionOperands.Words(_queries.Slice(block * Lanes * Width / 2, Lanes * Width / 2));

        /// <inheritdoc cref="Query"/>
        internal uint* DOutput(int block) => Bf16AttentionOperands.Words(_dOutputs.Slice(block * Lanes * Width / 2, Lanes * Width / 2));

        /// <summary>[Width, 32]</summary>
        internal Span<float> DQuery(int block) => _dQueries.Slice(block * Lanes * Width, Lanes * Width);

        internal Span<float> LogSumExp(int block) => _logSumExp.Slice(block * Lanes, Lanes);

        internal Span<float> Delta(int block) => _delta.Slice(block * Lanes, Lanes);
    }
}
