using Farsight.Engine.Models;

namespace Farsight.Engine.Rope;

public abstract partial record RopeScaling
{
    /// <summary>YaRN: a ramp by the number of turns within the original window, and a factor on cos and sin.</summary>
    /// <remarks>
    /// Source: arXiv:2309.00071, Sec. 3.2 and Eq. 22, with the ramp's ends rounded outwards to whole pairs, as Hugging Face and the
    /// authors' code do and the paper does not say.
    /// </remarks>
    /// <param name="Factor">s: how many times the original window.</param>
    /// <param name="OriginalMaxPositionEmbeddings">The window before scaling, in tokens.</param>
    /// <param name="BetaFast">Turns above which a frequency is kept; 32 in the paper.</param>
    /// <param name="BetaSlow">Turns below which a frequency is divided by s; 1 in the paper.</param>
    /// <param name="AttentionFactor">Factor on cos and sin; null for 0.1 · ln(s) + 1, or for what the next two give.</param>
    /// <param name="MScale">m: with <paramref name="MScaleAllDim"/>, a, the factor is (0.1 · m · ln(s) + 1) / (0.1 · a · ln(s) + 1);
    /// DeepSeek's variant.</param>
    /// <param name="MScaleAllDim">a.</param>
    /// <param name="Truncate">The ramp's ends are rounded outwards to whole pairs.</param>
    public sealed record Yarn(
        double Factor, int OriginalMaxPositionEmbeddings, double BetaFast = 32, double BetaSlow = 1, double? AttentionFactor = null,
        double? MScale = null, double? MScaleAllDim = null, bool Truncate = true) : RopeScaling
    {
        /// <inheritdoc/>
        public override string Describe() => Text("YaRN", Factor);

        internal override int WindowOf(ModelConfig model) => Stretched(OriginalMaxPositionEmbeddings, Factor);

        internal override RopeFrequencies Frequencies(int headDim, double ropeTheta, int length)
        {
            // The pair, as a real number, that turns this many times within the original window.
            double PairOf(double turns) =>
                headDim * Math.Log(OriginalMaxPositionEmbeddings / (turns * 2 * Math.PI)) / (2 * Math.Log(ropeTheta));

            double low = PairOf(BetaFast), high = PairOf(BetaSlow);
            double first = Math.Max(Truncate ? Math.Floor(low) : low, 0);
            double last = Math.Min(Truncate ? Math.Ceiling(high) : high, headDim - 1);
            double width = last == first ? 0.001 : last - first;
            return new(
                RopeFrequencies
                    .Plain(headDim, ropeTheta)
                    .Select((f, i) => double.Lerp(f, f / Factor, Math.Clamp((i - first) / width, 0, 1))),
                AttentionFactor ?? DefaultAttentionFactor());
        }

        // The two exponents of DeepSeek's variant count only together, as in transformers.
        double DefaultAttentionFactor()
        {
            double Of(double weight) => Factor > 1 ? 0.1 * weight * Math.Log(Factor) + 1 : 1;
            return MScale is { } m and not 0 && MScaleAllDim is { } all and not 0 ? Of(m) / Of(all) : Of(1);
        }
    }
}
