using Farsight.Engine.Kernels;

namespace Farsight.Tests.Engine.Kernels;

public sealed class ExpertChoiceTests
{
    [Theory]
    [InlineData(4, 1, false), InlineData(4, 1, true), InlineData(6, 2, false), InlineData(6, 2, true), InlineData(128, 8, true)]
    [InlineData(5, 5, false), InlineData(5, 5, true)]
    public void Choice_and_weights_match_naive(int experts, int perToken, bool normalizes)
    {
        float[] logits = [.. TestData.Normal(experts, seed: 1).Select(v => 3 * v)], weights = new float[perToken];
        float[] probabilities = [.. logits];
        int[] chosen = new int[perToken];

        ExpertChoice.Forward(probabilities, normalizes, chosen, weights);

        Assert.Equal(Enumerable.Range(0, experts).OrderByDescending(e => logits[e]).Take(perToken), chosen);
        Near.Each(Weights(logits, chosen, normalizes), weights, relative: 1e-6);
        Near.Each([.. logits.Select(l => Math.Exp(l) / logits.Sum(m => Math.Exp(m)))], probabilities, relative: 1e-6);
    }

    [Theory]
    [InlineData(6, 2, false), InlineData(6, 2, true), InlineData(16, 4, false), InlineData(16, 4, true), InlineData(4, 1, true)]
    public void Gradients_match_finite_differences_of_naive(int experts, int perToken, bool normalizes)
    {
        float[] logits = TestData.Normal(experts, seed: 2), weights = new float[perToken], dWeights = TestData.Normal(perToken, seed: 3);
        float[] gradient = [.. logits];
        int[] chosen = new int[perToken];
        ExpertChoice.Forward(gradient, normalizes, chosen, weights);

        ExpertChoice.Backward(gradient, normalizes, chosen, weights, dWeights);

        double Loss(float[] at) => Weights(at, chosen, normalizes).Zip(dWeights, (w, d) => w * d).Sum();
        Near.Each(Gradient.Of(Loss, logits), gradient, relative: 1e-2, absolute: 1e-3);
    }

    [Fact]
    public void Of_equal_logits_the_first_is_chosen()
    {
        int[] chosen = new int[2];

        ExpertChoice.Forward([1f, 2f, 2f, 2f], normalizes: true, chosen, new float[2]);

        Assert.Equal([1, 2], chosen);
    }

    [Fact]
    public void Distant_logits_give_weights_without_overflow()
    {
        float[] weights = new float[2], probabilities = [1e4f, -1e4f, 0f];
        int[] chosen = new int[2];

        ExpertChoice.Forward(probabilities, normalizes: true, chosen, weights);

        Assert.Equal([1f, 0f], weights);
        Assert.Equal([0, 2], chosen);
    }

    /// <summary>Written from the formula, in double, for a fixed choice.</summary>
    static double[] Weights(float[] logits, int[] chosen, bool normalizes)
    {
        double sum = (normalizes ? chosen.Select(e => logits[e]) : logits).Sum(l => Math.Exp((double)l));
        return [.. chosen.Select(e => Math.Exp((double)logits[e]) / sum)];
    }
}
