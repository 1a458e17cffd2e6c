namespace Farsight.Engine.Rope;

public abstract partial record RopeScaling
{
    /// <summary>None: inverse frequency i is θ^(−2i/Dh). Source: arXiv:2104.09864, Sec. 3.2.2.</summary>
    public sealed record Unscaled : RopeScaling
    {
        /// <inheritdoc/>
        public override string Describe() => "plain RoPE";

        internal override bool IsPlain => true;

        internal override RopeFrequencies Frequencies(int headDim, double ropeTheta, int length) =>
            new(RopeFrequencies.Plain(headDim, ropeTheta));
    }
}
