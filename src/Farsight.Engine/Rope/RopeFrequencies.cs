namespace Farsight.Engine.Rope;

/// <summary>Represents the rotary frequencies of a head after scaling.</summary>
/// <param name="InvFreq">[Dh/2] radians per position of each pair.</param>
/// <param name="AttentionFactor">Factor on cos and sin; 1 except for YaRN and LongRoPE.</param>
sealed record RopeFrequencies(float[] InvFreq, double AttentionFactor)
{
    /// <summary>Narrows frequencies that were computed in double.</summary>
    internal RopeFrequencies(IEnumerable<double> frequencies, double attentionFactor = 1)
        : this([.. frequencies.Select(f => (float)f)], attentionFactor) { }

    /// <summary>Computes the frequencies of a scaling rule.</summary>
    /// <param name="headDim">Dh, even.</param>
    /// <param name="ropeTheta">θ.</param>
    /// <param name="scaling">The scaling rule.</param>
    /// <param name="length">Tokens of the sequence; used only by rules that depend on it. Default: a short sequence.</param>
    public static RopeFrequencies Of(int headDim, double ropeTheta, RopeScaling scaling, int length = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(headDim % 2, 0, nameof(headDim));
        return scaling.Frequencies(headDim, ropeTheta, length);
    }

    /// <summary>[Dh/2] θ^(−2i/Dh).</summary>
    internal static IEnumerable<double> Plain(int headDim, double theta) =>
        Enumerable.Range(0, headDim / 2).Select(i => Math.Pow(theta, -2.0 * i / headDim));
}
