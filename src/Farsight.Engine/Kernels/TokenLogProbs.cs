using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Kernels;

/// <summary>Computes log-probabilities of target tokens from hidden states without storing [N, V] logits.</summary>
/// <remarks>
/// logProb[n] = logit[n, target[n]] − log Σ_v e^logit[n, v], with logits = hidden · headᵀ, in nats.
/// A <see cref="LogitRule"/> may scale and limit the logits. They are made tile by tile, in backward a second time. Rows are shared
/// among the cores inside a tile and tiles follow each other in one order, so the results have the same bits for any number of threads.
/// </remarks>
static class TokenLogProbs
{
    // A row of a tile is about a microsecond of exponentials.
    const int RowsPerBlock = 8;

    // 4 MiB of logits: large enough for the matrix product, small enough for the second-level caches of two cores.
    static readonly TileSize s_tile = new(Rows: 512, Vocabulary: 2048);

    /// <summary>Computes the log-probability of each row's target.</summary>
    /// <param name="hidden">[N, D] after the final norm; only the scored rows.</param>
    /// <param name="head">[V, D]</param>
    /// <param name="targets">[N] the token that each row must predict.</param>
    /// <param name="logProbs">[N] overwritten; nats.</param>
    /// <param name="logSumExp">[N] overwritten; backward needs it.</param>
    /// <param name="topTokens">[N] overwritten with the token of the largest logit, the first of equals.</param>
    /// <param name="rule">What happens to the logits; null for nothing.</param>
    /// <param name="arithmetic">How the products are computed.</param>
    /// <exception cref="ArgumentOutOfRangeException">A target is not in the vocabulary.</exception>
    public static void Forward(
        Rows hidden, WeightMatrix head, ReadOnlyMemory<int> targets, Memory<float> logProbs, Memory<float> logSumExp,
        Memory<int> topTokens, LogitRule? rule = null, Arithmetic arithmetic = Arithmetic.F32) =>
        Forward(hidden, head, targets, logProbs, logSumExp, topTokens, s_tile, rule, arithmetic);

    /// <summary>Adds the gradients to <paramref name="dHidden"/> and, when the head is trained, <paramref name="dHead"/>.</summary>
    /// <remarks>
    /// dLogits[n, v] = dLogProbs[n] · ([v = target[n]] − e^(logit[n, v] − logSumExp[n])); dHidden += dLogits · head;
    /// dHead += dLogitsᵀ · hidden.
    /// </remarks>
    /// <param name="dLogProbs">[N] gradient of the loss by each log-probability.</param>
    /// <param name="hidden">[N, D] as given to Forward.</param>
    /// <param name="head">[V, D]</param>
    /// <param name="targets">[N] as given to Forward.</param>
    /// <param name="logSumExp">[N] from Forward.</param>
    /// <param name="dHidden">[N, D] accumulated, not overwritten; null if only the head's gradient is needed.</param>
    /// <param name="dHead">[V, D] accumulated, not overwritten; null when the head is frozen.</param>
    /// <param name="rule">As given to Forward.</param>
    /// <param name="arithmetic">How the products are computed.</param>
    public static void Backward(
        ReadOnlyMemory<float> dLogProbs, Rows hidden, WeightMatrix head, ReadOnlyMemory<int> targets, ReadOnlyMemory<float> logSumExp,
        Rows? dHidden, Rows? dHead, LogitRule? rule = null, Arithmetic arithmetic = Arithmetic.F32) =>
        Backward(dLogProbs, hidden, head, targets, logSumExp, dHidden, dHead, s_tile, rule, arithmetic);

