using Farsight.Engine.Models;

namespace Farsight.Engine.Rope;

public abstract partial record RopeScaling
{
    /// <summary>
    /// NTK-aware scaling: θ becomes θ · s^(Dh / (Dh − 2)), so the slowest pair turns s times slower and the fastest as before.
    /// </summary>
    /// <remarks>
    /// Source: bloc97's proposal of 2023, as arXiv:2309.00071, Sec. 3.1 states it. Files hold the new θ and do not name the rule.
    /// </remarks>
    /// <param name="Factor">s.</param>
    /// <param name="OriginalMaxPositionEmbeddings">The window before scaling, in tokens.</param>
    public sealed record NtkAware(double Factor, int OriginalMaxPositionEmbeddings) : RopeScaling
    {
        /// <inheritdoc/>
        public override string Describe() => Text("NTK", Factor);

        internal override bool IsPlain => true;

        internal override double Theta(int headDim, double ropeTheta) => SlowedTheta(headDim, ropeTheta, Factor);

        internal override int WindowOf(ModelConfig model) => Stretched(OriginalMaxPositionEmbeddings, Factor);

        internal override RopeFrequencies Frequencies(int headDim, double ropeTheta, int length) =>
            new(RopeFrequencies.Plain(headDim, Theta(headDim, ropeTheta)));
    }
}
