using Farsight.Engine.Models;

namespace Farsight.Engine.Kernels;

/// <summary>The rotary frequencies of a head after scaling.</summary>
/// <param name="InvFreq">[Dh/2] radians a position turns the pair by.</param>
/// <param name="AttentionFactor">Multiplies cos and sin; 1 except for YaRN.</param>
public sealed record RopeFrequencies(float[] InvFreq, double AttentionFactor)
{
    /// <summary>Computes the frequencies of a scaling rule, in double.</summary>
    /// <remarks>
    /// Unscaled: f[i] = θ^(−2i/Dh), arXiv:2104.09864, Sec. 3.2.2. Linear: arXiv:2306.15595, Eq. 4. Llama 3: the rule of
    /// Llama 3.1's config.json. YaRN: arXiv:2309.00071, Sec. 3.2 and Eq. 22, with the ramp's ends rounded outwards to whole
    /// pairs, as Hugging Face and the authors' code do and the paper does not say.
    /// </remarks>
    /// <param name="headDim">Dh, even.</param>
    /// <param name="ropeTheta">θ.</param>
    /// <param name="scaling">The rule.</param>
    public static RopeFrequencies Of(int headDim, double ropeTheta, RopeScaling scaling)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(headDim % 2, 0, nameof(headDim));
        double[] f = [.. Enumerable.Range(0, headDim / 2).Select(i => Math.Pow(ropeTheta, -2.0 * i / headDim))];
        return scaling switch
        {
            RopeScaling.Unscaled => new(Narrow(f), 1),
            RopeScaling.Linear linear => new(Narrow(f.Select(v => v / linear.Factor)), 1),
            RopeScaling.Llama3 llama3 => new(Narrow(f.Select(v => Scale(v, llama3))), 1),
            RopeScaling.Yarn yarn => new(Narrow(Scale(f, ropeTheta, yarn)), yarn.AttentionFactor ?? DefaultAttentionFactor(yarn.Factor)),
            _ => throw new ArgumentException($"No frequencies are known for {scaling.GetType().Name}.", nameof(scaling)),
        };
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

        double first = Math.Max(Math.Floor(PairOf(rule.BetaFast)), 0);
        double last = Math.Min(Math.Ceiling(PairOf(rule.BetaSlow)), headDim - 1);
        double width = last == first ? 0.001 : last - first;
        return f.Select((v, i) => Mix(v, v / rule.Factor, Math.Clamp((i - first) / width, 0, 1)));
    }

    static double Mix(double from, double to, double share) => from * (1 - share) + to * share;

    static double DefaultAttentionFactor(double factor) => factor > 1 ? 0.1 * Math.Log(factor) + 1 : 1;
}
