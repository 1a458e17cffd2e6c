namespace Farsight.Engine.Rope;

public abstract partial record RopeScaling
{
    /// <summary>Represents DroPE: no rotation at all, so only the causal mask tells where a token is.</summary>
    /// <remarks>
    /// Every frequency is 0. Source: arXiv:2512.12167. A model that was trained with positions is useless without them until it was trained
    /// further under this rule, at its original length; after that, longer inputs need no scaling. The factor only sets the window.
    /// </remarks>
    /// <param name="Factor">How many times the original window.</param>
    /// <param name="OriginalMaxPositionEmbeddings">The window before scaling, in tokens.</param>
    public sealed record Dropped(double Factor, int OriginalMaxPositionEmbeddings) : RopeScaling
    {
        /// <inheritdoc/>
        public override string Describe() => Text("no positions", Factor);

        internal override int WindowOf(int window, int headDim, double ropeTheta) => ScaledWindow(OriginalMaxPositionEmbeddings, Factor);

        internal override RopeFrequencies Frequencies(int headDim, double ropeTheta, int length) =>
            new(Enumerable.Repeat(0.0, headDim / 2));
    }
}
