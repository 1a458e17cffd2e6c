using System.Runtime.Intrinsics;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Kernels;

/// <summary>Computes exact causal grouped-query attention over token trees in blocks: memory grows with T, not with T².</summary>
/// <remarks>
/// For a query q of head h and the keys k[j], values v[j] of head h / (H / Hkv) that its span shows it, of which a window leaves
/// the last ones:
/// s[j] = a · q·k[j] with the scale a, p[j] = e^(s[j] − L), L = log Σ e^s[j], o = Σ p[j] · v[j]. With a soft limit c, the scores are
/// c · tanh(s[j] / c).
/// Blocks of 96 keys meet blocks of 32 lanes (a lane is one query of one head); the sum is kept relative to a running
/// maximum. Heads whose spans differ are computed one set after the other. Source: arXiv:2205.14135, Algorithms 1 and 4, and
/// arXiv:2307.08691.
/// </remarks>
static partial class TreeAttention
{
    /// <summary>Computes the output and logSumExp rows of all queries named by the spans.</summary>
    /// <param name="queries">[T, H · Dh], rotated.</param>
    /// <param name="keys">[S, Hkv · Dh], rotated.</param>
    /// <param name="values">[S, Hkv · Dh].</param>
    /// <param name="shape">Heads.</param>
    /// <param name="spans">Who sees what.</param>
    /// <param name="output">[T, H · Dh], overwritten in the rows of the spans.</param>
    /// <param name="logSumExp">[T, H], overwritten in the rows of the spans; <see cref="Backward"/> needs it. Nats.</param>
    /// <exception cref="ArgumentException">Widths do not fit the shape, or a span leaves the rows.</exception>
    public static void Forward(
        Rows queries, Rows keys, Rows values, AttentionShape shape, IReadOnlyList<AttentionSpan> spans, Rows output, Rows logSumExp)
    {
        Check(queries, keys, values, shape, spans);
        Like(queries, output);
        Shape.Same(queries.Count, logSumExp.Count);
        Shape.Same(shape.Heads, logSumExp.Width);

        foreach (AttentionPlan plan in AttentionPlan.For(spans, shape))
        {
            if (Vector512.IsHardwareAccelerated)
            {
                Forward<Vector512<float>, Tier512>(queries, keys, values, shape, plan, output, logSumExp);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                Forward<Vector256<float>, Tier256>(queries, keys, values, shape, plan, output, logSumExp);
            }
            else
            {
                Forward<Vector128<float>, Tier128>(queries, keys, values, shape, plan, output, logSumExp);
            }
        }
    }

    /// <summary>Adds the gradients of all queries named by the spans, and of the keys and values they see.</summary>
    /// <remarks>
    /// The weights p are computed again from logSumExp. With δ = dO·o: dp[j] = dO·v[j], ds[j] = p[j] · (dp[j] − δ), times
    /// 1 − tanh² with a soft limit; dQ += a · Σ ds[j] · k[j], dK[j] += a · ds[j] · q, dV[j] += p[j] · dO.
    /// </remarks>
    /// <param name="dOutput">[T, H · Dh] gradient of the loss by the output.</param>
    /// <param name="queries">As given to <see cref="Forward"/>.</param>
    /// <param name="keys">As given to <see cref="Forward"/>.</param>
    /// <param name="values">As given to <see cref="Forward"/>.</param>
    /// <param name="output">What <see cref="Forward"/> computed.</param>
    /// <param name="logSumExp">What <see cref="Forward"/> computed.</param>
    /// <param name="shape">Heads.</param>
    /// <param name="spans">As given to <see cref="Forward"/>.</param>
    /// <param name="dQueries">[T, H · Dh] accumulated, not overwritten.</param>
    /// <param name="dKeys">[S, Hkv · Dh] accumulated, not overwritten.</param>
    /// <param name="dValues">[S, Hkv · Dh] accumulated, not overwritten.</param>
    /// <exception cref="ArgumentException">Widths do not fit the shape, or a span leaves the rows.</exception>
    public static void Backward(
        Rows dOutput, Rows queries, Rows keys, Rows values, Rows output, Rows logSumExp, AttentionShape shape,
        IReadOnlyList<AttentionSpan> spans, Rows dQueries, Rows dKeys, Rows dValues)
    {
        Check(queries, keys, values, shape, spans);
        Like(queries, dOutput);
        Like(queries, output);
        Like(queries, dQueries);
        Like(keys, dKeys);
        Like(keys, dValues);
        Shape.Same(queries.Count, logSumExp.Count);
        Shape.Same(shape.Heads, logSumExp.Width);

        AttentionInputs inputs = new(dOutput, queries, keys, values, output, logSumExp);
        AttentionGradients gradients = new(dQueries, dKeys, dValues);
        foreach (AttentionPlan plan in AttentionPlan.For(spans, shape))
        {
            if (Vector512.IsHardwareAccelerated)
            {
                Backward<Vector512<float>, Tier512>(inputs, shape, plan, gradients);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                Backward<Vector256<float>, Tier256>(inputs, shape, plan, gradients);
            }
            else
            {
                Backward<Vector128<float>, Tier128>(inputs, shape, plan, gradients);
            }
        }
    }