    internal static void Forward(
        Rows hidden, WeightMatrix head, ReadOnlyMemory<int> targets, Memory<float> logProbs, Memory<float> logSumExp,
        Memory<int> topTokens, TileSize size, LogitRule? rule = null, Arithmetic arithmetic = Arithmetic.F32)
    {
        Shape.Same(hidden.Count, logProbs.Length);
        Shape.Same(hidden.Count, topTokens.Length);
        Shape.Same(hidden.Count, logSumExp.Length);
        CheckTargets(hidden, head, targets);

        RunningLogSumExp[] running = new RunningLogSumExp[hidden.Count];
        Array.Fill(running, RunningLogSumExp.Empty);
        ForTiles(hidden, head, size, arithmetic, (firstRow, firstToken, logits) =>
            Workers.ForBlocks(logits.Count, RowsPerBlock, (first, count) =>
            {
                for (int row = first; row < first + count; row++)
                {
                    int n = firstRow + row, target = targets.Span[n] - firstToken;
                    rule?.Forward(logits[row]);
                    float before = running[n].Max;
                    running[n] = running[n].With(logits[row]);
                    if (running[n].Max > before)
                    {
                        topTokens.Span[n] = firstToken + TensorPrimitives.IndexOfMax(logits[row]);
                    }
                    if ((uint)target < (uint)logits.Width)
                    {
                        logProbs.Span[n] = logits[row][target];
                    }
                }
            }));

        for (int n = 0; n < running.Length; n++)
        {
            double value = running[n].Value;
            logProbs.Span[n] = (float)(logProbs.Span[n] - value);
            logSumExp.Span[n] = (float)value;
        }
    }

    internal static void Backward(
        ReadOnlyMemory<float> dLogProbs, Rows hidden, WeightMatrix head, ReadOnlyMemory<int> targets, ReadOnlyMemory<float> logSumExp,
        Rows? dHidden, Rows? dHead, TileSize size, LogitRule? rule = null, Arithmetic arithmetic = Arithmetic.F32)
    {
        Shape.Same(hidden.Count, dLogProbs.Length);
        Shape.Same(hidden.Count, logSumExp.Length);
        Shape.Same(hidden.Count, dHidden?.Count ?? hidden.Count);
        CheckTargets(hidden, head, targets);

        ForTiles(hidden, head, size, arithmetic, (firstRow, firstToken, logits) =>
        {
            Workers.ForBlocks(logits.Count, RowsPerBlock, (first, count) =>
            {
                for (int row = first; row < first + count; row++)
                {
                    int n = firstRow + row;
                    rule?.Forward(logits[row]);
                    ToGradient(logits[row], logSumExp.Span[n], dLogProbs.Span[n], targets.Span[n] - firstToken, rule);
                }
            });
            if (dHidden is { } sums)
            {
                Gemm.Multiply(logits, head, firstToken, sums.Slice(firstRow, logits.Count), add: true, arithmetic);
            }
            if (dHead is { } rows)
            {
                Gemm.AddOuter(logits, hidden.Slice(firstRow, logits.Count), rows.Slice(firstToken, logits.Width), arithmetic);
            }
        });
    }

    /// <summary>Turns a row of a tile from logits into the loss's gradients by them, in place.</summary>
    /// <param name="logits">[n] logits on entry, dLogits on return.</param>
    /// <param name="logSumExp">Over the whole vocabulary.</param>
    /// <param name="dLogProb">Gradient by the row's log-probability.</param>
    /// <param name="target">Index of the target in this row; outside of it when the target is in another tile.</param>
    /// <param name="rule">The rule that the logits followed; the gradients are those by the products before it.</param>
    internal static void ToGradient(Span<float> logits, float logSumExp, float dLogProb, int target, LogitRule? rule = null)
    {
        bool isHere = (uint)target < (uint)logits.Length;
        float slope = isHere && rule is not null ? rule.Slope(logits[target]) : 1;
        if (rule is null)
        {
            Elementwise.Run(logits.Length, new GradientKernel(logits, logSumExp, dLogProb));
        }
        else
        {
            Elementwise.Run(logits.Length, new RuledGradientKernel(logits, logSumExp, dLogProb, rule));
        }
        if (isHere)
        {
            logits[target] += dLogProb * slope;
        }
    }

