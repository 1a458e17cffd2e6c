using Farsight.Engine.Models;

namespace Farsight.Engine.Rope;

public abstract partial record RopeScaling
{
    /// <summary>Position interpolation: every frequency divided by the factor. Source: arXiv:2306.15595, Eq. 4.</summary>
    public sealed record Linear(double Factor) : RopeScaling
    {
        /// <inheritdoc/>
        public override string Describe() => Text("linear", Factor);

        internal override int WindowOf(ModelConfig model) => Stretched(WindowBefore(model), Factor);

        /// <summary>The window that the factor counts from: the factor of a model that is stretched already is replaced.</summary>
        static int WindowBefore(ModelConfig model) => model.RopeScaling is Linear scaled
            ? Math.Max(1, (int)(model.MaxPositionEmbeddings / scaled.Factor))
            : model.MaxPositionEmbeddings;

        internal override RopeFrequencies Frequencies(int headDim, double ropeTheta, int length) =>
            new(RopeFrequencies.Plain(headDim, ropeTheta).Select(f => f / Factor));
    }
}
