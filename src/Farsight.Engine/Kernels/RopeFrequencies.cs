using Farsight.Engine.Models;

namespace Farsight.Engine.Kernels;

/// <summary>The rotary frequencies of a head after scaling.</summary>
/// <param name="InvFreq">[Dh/2] radians a position turns the pair by.</param>
/// <param name="AttentionFactor">Multiplies cos and sin; 1 except for YaRN and LongRoPE.</param>
public sealed record RopeFrequencies(float[] InvFreq, double AttentionFactor)
{
    /// <summary>Computes the frequencies of a scaling rule, in double.</summary>
    /// <remarks>
    /// Unscaled: f[i] = θ^(−2i/Dh), arXiv:2104.09864, Sec. 3.2.2. Linear: arXiv:2306.15595, Eq. 4. Llama 3: the rule of
    /// Llama 3.1's config.json. YaRN: arXiv:2309.00071, Sec. 3.2 and Eq. 22, with the ramp's ends rounded outwards to whole
    /// pairs, as Hugging Face and the authors' code do and the paper does not say. Dynamic NTK and LongRoPE depend on the length
    /// of the sequence: see <see cref="RopeScaling.DynamicNtk"/> and <see cref="RopeScaling.LongRope"/>.
    /// </remarks>
    /// <param name="headDim">Dh, even.</param>
    /// <param name="ropeTheta">θ.</param>
    /// <param name="scaling">The rule.</param>
    /// <param name="length">Tokens of the sequence; matters only where the rule says so. Defaults to a short one.</param>
    public static RopeFrequencies Of(int headDim, double ropeTheta, RopeScaling scaling, int length = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(headDim % 2, 0, nameof(headDim));
        double[] f = Unscaled(headDim, ropeTheta);
        return scaling switch
        {
            RopeScaling.Unscaled => new(Narrow(f), 1),
            RopeScaling.Linear linear => new(Narrow(f.Select(v => v / linear.Factor)), 1),
            RopeScaling.Llama3 llama3 => new(Narrow(f.Select(v => Scale(v, llama3))), 1),
            RopeScaling.Yarn yarn => new(Narrow(Scale(f, ropeTheta, yarn)), yarn.AttentionFactor ?? DefaultAttentionFactor(yarn)),
            RopeScaling.DynamicNtk dynamic => new(Narrow(Unscaled(headDim, Theta(headDim, ropeTheta, dynamic, length))), 1),
            RopeScaling.LongRope longRope => new(Narrow(f.Zip(FactorsFor(longRope, length, f.Length), (v, by) => v / by)), longRope.AttentionFactor ?? DefaultAttentionFactor(longRope)),
            _ => throw new ArgumentException($"No frequencies are known for {scaling.GetType().Name}.", nameof(scaling)),
        };
    }

    static double[] Unscaled(int headDim, double theta) => [.. Enumerable.Range(0, headDim / 2).Select(i => Math.Pow(theta, -2.0 * i / headDim))];

    static double Theta(int headDim, double theta, RopeScaling.DynamicNtk rule, int length)
    {
        double window = rule.OriginalMaxPositionEmbeddings, stretch = rule.Factor * Math.Max(length, window) / window - (rule.Factor - 1);
        return theta * Math.Pow(stretch, headDim / (headDim - 2.0));
    }

    static IReadOnlyList<double> FactorsFor(RopeScaling.LongRope rule, int length, int pairs)
    {
        IReadOnlyList<double> factors = length > rule.OriginalMaxPositionEmbeddings ? rule.LongFactors : rule.ShortFactors;
        Shape.Same(pairs, factors.Count);
        return factors;
    }

    static float[] Narrow(IEnumerable<double> values) => [.. values.Select(v => (float)v)];

    static double Scale(double f, RopeScaling.Llama3 rule)
    {
        double turns = rule.OriginalMaxPositionEmbeddings * f / (2 * Math.PI);
        double keep = (turns - rule.LowFreqFactor) / (rule.HighFreqFactor - rule.LowFreqFactor);
        return Mix(f / rule.Factor, f, Math.Clamp(keep, 0, 1));
    }

    static IEnumerable<double> Scale(double[] f, double ropeTheta, RopeScaling.Yarn rule)
    {
        int headDim = 2 * f.Length;
        // The pair, as a real number, that turns this many times within the original window.
        double PairOf(double turns) =>
            headDim * Math.Log(rule.OriginalMaxPositionEmbeddings / (turns * 2 * Math.PI)) / (2 * Math.Log(ropeTheta));

        double low = PairOf(rule.BetaFast), high = PairOf(rule.BetaSlow);
        double first = Math.Max(rule.Truncate ? Math.Floor(low) : low, 0);
        double last = Math.Min(rule.Truncate ? Math.Ceiling(high) : high, headDim - 1);
        double width = last == first ? 0.001 : last - first;
        return f.Select((v, i) => Mix(v, v / rule.Factor, Math.Clamp((i - first) / width, 0, 1)));
    }

    static double Mix(double from, double to, double share) => from * (1 - share) + to * share;

    // The two exponents of DeepSeek's variant count only together, as in transformers.
    static double DefaultAttentionFactor(RopeScaling.Yarn rule)
    {
        double Of(double weight) => rule.Factor > 1 ? 0.1 * weight * Math.Log(rule.Factor) + 1 : 1;
        return rule is { MScale: { } m and not 0, MScaleAllDim: { } all and not 0 } ? Of(m) / Of(all) : Of(1);
    }

    static double DefaultAttentionFactor(RopeScaling.LongRope rule) =>
        rule.Factor > 1 ? Math.Sqrt(1 + Math.Log(rule.Factor) / Math.Log(rule.OriginalMaxPositionEmbeddings)) : 1;
}