    /// <summary>Calls <paramref name="tile"/> with first row, first token and [rows, tokens] logits, for all tiles in order.</summary>
    static void ForTiles(Rows hidden, WeightMatrix head, TileSize size, Arithmetic arithmetic, Action<int, int, Rows> tile)
    {
        using Scratch scratch = Scratch.Take(Math.Min(size.Rows, hidden.Count), Math.Min(size.Vocabulary, head.RowCount));
        for (int row = 0; row < hidden.Count; row += size.Rows)
        {
            Rows x = hidden.Slice(row, Math.Min(size.Rows, hidden.Count - row));
            for (int token = 0; token < head.RowCount; token += size.Vocabulary)
            {
                int tokens = Math.Min(size.Vocabulary, head.RowCount - token);
                Rows logits = scratch.Rows with { Count = x.Count, Width = tokens };
                Gemm.MultiplyTransposed(x, head, token, tokens, logits, add: false, arithmetic);
                tile(row, token, logits);
            }
        }
    }

    static void CheckTargets(Rows hidden, WeightMatrix head, ReadOnlyMemory<int> targets)
    {
        Shape.Same(hidden.Count, targets.Length);
        foreach (int target in targets.Span)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(target, nameof(targets));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(target, head.RowCount, nameof(targets));
        }
    }

    readonly ref struct GradientKernel(Span<float> logits, float logSumExp, float dLogProb) : IElementwise
    {
        readonly ref float _logits = ref MemoryMarshal.GetReference(logits);
        readonly float _logSumExp = logSumExp, _factor = -dLogProb;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TVector, TTier>(nint i)
            where TVector : struct
            where TTier : IVectorTier<TVector>
        {
            TVector p = VectorExp.Exp<TVector, TTier>(TTier.Subtract(TTier.Load(ref _logits, i), TTier.Create(_logSumExp)));
            TTier.Store(TTier.Multiply(p, TTier.Create(_factor)), ref _logits, i);
        }
    }

    readonly ref struct RuledGradientKernel(Span<float> logits, float logSumExp, float dLogProb, LogitRule rule) : IElementwise
    {
        readonly ref float _logits = ref MemoryMarshal.GetReference(logits);
        readonly float _logSumExp = logSumExp, _factor = -dLogProb, _scale = rule.Scale, _inverseCap = rule.InverseCap;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TVector, TTier>(nint i)
            where TVector : struct
            where TTier : IVectorTier<TVector>
        {
            TVector logit = TTier.Load(ref _logits, i);
            TVector p = VectorExp.Exp<TVector, TTier>(TTier.Subtract(logit, TTier.Create(_logSumExp)));
            TVector slope = TTier.Multiply(Softcap.Slope<TVector, TTier>(logit, TTier.Create(_inverseCap)), TTier.Create(_scale));
            TTier.Store(TTier.Multiply(TTier.Multiply(p, TTier.Create(_factor)), slope), ref _logits, i);
        }
    }

    /// <summary>Represents the part of the logits that is in memory at once.</summary>
    /// <param name="Rows">Hidden rows.</param>
    /// <param name="Vocabulary">Tokens.</param>
    internal readonly record struct TileSize(int Rows, int Vocabulary);
}

/// <summary>Represents what happens to the products of hidden state and head before they are logits: z = c · tanh(a · h·w / c).</summary>
/// <param name="Scale">a.</param>
/// <param name="Cap">c; null for a · h·w without a limit.</param>
sealed record LogitRule(float Scale, float? Cap)
{
    /// <summary>1 / c; 0 without a limit.</summary>
    internal float InverseCap => Cap is { } cap ? 1 / cap : 0;

    /// <summary>Turns products into logits, in place.</summary>
    internal void Forward(Span<float> products)
    {
        if (Scale != 1)
        {
            TensorPrimitives.Multiply(products, Scale, products);
        }
        if (Cap is { } cap)
        {
            Softcap.Forward(products, cap);
        }
    }

    /// <summary>Returns the derivative of a logit by its product.</summary>
    internal float Slope(float logit) => Scale * Softcap.Slope<float, Tier32>(logit, InverseCap);
}
