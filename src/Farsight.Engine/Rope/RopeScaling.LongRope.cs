using Farsight.Engine.Kernels;
using Farsight.Engine.Models;

namespace Farsight.Engine.Rope;

public abstract partial record RopeScaling
{
    /// <summary>
    /// LongRoPE: each frequency divided by a factor of its own, from one of two lists, and a factor on cos and sin. Source:
    /// arXiv:2402.13753.
    /// </summary>
    /// <param name="Factor">s: how many times the original window.</param>
    /// <param name="OriginalMaxPositionEmbeddings">w: a sequence of at most so many tokens takes the short factors, a longer one the long
    /// ones.</param>
    /// <param name="ShortFactors">[Dh/2]</param>
    /// <param name="LongFactors">[Dh/2]</param>
    /// <param name="AttentionFactor">Factor on cos and sin for both; null for √(1 + ln s / ln w).</param>
    public sealed record LongRope(
        double Factor, int OriginalMaxPositionEmbeddings, IReadOnlyList<double> ShortFactors, IReadOnlyList<double> LongFactors,
        double? AttentionFactor = null) : RopeScaling
    {
        /// <inheritdoc/>
        public override string Describe() => Text("LongRoPE", Factor);

        internal override bool DependsOnLength => true;

        internal override int WindowOf(ModelConfig model) => Stretched(OriginalMaxPositionEmbeddings, Factor);

        internal override RopeFrequencies Frequencies(int headDim, double ropeTheta, int length)
        {
            IReadOnlyList<double> factors = length > OriginalMaxPositionEmbeddings ? LongFactors : ShortFactors;
            Shape.Same(headDim / 2, factors.Count);
            return new(
                RopeFrequencies.Plain(headDim, ropeTheta).Zip(factors, (f, by) => f / by),
                AttentionFactor ?? (Factor > 1 ? Math.Sqrt(1 + Math.Log(Factor) / Math.Log(OriginalMaxPositionEmbeddings)) : 1));
        }

        /// <inheritdoc/>
        public bool Equals(LongRope? other) =>
            other is not null
            && (Factor, OriginalMaxPositionEmbeddings, AttentionFactor)
                == (other.Factor, other.OriginalMaxPositionEmbeddings, other.AttentionFactor)
            && ShortFactors.SequenceEqual(other.ShortFactors)
            && LongFactors.SequenceEqual(other.LongFactors);

        /// <inheritdoc/>
        public override int GetHashCode() => OriginalMaxPositionEmbeddings;
    }
}
