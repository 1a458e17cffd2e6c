using Farsight.Alignment.Data;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Training;
using Farsight.Engine.Models;

namespace Farsight.Tests.Alignment.Training;

public sealed class PreferenceBridgeTests
{
    static readonly SampleTokens s_sample = new("s-0", [1], [[10, 11]], [20], [30, 31], [[40], [50, 51, 52]]);

    [Fact]
    public void Each_sequence_sums_its_own_tokens()
    {
        (TokenTree tree, SampleNodes first, SampleNodes second) = TwoSamples();
        float[] logProbs = [.. Enumerable.Range(1, tree.Scored.Count).Select(i => -(float)i)];

        PreferenceLogProbs a = PreferenceBridge.Read(tree, first, logProbs), b = PreferenceBridge.Read(tree, second, logProbs, a);

        Assert.Equal(new SequenceLogProb(-6, 3), a.Prompt);
        Assert.Equal(new SequenceLogProb(-9, 2), a.Chosen);
        Assert.Equal([new(-6, 1), new(-24, 3)], a.Rejected);
        Assert.Null(b.Prompt);
        Assert.Equal(new SequenceLogProb(-21, 2), b.Chosen);
        Assert.Equal([new(-12, 1)], b.Rejected);
        Assert.Same(a, b.Reference);
    }

    [Fact]
    public void Each_token_gets_its_sequences_derivative_on_top()
    {
        (TokenTree tree, SampleNodes first, SampleNodes second) = TwoSamples();
        float[] dLogProbs = [.. Enumerable.Repeat(100f, tree.Scored.Count)];

        PreferenceBridge.Spread(tree, first, new(0, 2, [4, 6], 0, 0, 8), 0.5, dLogProbs);
        PreferenceBridge.Spread(tree, second, new(0, 20, [40], 0, 0), 1, dLogProbs);

        Assert.Equal([104, 104, 104, 101, 101, 102, 103, 103, 103, 120, 120, 140], dLogProbs);
    }

    /// <summary>Reading, evaluating and spreading together give the derivative of the loss by each token's log-probability.</summary>
    [Fact]
    public void The_derivatives_match_finite_differences()
    {
        (TokenTree tree, SampleNodes nodes, _) = TwoSamples();
        Logo logo = new(Beta: 2, Gamma: 0.5, SftWeight: 0.1);
        double Loss(float[] at) => logo.Evaluate(PreferenceBridge.Read(tree, nodes, at)).Loss;
        float[] logProbs = [.. TestData.Normal(tree.Scored.Count, seed: 1).Select(x => -MathF.Abs(x))];
        float[] dLogProbs = new float[logProbs.Length];

        PreferenceBridge.Spread(tree, nodes, logo.Evaluate(PreferenceBridge.Read(tree, nodes, logProbs)), 1, dLogProbs);

        Near.Each(Gradient.Of(Loss, logProbs), dLogProbs, relative: 1e-4); // second-order error of the differences
    }

    static (TokenTree Tree, SampleNodes First, SampleNodes Second) TwoSamples()
    {
        SampleTree builder = new();
        SampleNodes first = builder.Add(s_sample, new([0, 1, 2, 3]), null, scorePrompt: true)[0];
        SampleNodes second = builder.Add(s_sample, new([0, 1, 2, 3]), 1, scorePrompt: false)[0];
        return (builder.Build(), first, second);
    }
}
