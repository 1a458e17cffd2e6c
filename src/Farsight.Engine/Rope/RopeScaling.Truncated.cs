using Farsight.Engine.Models;

namespace Farsight.Engine.Rope;

public abstract partial record RopeScaling
{
    /// <summary>
    /// Giraffe's truncated basis: a pair that made no whole turn in the trained window is turned by a small fixed frequency, or not at all.
    /// </summary>
    /// <remarks>
    /// f ≥ b keeps f, a ≤ f &lt; b becomes ρ, and f &lt; a becomes 0. With w the trained window, b = 2π/w is one turn in it, a = b/8 and
    /// ρ = b/16: the numbers of the authors' published code (abacusai/Long-Context), where the paper leaves a, b and ρ open.
    /// Source: arXiv:2308.10882. The frequencies do not depend on the factor, which only says how far the window is to reach;
    /// beyond 16 the pairs of ρ make more than one turn in it.
    /// </remarks>
    /// <param name="Factor">How many times the original window.</param>
    /// <param name="OriginalMaxPositionEmbeddings">w: the window the model was trained for, in tokens.</param>
    public sealed record Truncated(double Factor, int OriginalMaxPositionEmbeddings) : RopeScaling
    {
        const double StillPart = 8, FixedPart = 16;

        /// <inheritdoc/>
        public override string Describe() => Text("truncated", Factor);

        internal override int WindowOf(ModelConfig model) => Stretched(OriginalMaxPositionEmbeddings, Factor);

        internal override RopeFrequencies Frequencies(int headDim, double ropeTheta, int length)
        {
            double oneTurn = 2 * Math.PI / OriginalMaxPositionEmbeddings;
            return new(
                RopeFrequencies
                    .Plain(headDim, ropeTheta)
                    .Select(f =>
                        f >= oneTurn ? f
                        : f >= oneTurn / StillPart ? oneTurn / FixedPart
                        : 0));
        }
    }
}
