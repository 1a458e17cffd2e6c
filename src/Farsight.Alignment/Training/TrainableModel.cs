using Farsight.Engine.Models;
using Farsight.Engine.Parameters;

namespace Farsight.Alignment.Training;

/// <summary>A model of the engine as a training loop sees it.</summary>
/// <param name="model">Kept by the caller.</param>
/// <param name="level">What a forward pass keeps, and what backward computes again.</param>
/// <param name="attention">Which keys each head looks at in <see cref="Forward"/>; null for all. <see cref="Evaluate"/> looks at
/// all.</param>
public sealed class TrainableModel(LlamaModel model, Recomputation level = Recomputation.None, AttentionPattern? attention = null)
    : ITrainable
{
    /// <inheritdoc/>
    public IReadOnlyList<Parameter> Parameters => model.Parameters;

    /// <inheritdoc/>
    public ITreePass Forward(TokenTree tree) => new Pass(model.Forward(tree, level, attention));

    /// <inheritdoc/>
    public ITreePass Evaluate(TokenTree tree) => new Pass(model.Evaluate(tree));

    sealed class Pass(TreePass pass) : ITreePass
    {
        public ReadOnlySpan<float> LogProbs => pass.LogProbs;

        public ReadOnlySpan<int> TopTokens => pass.TopTokens;

        public void Backward(ReadOnlySpan<float> dLogProbs) => pass.Backward(dLogProbs);

        public void Dispose() => pass.Dispose();
    }
}
