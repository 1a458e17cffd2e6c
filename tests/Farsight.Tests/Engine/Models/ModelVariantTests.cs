using Farsight.Alignment.Recipes;
using Farsight.Engine.Inference;
using Farsight.Engine.Models;
using Farsight.Engine.Parameters;
using Farsight.Engine.Rope;
using Farsight.Tests.Engine.Kernels;

namespace Farsight.Tests.Engine.Models;

/// <summary>Every variant of a family against a decoder in double, over token trees and while decoding, forward and backward.</summary>
public sealed class ModelVariantTests
{
    static readonly double[] s_short = [1, 1.1, 1.2, 1.5], s_long = [1.5, 2, 3, 5];

    public static TheoryData<string> Variants =>
        [
            "plain",
            "llama with biases",
            "mlp bias",
            "qwen2",
            "qwen3 with biases",
            "window 1",
            "window 3",
            "window 7",
            "windows in some layers",
            "dynamic below",
            "dynamic beyond",
            "longrope short",
            "longrope long",
            "longrope factor",
            "none",
            "linear:4",
            "yarn:4",
            "dynamic:4",
            "ntk:4",
            "theta:500000",
            "truncated:4",
        ];

    [Theory, MemberData(nameof(Variants))]
    public void Log_probabilities_over_a_tree_are_those_of_its_sequences(string variant)
    {
        ModelConfig config = Config(variant);
        using DecoderModel model = SmallModel.Create(config);
        TokenTree tree = SmallModel.Tree();

        float[] actual = model.LogProbs(tree);

        Near.Each(Naive(config, tree), actual, relative: 1e-4, absolute: 1e-5);
    }

    [Theory, MemberData(nameof(Variants))]
    public void Decoding_gives_what_a_whole_sequence_gives(string variant)
    {
        ModelConfig config = Config(variant);
        using DecoderModel model = SmallModel.Create(config);
        int[] tokens = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5];
        double[] expected = new NaiveDecoder(config, SmallModel.Source()).LogProbs(
            tokens,
            [.. Enumerable.Range(0, tokens.Length)],
            tokens.Length
        )[^1];

        float[] logits = [];
        using DecodingBatch batch = new(model, [4, tokens.Length]);
        // Rules that depend on the length rotate what is in the cache by the length it had then, so those take the text at once.
        int first = config.RopeScaling.DependsOnLength ? 0 : 6;
        if (first > 0)
        {
            batch.Extend([new(0, [7, 7, 7]), new(1, tokens[..first])], (_, _) => { });
        }
        batch.Extend([new(1, tokens[first..])], (_, l) => logits = l.ToArray());

