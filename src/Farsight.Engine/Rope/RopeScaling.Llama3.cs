using Farsight.Engine.Models;

namespace Farsight.Engine.Rope;

public abstract partial record RopeScaling
{
    /// <summary>
    /// Llama 3.1's rule: low frequencies divided by the factor, high ones kept, a ramp between. Source: the model's config.json.
    /// </summary>
    public sealed record Llama3(double Factor, double LowFreqFactor, double HighFreqFactor, int OriginalMaxPositionEmbeddings) : RopeScaling
    {
        /// <inheritdoc/>
        public override string Describe() => Text("Llama 3", Factor);

        internal override int WindowOf(ModelConfig model) => Stretched(OriginalMaxPositionEmbeddings, Factor);

        internal override RopeFrequencies Frequencies(int headDim, double ropeTheta, int length) =>
            new(RopeFrequencies.Plain(headDim, ropeTheta).Select(Scaled));

        double Scaled(double f)
        {
            double turns = OriginalMaxPositionEmbeddings * f / (2 * Math.PI);
            double keep = (turns - LowFreqFactor) / (HighFreqFactor - LowFreqFactor);
            return double.Lerp(f / Factor, f, Math.Clamp(keep, 0, 1));
        }
    }
}