    internal static void Forward<TVector, TTier>(
        Rows queries, Rows keys, Rows values, AttentionShape shape, AttentionPlan plan, Rows output, Rows logSumExp)
        where TVector : struct
        where TTier : IVectorTier<TVector>
    {
        if (shape.Arithmetic == Arithmetic.BF16)
        {
            Bf16AttentionForward<TVector, TTier>.Run(queries, keys, values, shape, plan, output, logSumExp);
        }
        else
        {
            AttentionForward<TVector, TTier>.Run(queries, keys, values, shape, plan, output, logSumExp);
        }
    }

    internal static void Backward<TVector, TTier>(
        AttentionInputs inputs, AttentionShape shape, AttentionPlan plan, AttentionGradients gradients)
        where TVector : struct
        where TTier : IVectorTier<TVector>
    {
        if (shape.Arithmetic == Arithmetic.BF16)
        {
            Bf16AttentionBackward<TVector, TTier>.Run(inputs, shape, plan, gradients);
        }
        else
        {
            AttentionBackward<TVector, TTier>.Run(inputs, shape, plan, gradients);
        }
    }

    static void Check(Rows queries, Rows keys, Rows values, AttentionShape shape, IReadOnlyList<AttentionSpan> spans)
    {
        Shape.Same(shape.Heads, shape.Group * shape.KeyValueHeads);
        Shape.Same(shape.QueryWidth, queries.Width);
        Shape.Same(shape.KeyWidth, keys.Width);
        Like(keys, values);
        foreach (AttentionSpan span in spans)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(span.Window, 1, nameof(spans));
            Within(new(span.FirstQuery, span.QueryCount), queries.Count, "queries");
            Within(new(span.FirstKey, span.QueryCount), keys.Count, "keys");
            foreach (KeyRange range in span.Prefix)
            {
                Within(range, keys.Count, "keys");
            }
            if (span.Heads is { } heads && (heads.Start < 0 || heads.Count < 0 || (long)heads.Start + heads.Count > shape.Heads))
            {
                throw new ArgumentException($"A span is for {heads.Count} heads from head {heads.Start}; there are {shape.Heads} heads.");
            }
        }
    }

    static void Like(Rows expected, Rows actual)
    {
        Shape.Same(expected.Count, actual.Count);
        Shape.Same(expected.Width, actual.Width);
    }

    static void Within(KeyRange range, int rows, string what)
    {
        if (range.Start < 0 || range.Count < 0 || (long)range.Start + range.Count > rows)
        {
            throw new ArgumentException($"A span names {range.Count} {what} from row {range.Start}; there are {rows} rows.");
        }
    }
}
