namespace Farsight.Engine.Rope;

/// <summary>The rotary frequencies of a head after scaling.</summary>
/// <param name="InvFreq">[Dh/2] radians a position turns the pair by.</param>
/// <param name="AttentionFactor">Multiplies cos and sin; 1 except for YaRN and LongRoPE.</param>
public sealed record RopeFrequencies(float[] InvFreq, double AttentionFactor)
{
    /// <summary>Narrows frequencies that were computed in double.</summary>
    internal RopeFrequencies(IEnumerable<double> frequencies, double attentionFactor = 1)
        : this([.. frequencies.Select(f => (float)f)], attentionFactor) { }

    /// <summary>Computes the frequencies of a scaling rule, in double; the formula is the rule's.</summary>
    /// <param name="headDim">Dh, even.</param>
    /// <param name="ropeTheta">θ.</param>
    /// <param name="scaling">The rule.</param>
    /// <param name="length">Tokens of the sequence; matters only where the rule says so. Defaults to a short one.</param>
    public static RopeFrequencies Of(int headDim, double ropeTheta, RopeScaling scaling, int length = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(headDim % 2, 0, nameof(headDim));
        return scaling.Frequencies(headDim, ropeTheta, length);
    }

    /// <summary>[Dh/2] θ^(−2i/Dh).</summary>
    internal static IEnumerable<double> Plain(int headDim, double theta) =>
        Enumerable.Range(0, headDim / 2).Select(i => Math.Pow(theta, -2.0 * i / headDim));
}
