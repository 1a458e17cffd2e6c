using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>Computes the backward pass of one family of chunks, at one register width.</summary>
static class AttentionBackward<TVector, TTier>
    where TVector : struct
    where TTier : IVectorTier<TVector>
{
    const int Lanes = AttentionScratch.Lanes, Panel = AttentionScratch.Panel, KeyBlock = AttentionScratch.KeyBlock;

    internal static void Run(AttentionInputs inputs, AttentionShape shape, AttentionPlan plan, AttentionGradients gradients) =>
        AttentionChunks.Backward(
            plan, inputs.Keys.Count, shape, gradients, (chunk, head, target) => Compute(inputs, shape, plan, chunk, head, target));

    static void Compute(
        AttentionInputs inputs,
        AttentionShape shape,
        AttentionPlan plan,
        AttentionPlan.Chunk chunk,
        int head,
        AttentionGradients gradients)
    {
        using AttentionScratch scratch = AttentionScratch.Take(shape.HeadDim, backward: true);
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
            AttentionKeys.RowPanels(inputs.Keys, rows, column, shape.HeadDim, state.Depth, state.Keys);
            AttentionKeys.RowPanels(inputs.Values, rows, column, shape.HeadDim, state.Depth, state.Values);
            AttentionKeys.ColumnPanels(inputs.Keys, rows, column, shape.HeadDim, state.Depth, state.KeyColumns);
            state.DKeys.Clear();
            state.DValues.Clear();
            for (int b = 0; b < lanes.Blocks; b++)
            {
                int count = block.SeenBy(lanes, b);
                if (count > 0)
                {
                    Step(state, shape, lanes, b, block, count);
                }
            }
            AddRows(state.DKeys, state.Width, rows, gradients.Keys, column, shape.HeadDim);
            AddRows(state.DValues, state.Width, rows, gradients.Values, column, shape.HeadDim);
        }
        for (int b = 0; b < lanes.Blocks; b++)
        {
            lanes.AddColumns(b, state.DQuery(b), shape.Scale, gradients.Queries);
        }
    }

    static void Pack(State state, AttentionLanes lanes, int b, AttentionInputs inputs, float scale)
    {
        lanes.PackColumns(b, inputs.Queries, scale * AttentionScores.Log2E, state.Query(b));
        lanes.PackRows(b, inputs.Queries, scale, state.Width, state.QueryRows(b));
        lanes.PackColumns(b, inputs.DOutput, 1f, state.DOutput(b));
        lanes.PackRows(b, inputs.DOutput, 1f, state.Width, state.DOutputRows(b));
        lanes.PackValues(b, inputs.LogSumExp, AttentionScores.Log2E, state.LogSumExp(b));
        lanes.Dots(b, inputs.DOutput, inputs.Output, state.Delta(b));
    }

    /// <summary>All gradients that 32 lanes and one key block give each other.</summary>
    static void Step(State state, AttentionShape shape, AttentionLanes lanes, int b, AttentionKeyBlock block, int count)
    {
        int panels = (count + Panel - 1) / Panel;
        AttentionScores<TVector, TTier>.Products(state.Keys, state.Query(b), panels, state.Depth, state.Scores);
        AttentionScores<TVector, TTier>.Limit(shape, panels, state.Scores);
        AttentionScores<TVector, TTier>.Mask(lanes, b, block, panels * Panel, state.Scores);
        AttentionScores<TVector, TTier>.Products(state.Values, state.DOutput(b), panels, state.Depth, state.DScores);
        ref float scores = ref MemoryMarshal.GetReference(state.Scores), dScores = ref MemoryMarshal.GetReference(state.DScores);
        ref float logSumExp = ref MemoryMarshal.GetReference(state.LogSumExp(b)), delta = ref MemoryMarshal.GetReference(state.Delta(b));
        Weights(shape, panels * Panel, ref scores, ref dScores, ref logSumExp, ref delta);

        int stride = (block.Count + Panel - 1) / Panel * Panel * Panel;
        for (int d = 0; d < state.Depth; d += Panel)
        {
            AttentionTile<TVector, TTier>.Panel(
                ref MemoryMarshal.GetReference(state.KeyColumns[(d / Panel * stride)..]), ref MemoryMarshal.GetReference(state.DScores),
                panels * Panel, ref MemoryMarshal.GetReference(state.DQuery(b)[(d * Lanes)..]), add: true);
        }
        Spread(state.Scores, state.DOutputRows(b), panels, state.Width, state.DValues);
        Spread(state.DScores, state.QueryRows(b), panels, state.Width, state.DKeys);
    }

    /// <summary>Turns scores and gradients by weights into weights and gradients by scores.</summary>
    internal static void Weights(AttentionShape shape, int count, ref float scores, ref float dScores, ref float logSumExp, ref float delta)
    {
        if (shape.SoftcapBits is { } cap)
        {
            LimitedWeights(ref scores, ref dScores, count, ref logSumExp, ref delta, cap);
        }
        else
        {
            UnlimitedWeights(ref scores, ref dScores, count, ref logSumExp, ref delta);
        }
    }

    /// <summary>P = 2^(S − logSumExp), both in bits, in place of the scores, dS = P ∘ (dP − delta) in place of dP.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void UnlimitedWeights(ref float scores, ref float dScores, int count, ref float logSumExp, ref float delta)
    {
        for (nint j = 0; j < Lanes; j += TTier.Count)
        {
            TVector log = TTier.Load(ref logSumExp, j), mean = TTier.Load(ref delta, j);
            for (nint k = 0; k < count; k++)
            {
                TVector p = VectorExp.PowerOfTwo<TVector, TTier>(TTier.Subtract(TTier.Load(ref scores, k * Lanes + j), log));
                TTier.Store(p, ref scores, k * Lanes + j);
                TTier.Store(TTier.Multiply(p, TTier.Subtract(TTier.Load(ref dScores, k * Lanes + j), mean)), ref dScores, k * Lanes + j);
            }
        }
    }

    /// <summary>As <see cref="UnlimitedWeights"/>, with dS times the slope of the soft limit; 0 where the mask is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void LimitedWeights(ref float scores, ref float dScores, int count, ref float logSumExp, ref float delta, float cap)
    {
        TVector zero = TTier.Create(0), inverseCap = TTier.Create(1 / cap);
        for (nint j = 0; j < Lanes; j += TTier.Count)
        {
            TVector log = TTier.Load(ref logSumExp, j), mean = TTier.Load(ref delta, j);
            for (nint k = 0; k < count; k++)
            {
                TVector score = TTier.Load(ref scores, k * Lanes + j);
                TVector p = VectorExp.PowerOfTwo<TVector, TTier>(TTier.Subtract(score, log));
                TVector d = TTier.Multiply(p, TTier.Subtract(TTier.Load(ref dScores, k * Lanes + j), mean));
                TVector limited = TTier.Multiply(d, Softcap.Slope<TVector, TTier>(score, inverseCap));
                TTier.Store(p, ref scores, k * Lanes + j);
                TTier.Store(TTier.IfLess(zero, p, limited, zero), ref dScores, k * Lanes + j);
            }
        }
    }

    /// <summary>target[key, d] += Σ over lanes of weights[key, lane] · rows[lane, d].</summary>
    static void Spread(ReadOnlySpan<float> weights, ReadOnlySpan<float> rows, int panels, int width, Span<float> target)
    {
        for (int d = 0; d < width; d += Lanes)
        {
            for (int p = 0; p < panels; p++)
            {
                AttentionTile<TVector, TTier>.Lanes(
                    ref MemoryMarshal.GetReference(weights.Slice(p * Panel * Lanes, Panel * Lanes)),
                    ref MemoryMarshal.GetReference(rows[d..]),
                    ref MemoryMarshal.GetReference(target.Slice(p * Panel * width + d, (Panel - 1) * width + Lanes)), width);
            }
        }
    }

    /// <summary>target[rows[i], column …] += block[i].</summary>
    internal static void AddRows(ReadOnlySpan<float> block, int width, ReadOnlySpan<int> rows, Rows target, int column, int headDim)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            Span<float> to = target[rows[i]].Slice(column, headDim);
            TensorPrimitives.Add(to, block.Slice(i * width, headDim), to);
        }
    }

    /// <summary>Represents the arrays of a chunk.</summary>
    readonly ref struct State
    {
        readonly Span<float> _queries, _queryRows, _dOutputs, _dOutputRows, _dQueries, _logSumExp, _delta;

        internal State(AttentionScratch scratch, int blocks)
        {
            (Depth, Width) = (scratch.Depth, scratch.Width);
            int lanes = blocks * Lanes;
            AttentionScratch.Taker take = scratch.Floats();
            _queries = take.Floats(lanes * Depth);
            _dOutputs = take.Floats(lanes * Depth);
            _dQueries = take.Floats(lanes * Depth);
            _queryRows = take.Floats(lanes * Width);
            _dOutputRows = take.Floats(lanes * Width);
            _logSumExp = take.Floats(lanes);
            _delta = take.Floats(lanes);
            Keys = take.Floats(KeyBlock * Depth);
            Values = take.Floats(KeyBlock * Depth);
            KeyColumns = take.Floats(KeyBlock * Depth);
            DKeys = take.Floats(KeyBlock * Width);
            DValues = take.Floats(KeyBlock * Width);
            Scores = take.Floats(KeyBlock * Lanes);
            DScores = take.Floats(KeyBlock * Lanes);
            _dQueries.Clear();
        }

        internal int Depth { get; }

        internal int Width { get; }

        internal Span<float> Keys { get; }

        internal Span<float> Values { get; }

        internal Span<float> KeyColumns { get; }

        internal Span<float> DKeys { get; }

        internal Span<float> DValues { get; }

        internal Span<float> Scores { get; }

        internal Span<float> DScores { get; }

        internal Span<float> Query(int block) => _queries.Slice(block * Lanes * Depth, Lanes * Depth);

        internal Span<float> QueryRows(int block) => _queryRows.Slice(block * Lanes * Width, Lanes * Width);

        internal Span<float> DOutput(int block) => _dOutputs.Slice(block * Lanes * Depth, Lanes * Depth);

        internal Span<float> DOutputRows(int block) => _dOutputRows.Slice(block * Lanes * Width, Lanes * Width);

        internal Span<float> DQuery(int block) => _dQueries.Slice(block * Lanes * Depth, Lanes * Depth);

        internal Span<float> LogSumExp(int block) => _logSumExp.Slice(block * Lanes, Lanes);

        internal Span<float> Delta(int block) => _delta.Slice(block * Lanes, Lanes);
    }
}

/// <summary>Represents the inputs of the backward pass.</summary>
readonly record struct AttentionInputs(Rows DOutput, Rows Queries, Rows Keys, Rows Values, Rows Output, Rows LogSumExp);

/// <summary>Represents the gradients to which the backward pass adds.</summary>
readonly record struct AttentionGradients(Rows Queries, Rows Keys, Rows Values);
