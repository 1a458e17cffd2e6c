using System.Runtime.Intrinsics;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Tests.Engine.Kernels;

/// <summary>The spans and numbers that the tests run on.</summary>
public sealed partial class TreeAttentionTests
{
    static int Add(TokenTreeBuilder builder, int parent, int count) =>
        builder.Add(parent, new int[count], [.. Enumerable.Range(0, count)], scored: false);

    static Rows ToRows(float[] values, int width)
    {
        Rows rows = Rows.Allocate(values.Length / width, width);
        values.CopyTo(rows.Span);
        return rows;
    }

    static IReadOnlyList<AttentionSpan> SpansOf(string tree)
    {
        if (int.TryParse(tree, out int count))
        {
            return [new(0, count, [], 0)];
        }
        TokenTreeBuilder builder = new();
        switch (tree)
        {
            case "cache":
                return [new(0, 37, [new(0, 61)], 61)];
            case "tail of a node":
                return
                [
                    new(0, 40, [], 0),
                    new(40, 5, [new(0, 35)], 35),
                    new(45, 9, [new(0, 40), new(50, 3)], 53),
                    new(54, 9, [new(0, 40), new(50, 3)], 70),
                ];
            case "small":
                int stem = Add(builder, TokenTreeBuilder.Root, 5);
                _ = Add(builder, stem, 3);
                _ = Add(builder, stem, 2);
                break;
            case "prompt+leaves":
                int prompt = Add(builder, TokenTreeBuilder.Root, 101);
                foreach (int leaf in (int[])[12, 20, 7])
                {
                    _ = Add(builder, prompt, leaf);
                }
                break;
            case "two roots":
                foreach (int length in (int[])[130, 99])
                {
                    int root = Add(builder, TokenTreeBuilder.Root, length);
                    _ = Add(builder, root, 13);
                    _ = Add(builder, root, 33);
                }
                break;
            case "deep":
                int a = Add(builder, TokenTreeBuilder.Root, 40), b = Add(builder, a, 30), other = Add(builder, a, 9);
                _ = Add(builder, b, 11);
                _ = Add(builder, other, 14);
                _ = Add(builder, b, 12);
                _ = Add(builder, other, 1);
                break;
            default:
                int start = Add(builder, TokenTreeBuilder.Root, 20);
                _ = Add(builder, start, 110);
                _ = Add(builder, start, 98);
                break;
        }
        return AttentionSpan.For(builder.Build());
    }

    /// <summary>Results, the gradients without the noise that was in their buffers before.</summary>
    sealed record Outcome(float[] Output, float[] LogSumExp, float[] DQueries, float[] DKeys, float[] DValues)
    {
        internal float[] All => [.. Output, .. LogSumExp, .. DQueries, .. DKeys, .. DValues];
    }

    sealed class Case
    {
        internal Case(string tree, AttentionShape shape, float factor = 1, int window = int.MaxValue, int? group = null)
        {
            (Paths, Shape) = ([.. SpansOf(tree).Select(s => s with { Window = window })], shape);
            Spans = group is { } g ? new AttentionPattern.ShiftedSparse(g).Of(Paths, shape.Heads) : Paths;
            Mask = group is { } tokens ? TreeAttentionNaive.Groups(tokens, shape.Heads) : null;
            int queryRows = Spans.Max(s => s.FirstQuery + s.QueryCount);
            int keyRows = Spans.Max(s => Math.Max(s.FirstKey + s.QueryCount, s.Prefix.Select(r => r.End).DefaultIfEmpty(0).Max()));
            Queries = [.. TestData.Normal(queryRows * shape.Heads * shape.HeadDim, 1).Select(x => factor * x)];
            Keys = TestData.Normal(keyRows * shape.KeyValueHeads * shape.HeadDim, 2);
            Values = TestData.Normal(Keys.Length, 3);
            DOutput = TestData.Normal(Queries.Length, 4);
        }

        /// <summary>What the tree shows; the plain twin takes it with the mask.</summary>
        internal IReadOnlyList<AttentionSpan> Paths { get; }

        internal TreeAttentionNaive.Mask? Mask { get; }

        internal IReadOnlyList<AttentionSpan> Spans { get; }

        internal AttentionShape Shape { get; }

        internal float[] Queries { get; }

        internal float[] Keys { get; }

        internal float[] Values { get; }

        internal float[] DOutput { get; }

        internal TreeAttentionNaive.Result Naive() => TreeAttentionNaive.Run(Queries, Keys, Values, DOutput, Shape, Paths, Mask);

        internal Outcome Run(string tier)
        {
            int width = Shape.Heads * Shape.HeadDim, keyWidth = Shape.KeyValueHeads * Shape.HeadDim;
            Rows q = ToRows(Queries, width), k = ToRows(Keys, keyWidth), v = ToRows(Values, keyWidth), dO = ToRows(DOutput, width);
            Rows o = Rows.Allocate(q.Count, width), l = Rows.Allocate(q.Count, Shape.Heads);
            float[] noiseQ = Noise(Queries.Length, 5), noiseK = Noise(Keys.Length, 6), noiseV = Noise(Keys.Length, 7);
            Rows dQ = ToRows(noiseQ, width), dK = ToRows(noiseK, keyWidth), dV = ToRows(noiseV, keyWidth);
            switch (tier)
            {
                case "512":
                    Run<Vector512<float>, Tier512>(new(dO, q, k, v, o, l), new(dQ, dK, dV));
                    break;
                case "256":
                    Run<Vector256<float>, Tier256>(new(dO, q, k, v, o, l), new(dQ, dK, dV));
                    break;
                case "128":
                    Run<Vector128<float>, Tier128>(new(dO, q, k, v, o, l), new(dQ, dK, dV));
                    break;
                default:
                    TreeAttention.Forward(q, k, v, Shape, Spans, o, l);
                    TreeAttention.Backward(dO, q, k, v, o, l, Shape, Spans, dQ, dK, dV);
                    break;
            }
            return new(o.Span.ToArray(), l.Span.ToArray(), Minus(dQ, noiseQ), Minus(dK, noiseK), Minus(dV, noiseV));
        }

        void Run<TVector, TTier>(AttentionInputs inputs, AttentionGradients gradients)
            where TVector : struct
            where TTier : IVectorTier<TVector>
        {
            foreach (AttentionPlan plan in AttentionPlan.For(Spans, Shape))
            {
                TreeAttention.Forward<TVector, TTier>(
                    inputs.Queries,
                    inputs.Keys,
                    inputs.Values,
                    Shape,
                    plan,
                    inputs.Output,
                    inputs.LogSumExp);
                TreeAttention.Backward<TVector, TTier>(inputs, Shape, plan, gradients);
            }
        }

        static float[] Noise(int count, int seed) => TestData.Normal(count, seed);

        static float[] Minus(Rows a, float[] b) => [.. a.Span.ToArray().Zip(b, (p, q) => p - q)];
    }
}
