using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Tests.Engine.Kernels;

namespace Farsight.Benchmarks.Cases;

/// <summary>Causal attention of one sequence: full, or in shifted groups of so many tokens.</summary>
sealed class AttentionCase(int tokens, AttentionShape shape, int? group = null) : KernelCase
{
    readonly AttentionPattern? _pattern = group is { } g ? new AttentionPattern.ShiftedSparse(g) : null;
    Rows _queries, _keys, _values, _dOutput, _output, _logSumExp, _dQueries, _dKeys, _dValues;

    IReadOnlyList<AttentionSpan> Whole => Seen([new(0, tokens, [], 0)]);

    double Pairs => Whole.Sum(s => (s.Heads?.Count ?? shape.Heads) * (s.QueryCount * (s.QueryCount + 1.0) / 2));

    long QueryFloats => (long)tokens * shape.QueryWidth;

    long KeyFloats => (long)tokens * shape.KeyWidth;

    internal override Work ForwardWork => new(4 * shape.HeadDim * Pairs, sizeof(float) * (2.0 * QueryFloats + 2 * KeyFloats))
    {
        Arithmetic = shape.Arithmetic,
    };

    internal override Work BackwardWork => new(8 * shape.HeadDim * Pairs, sizeof(float) * (5.0 * QueryFloats + 6 * KeyFloats))
    {
        Arithmetic = shape.Arithmetic,
    };

    internal override void Prepare()
    {
        (_queries, _dOutput) = (Normal(tokens, shape.QueryWidth, 1), Normal(tokens, shape.QueryWidth, 2));
        (_keys, _values) = (Normal(tokens, shape.KeyWidth, 3), Normal(tokens, shape.KeyWidth, 4));
        (_output, _dQueries) = (Rows.Allocate(tokens, shape.QueryWidth), Rows.Allocate(tokens, shape.QueryWidth));
        (_dKeys, _dValues) = (Rows.Allocate(tokens, shape.KeyWidth), Rows.Allocate(tokens, shape.KeyWidth));
        _logSumExp = Rows.Allocate(tokens, shape.Heads);
        Forward();
    }

    internal override void Forward() => TreeAttention.Forward(_queries, _keys, _values, shape, Whole, _output, _logSumExp);

    internal override void Backward() => Backward(Whole);

    /// <summary>All outputs of some queries, and the gradients that these queries alone give.</summary>
    internal override void Check()
    {
        AttentionSpan[] some = [.. Some(tokens).Select(t => new AttentionSpan(t, 1, t > 0 ? [new(0, t)] : [], t))];
        TreeAttentionNaive.Result naive = TreeAttentionNaive.Run(
            _queries.Span.ToArray(), _keys.Span.ToArray(), _values.Span.ToArray(), _dOutput.Span.ToArray(), shape, some,
            group is { } g ? TreeAttentionNaive.Groups(g, shape.Heads) : null);
        Forward();
        Backward(Seen(some));
        double[] Expected(double[] all) =>
            [.. some.SelectMany(s => all.AsSpan(s.FirstQuery * shape.QueryWidth, shape.QueryWidth).ToArray())];
        float[] Actual(Rows all) => [.. some.SelectMany(s => all[s.FirstQuery].ToArray())];
        double factor = shape.Arithmetic == Arithmetic.F32 ? 1 : 3000; // BF16 numbers are off by 2⁻⁹ at most
        Near("output", Expected(naive.Output), Actual(_output), 1e-5 * factor);
        Near("dQueries", Expected(naive.DQueries), Actual(_dQueries), 1e-4 * factor);
        Near("dKeys", naive.DKeys, _dKeys.Span, 1e-4 * factor);
        Near("dValues", naive.DValues, _dValues.Span, 1e-5 * factor);
    }

    IReadOnlyList<AttentionSpan> Seen(IReadOnlyList<AttentionSpan> spans) => _pattern?.Of(spans, shape.Heads) ?? spans;

    void Backward(IReadOnlyList<AttentionSpan> spans) =>
        TreeAttention.Backward(_dOutput, _queries, _keys, _values, _output, _logSumExp, shape, spans, _dQueries, _dKeys, _dValues);
}