        double log = Math.Log(logits.Sum(l => Math.Exp(l)));
        Near.Each(expected, [.. logits.Select(l => (float)(l - log))], relative: 1e-4, absolute: 1e-5);
    }

    [Theory]
    [
        InlineData("llama with biases"),
        InlineData("mlp bias"),
        InlineData("window 3"),
        InlineData("windows in some layers"),
        InlineData("dynamic beyond"),
        InlineData("longrope long"),
        InlineData("truncated:4")
    ]
    public void Gradients_match_finite_differences(string variant)
    {
        using DecoderModel model = SmallModel.Create(Config(variant));
        model.TrainEverything();
        TokenTree tree = SmallModel.Tree();
        float[] dLogProbs = TestData.Normal(tree.Scored.Count, seed: 3);
        using (TreePass pass = model.Forward(tree))
        {
            pass.Backward(dLogProbs);
        }

        foreach (Parameter parameter in model.Parameters)
        {
            float[] direction = TestData.Normal((int)parameter.Value.Length, seed: 4),
                gradient = parameter.Gradient.Span.ToArray();
            double analytic = gradient.Zip(direction, (g, d) => (double)g * d).Sum(),
                numeric = Difference(model, tree, dLogProbs, parameter, direction);

            Assert.True(
                Math.Abs(analytic - numeric) <= 0.02 + 0.01 * Math.Abs(analytic),
                $"{parameter.Name}: gradient {analytic}, differences {numeric}");
        }
        Assert.Contains(model.Parameters, p => p.Gradient.Span.ToArray().Any(g => g != 0));
    }

    internal static double Difference(
        DecoderModel model,
        TokenTree tree,
        float[] dLogProbs,
        Parameter parameter,
        float[] direction,
        AttentionPattern? attention = null)
    {
        double step = 1e-2 / Math.Sqrt(direction.Sum(d => (double)d * d));
        float[] at = parameter.Value.Span.ToArray();
        double Loss(double sign)
        {
            for (int i = 0; i < at.Length; i++)
            {
                parameter.Value.Span[i] = (float)(at[i] + sign * step * direction[i]);
            }
            using TreePass pass = model.Forward(tree, attention: attention);
            return pass.LogProbs.Zip(dLogProbs, (p, d) => (double)p * d).Sum();
        }

        double difference = (Loss(1) - Loss(-1)) / (2 * step);
        at.CopyTo(parameter.Value.Span);
        return difference;
    }

    /// <summary>Every path from a root to a leaf as a sequence of its own.</summary>
    internal static double[] Naive(ModelConfig config, TokenTree tree, TreeAttentionNaive.Mask? mask = null)
    {
        NaiveDecoder naive = new(config, SmallModel.Source()) { Mask = mask };
        IReadOnlyList<int> lengths = tree.Lengths();
        Dictionary<(int Row, int Target), double> found = [];
        for (int n = 0; n < tree.Nodes.Count; n++)
        {
            List<int> rows = [];
            for (int m = n; m >= 0; m = tree.Nodes[m].Parent)
            {
                rows.InsertRange(0, Enumerable.Range(tree.Nodes[m].Start, tree.Nodes[m].Count));
            }
            double[][] logProbs = naive.LogProbs(
                [.. rows.Select(r => tree.Tokens[r])],
                [.. rows.Select(r => tree.Positions[r])],
                lengths[rows[0]]);
            foreach (ScoredToken scored in tree.Scored.Where(s => rows.Contains(s.Row)))
            {
                found[(scored.Row, scored.Target)] = logProbs[rows.IndexOf(scored.Row)][scored.Target];
            }
        }
        return [.. tree.Scored.Select(s => found[(s.Row, s.Target)])];
    }

    static ModelConfig Config(string variant)
    {
        ModelConfig plain = SmallModel.Config(tied: false);
        return variant switch
        {
            "llama with biases" => plain with { AttentionBias = true, OutputBias = true, MlpBias = true },
            "mlp bias" => plain with { MlpBias = true },
            "qwen2" => plain with { AttentionBias = true },
            "qwen3 with biases" => plain with { QueryKeyNorm = true, AttentionBias = true, OutputBias = true },
            "window 1" => plain with { SlidingWindow = 1 },
            "window 3" => plain with { SlidingWindow = 3 },
            "window 7" => plain with { SlidingWindow = 7 },
            "windows in some layers" => plain with { SlidingWindow = 2, WindowedLayers = [true, false] },
            "dynamic below" => plain with { RopeScaling = new RopeScaling.DynamicNtk(4, 64) },
            "dynamic beyond" => plain with { RopeScaling = new RopeScaling.DynamicNtk(4, 6) },
            "longrope short" => plain with { RopeScaling = new RopeScaling.LongRope(4, 64, s_short, s_long) },
            "longrope long" => plain with { RopeScaling = new RopeScaling.LongRope(4, 6, s_short, s_long) },
            "longrope factor" => plain with { RopeScaling = new RopeScaling.LongRope(4, 6, s_short, s_long, 1.3) },
            "plain" => plain,
            _ => (plain with { MaxPositionEmbeddings = 8 }).With(RopeOption.Parse(variant, plain with { MaxPositionEmbeddings = 8 })!),
        };
    }
}
