using Farsight.Engine.Models;

namespace Farsight.Engine.Rope;

public abstract partial record RopeScaling
{
    /// <summary>Position interpolation: every frequency divided by the factor. Source: arXiv:2306.15595, Eq. 4.</summary>
    public sealed record Linear(double Factor) : RopeScaling
    {
        /// <inheritdoc/>
        public override string Describe() => Text("linear", Factor);

        internal override int WindowOf(ModelConfig model) => Stretched(model.MaxPositionEmbeddings, Factor);

        internal override RopeFrequencies Frequencies(int headDim, double ropeTheta, int length) =>
            new(RopeFrequencies.Plain(headDim, ropeTheta).Select(f => f / Factor));
    }
}
