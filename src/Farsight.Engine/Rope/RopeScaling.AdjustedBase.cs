using Farsight.Engine.Models;

namespace Farsight.Engine.Rope;

public abstract partial record RopeScaling
{
    /// <summary>
    /// Adjusted base frequency (ABF): another θ, chosen by hand; 500000 for 32768 tokens in the paper, from 10000 for 4096.
    /// </summary>
    /// <remarks>
    /// Source: arXiv:2309.16039, Sec. 2.1 and 4.1. It names no rule for the window; here the window grows by the factor that the
    /// slowest pair is slowed by, as with <see cref="NtkAware"/> of the same θ, and never shrinks. Files hold the new θ and do not name the
    /// rule.
    /// </remarks>
    /// <param name="NewTheta">The base.</param>
    public sealed record AdjustedBase(double NewTheta) : RopeScaling
    {
        /// <inheritdoc/>
        public override string Describe() => FormattableString.Invariant($"θ = {NewTheta}");

        internal override bool IsPlain => true;

        internal override double Theta(int headDim, double ropeTheta) => NewTheta;

        internal override int WindowOf(ModelConfig model) =>
            Stretched(model.MaxPositionEmbeddings, Math.Max(1, Slowdown(model.HeadDim, model.RopeTheta, NewTheta)));

        internal override RopeFrequencies Frequencies(int headDim, double ropeTheta, int length) =>
            new(RopeFrequencies.Plain(headDim, NewTheta));
    }
}
