using Farsight.Engine.Models;

namespace Farsight.Engine.Rope;

public abstract partial record RopeScaling
{
    /// <summary>NTK scaling by the length n: θ becomes θ · (s · n / w − (s − 1))^(Dh / (Dh − 2)), with n at least the window w.</summary>
    /// <remarks>As transformers has it, except that a longer text before this one leaves no trace.</remarks>
    /// <param name="Factor">s.</param>
    /// <param name="OriginalMaxPositionEmbeddings">w: the window the model was trained for, in tokens.</param>
    public sealed record DynamicNtk(double Factor, int OriginalMaxPositionEmbeddings) : RopeScaling
    {
        /// <inheritdoc/>
        public override string Describe() => Text("dynamic NTK", Factor);

        internal override bool DependsOnLength => true;

        internal override int WindowOf(ModelConfig model) => Stretched(OriginalMaxPositionEmbeddings, Factor);

        internal override RopeFrequencies Frequencies(int headDim, double ropeTheta, int length)
        {
            double window = OriginalMaxPositionEmbeddings, stretch = Factor * Math.Max(length, window) / window - (Factor - 1);
            return new(RopeFrequencies.Plain(headDim, SlowedTheta(headDim, ropeTheta, stretch)));
        }
    }
}
