using Farsight.Engine.Inference;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Synthesis;

/// <summary>Responses of the local model, as many side by side as a bounded cache holds.</summary>
sealed class ModelResponses(LlamaModel model, IReadOnlyList<int> endTokens) : IResponseSource
{
    const long CacheBytes = 1L << 30;

    readonly Generator _generator = new(model, endTokens);
    readonly long _bytesPerToken = 2L * sizeof(float) * model.Config.NumHiddenLayers * model.Config.NumKeyValueHeads * model.Config.HeadDim;

    /// <inheritdoc/>
    public IReadOnlyList<int[]> Respond(IReadOnlyList<GenerationRequest> requests)
    {
        List<int[]> responses = [];
        List<GenerationRequest> batch = [];
        long tokens = 0;
        foreach (GenerationRequest request in requests)
        {
            int more = request.Prompt.Count + request.MaxNewTokens;
            if (batch.Count > 0 && (tokens + more) * _bytesPerToken > CacheBytes)
            {
                responses.AddRange(_generator.Generate(batch));
                (batch, tokens) = ([], 0);
            }
            batch.Add(request);
            tokens += more;
        }
        responses.AddRange(_generator.Generate(batch));
        return responses;
    }
}
