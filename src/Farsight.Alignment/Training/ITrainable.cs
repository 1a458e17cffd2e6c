using Farsight.Engine.Communication;
using Farsight.Engine.Models;
using Farsight.Engine.Parameters;

namespace Farsight.Alignment.Training;

/// <summary>Provides what a training loop needs from a model.</summary>
public interface ITrainable
{
    /// <summary>The trainable parameters, always in the same order.</summary>
    IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Number of tokens that chose each expert of each layer so far: [L][E]; empty lists for layers without experts.</summary>
    IReadOnlyList<IReadOnlyList<long>> ExpertLoad => [];

    /// <summary>Makes the parts of the parameters trainable that a backward pass over the tree would, in the same order.</summary>
    void Touch(TokenTree tree)
    {
    }

    /// <summary>Computes the log-probabilities of the scored tokens and keeps what <see cref="ITreePass.Backward"/> needs.</summary>
    ITreePass Forward(TokenTree tree);

    /// <summary>As <see cref="Forward"/>, but keeps nothing for a backward pass.</summary>
    ITreePass Evaluate(TokenTree tree);
}

/// <summary>Represents one forward pass over a tree.</summary>
public interface ITreePass : IDisposable
{
    /// <summary>[Scored] log-probability of each scored token, in nats.</summary>
    ReadOnlySpan<float> LogProbs { get; }

    /// <summary>[Scored] the token with the largest logit at each scored token's row.</summary>
    ReadOnlySpan<int> TopTokens { get; }

    /// <summary>Adds to every parameter's gradient.</summary>
    /// <param name="dLogProbs">[Scored] derivative of the loss by each log-probability.</param>
    /// <param name="stages">Called around the additions to each parameter's gradient; null for none.</param>
    void Backward(ReadOnlySpan<float> dLogProbs, IGradientStages? stages = null);
}

/// <summary>Adapts a model of the engine to the training loop.</summary>
/// <param name="model">Kept by the caller.</param>
/// <param name="level">Arrays that a forward pass keeps; backward computes the others again.</param>
/// <param name="attention">Keys that each head attends to in <see cref="Forward"/>; null for
/// all. <see cref="Evaluate"/> attends to all.</param>
/// <param name="context">Ranks that divide the rows of each tree, all of which call the model; null for this process alone.</param>
public sealed class TrainableModel(
    DecoderModel model, Recomputation level = Recomputation.None, AttentionPattern? attention = null, Communicator? context = null)
    : ITrainable
{
    /// <inheritdoc/>
    public IReadOnlyList<Parameter> Parameters => model.Parameters;

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyList<long>> ExpertLoad => model.ExpertLoad;

    /// <inheritdoc/>
    public void Touch(TokenTree tree) => model.Touch(tree);

    /// <inheritdoc/>
    public ITreePass Forward(TokenTree tree) => new Pass(model.Forward(tree, level, attention, context));

    /// <inheritdoc/>
    public ITreePass Evaluate(TokenTree tree) => new Pass(model.Evaluate(tree, context));

    sealed class Pass(TreePass pass) : ITreePass
    {
        public ReadOnlySpan<float> LogProbs => pass.LogProbs;

        public ReadOnlySpan<int> TopTokens => pass.TopTokens;

        public void Backward(ReadOnlySpan<float> dLogProbs, IGradientStages? stages) => pass.Backward(dLogProbs, stages);

        public void Dispose() => pass.Dispose();
    }
}
