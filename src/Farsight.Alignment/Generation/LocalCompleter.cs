using Farsight.Alignment.Text;
using Farsight.Engine.Inference;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Generation;

/// <summary>Completes with a model of this process. One caller at a time.</summary>
public sealed class LocalCompleter : ICompleter
{
    readonly ChatFormat _format;
    readonly int[] _stopTokens;
    readonly Generator _generator;

    /// <summary>Creates a completer that stops at the format's end of a response and at the model's own stop tokens.</summary>
    public LocalCompleter(LlamaModel model, ChatFormat format)
    {
        _format = format;
        _stopTokens = [.. model.Config.EosTokenIds.Append(format.Eos).Distinct()];
        _generator = new(model, _stopTokens);
    }

    /// <inheritdoc/>
    public Completion Complete(CompletionRequest request, CancellationToken cancellationToken)
    {
        GenerationRequest generation = new(
            request.PromptTokens, request.MaxNewTokens, new(request.Temperature, request.TopP), SeededRandom.For(request.Seed, "completion", 0));
        int[] tokens = _generator.Generate([generation], cancellationToken)[0];
        bool stopped = tokens.Length > 0 && _stopTokens.Contains(tokens[^1]);
        return new(tokens, _format.ReadResponse(stopped ? tokens[..^1] : tokens).Trim(), stopped ? FinishReason.Stop : FinishReason.Length);
    }
}
