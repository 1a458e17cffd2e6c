using Farsight.Engine.Models;
using Farsight.Engine.Parameters;

namespace Farsight.Alignment.Training;

/// <summary>Adapts a model that reads prompts segment by segment to the training loop; its memory is trained along.</summary>
/// <param name="model">A model with a segment memory; kept by the caller.</param>
/// <param name="level">Arrays that the pass over a segment keeps; backward computes the others again.</param>
public sealed class SegmentedModel(DecoderModel model, Recomputation level) : ITrainable
{
    /// <inheritdoc/>
    public IReadOnlyList<Parameter> Parameters { get; } = [.. model.Parameters, .. model.SegmentMemory?.Parameters ?? []];

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyList<long>> ExpertLoad => model.ExpertLoad;

    /// <inheritdoc/>
    public ITreePass Forward(TokenTree tree) => new Pass(model.RunSegments(tree, level));

    /// <inheritdoc/>
    public ITreePass Evaluate(TokenTree tree) => new Pass(model.RunSegments(tree, null));

    sealed class Pass(SegmentedPass pass) : ITreePass
    {
        public ReadOnlySpan<float> LogProbs => pass.LogProbs;

        public ReadOnlySpan<int> TopTokens => pass.TopTokens;

        public void Backward(ReadOnlySpan<float> dLogProbs, IGradientStages? stages) =>
            pass.Backward(stages is null ? dLogProbs : throw new NotSupportedException("Segments cannot report the stages of gradients."));

        public void Dispose()
        {
        }
    }
}
