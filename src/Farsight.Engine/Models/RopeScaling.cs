namespace Farsight.Engine.Models;

/// <summary>A rule that changes rotary frequencies so that positions beyond the trained window stay familiar.</summary>
public abstract record RopeScaling
{
    /// <summary>Whether the frequencies are chosen by the length of the sequence.</summary>
    /// <remarks>
    /// Over a token tree the length is one more than the greatest position id under a root, for all its branches; while a text is
    /// generated it is the number of tokens so far, and keys that are in the cache stay as they were rotated, as in transformers.
    /// </remarks>
    internal virtual bool DependsOnLength => false;

    /// <summary>None: inverse frequency i is θ^(−2i/Dh).</summary>
    public sealed record Unscaled : RopeScaling;

    /// <summary>Position interpolation (arXiv:2306.15595): every frequency divided by the factor.</summary>
    public sealed record Linear(double Factor) : RopeScaling;

    /// <summary>NTK scaling by the length n: θ becomes θ · (s · n / w − (s − 1))^(Dh / (Dh − 2)), with n at least the window w.</summary>
    /// <remarks>As transformers has it, except that a longer text before this one leaves no trace.</remarks>
    /// <param name="Factor">s.</param>
    /// <param name="OriginalMaxPositionEmbeddings">w: the window the model was trained for, in tokens.</param>
    public sealed record DynamicNtk(double Factor, int OriginalMaxPositionEmbeddings) : RopeScaling
    {
        /// <inheritdoc/>
        internal override bool DependsOnLength => true;
    }

    /// <summary>Llama 3.1's rule: low frequencies divided by the factor, high ones kept, a ramp between.</summary>
    public sealed record Llama3(double Factor, double LowFreqFactor, double HighFreqFactor, int OriginalMaxPositionEmbeddings) : RopeScaling;

    /// <summary>YaRN (arXiv:2309.00071): a ramp by the number of turns within the original window, and a factor on cos and sin.</summary>
    /// <param name="Factor">s: how many times the original window.</param>
    /// <param name="OriginalMaxPositionEmbeddings">The window before scaling, in tokens.</param>
    /// <param name="BetaFast">Turns above which a frequency is kept; 32 in the paper.</param>
    /// <param name="BetaSlow">Turns below which a frequency is divided by s; 1 in the paper.</param>
    /// <param name="AttentionFactor">Factor on cos and sin; null for 0.1 · ln(s) + 1, or for what the next two give.</param>
    /// <param name="MScale">m: with <paramref name="MScaleAllDim"/>, a, the factor is (0.1 · m · ln(s) + 1) / (0.1 · a · ln(s) + 1); DeepSeek's variant.</param>
    /// <param name="MScaleAllDim">a.</param>
    /// <param name="Truncate">The ramp's ends are rounded outwards to whole pairs.</param>
    public sealed record Yarn(
        double Factor, int OriginalMaxPositionEmbeddings, double BetaFast = 32, double BetaSlow = 1, double? AttentionFactor = null,
        double? MScale = null, double? MScaleAllDim = null, bool Truncate = true) : RopeScaling;

    /// <summary>LongRoPE (arXiv:2402.13753): each frequency divided by a factor of its own, from one of two lists, and a factor on cos and sin.</summary>
    /// <param name="Factor">s: how many times the original window.</param>
    /// <param name="OriginalMaxPositionEmbeddings">w: a sequence of at most so many tokens takes the short factors, a longer one the long ones.</param>
    /// <param name="ShortFactors">[Dh/2]</param>
    /// <param name="LongFactors">[Dh/2]</param>
    /// <param name="AttentionFactor">Factor on cos and sin for both; null for √(1 + ln s / ln w).</param>
    public sealed record LongRope(
        double Factor, int OriginalMaxPositionEmbeddings, IReadOnlyList<double> ShortFactors, IReadOnlyList<double> LongFactors,
        double? AttentionFactor = null) : RopeScaling
    {
        /// <inheritdoc/>
        internal override bool DependsOnLength => true;

        /// <inheritdoc/>
        public bool Equals(LongRope? other) => other is not null
            && (Factor, OriginalMaxPositionEmbeddings, AttentionFactor) == (other.Factor, other.OriginalMaxPositionEmbeddings, other.AttentionFactor)
            && ShortFactors.SequenceEqual(other.ShortFactors) && LongFactors.SequenceEqual(other.LongFactors);

        /// <inheritdoc/>
        public override int GetHashCode() => OriginalMaxPositionEmbeddings;
    }
}
