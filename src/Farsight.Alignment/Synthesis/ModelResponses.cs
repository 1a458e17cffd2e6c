using Farsight.Engine.Inference;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Synthesis;

/// <summary>Responses of the local model.</summary>
sealed class ModelResponses(LlamaModel model, IReadOnlyList<int> endTokens) : IResponseSource
{
    readonly Generator _generator = new(model, endTokens);

    /// <inheritdoc/>
    public IReadOnlyList<int[]> Respond(IReadOnlyList<GenerationRequest> requests) => _generator.Generate(requests);
}
