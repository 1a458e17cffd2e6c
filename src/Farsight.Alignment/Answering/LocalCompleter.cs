using Farsight.Engine.Inference;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Answering;

/// <summary>Completes with a model of this process; what several prompts have in common is computed once. One caller at a time.</summary>
public sealed class LocalCompleter : ICompleter
{
    readonly Func<int[], string> _read;
    readonly int[] _stopTokens;
    readonly LlamaModel _model;
    readonly Generator _generator;

    /// <summary>Creates a completer that stops at the format's end of a response and at the model's own stop tokens.</summary>
    public LocalCompleter(LlamaModel model, ChatFormat format)
    {
        _model = model;
        _read = tokens => format.ReadResponse(tokens);
        _stopTokens = [.. model.Config.EosTokenIds.Append(format.Eos).Distinct()];
        _generator = new(model, _stopTokens);
    }

    /// <summary>
    /// Creates a completer for a model without a chat format, which stops at the tokenizer's and the model's own stop tokens.
    /// </summary>
    public LocalCompleter(LlamaModel model, Tokenizer tokenizer)
    {
        _model = model;
        _read = tokens => tokenizer.Decode(tokens);
        _stopTokens = [.. model.Config.EosTokenIds.Concat(tokenizer.Eos is { } eos ? [eos] : []).Distinct()];
        _generator = new(model, _stopTokens);
    }

    /// <inheritdoc/>
    public Completion Complete(CompletionRequest request, CancellationToken cancellationToken) => Complete([request], cancellationToken)[0];

    /// <inheritdoc/>
    public IReadOnlyList<Completion> Complete(IReadOnlyList<CompletionRequest> requests, CancellationToken cancellationToken)
    {
        List<int[]>?[] peaks = [.. requests.Select(r => r.ObservesHeads ? new List<int[]>() : null)];
        Generator generator = requests.Any(r => r.ObservesHeads) ? new(_model, _stopTokens) { Observer = Keep } : _generator;
        IReadOnlyList<int[]> tokens = generator.Generate([.. requests.Select(Generation)], cancellationToken);
        return [.. tokens.Select((t, i) => Read(t, requests[i]) with { Heads = Trace(requests[i], t, peaks[i]) })];

        void Keep(int request, int layer, ReadOnlySpan<int> found)
        {
            if (peaks[request] is { } own)
            {
                if (layer == 0)
                {
                    own.Add(new int[_model.Config.NumHiddenLayers * found.Length]);
                }
                found.CopyTo(own[^1].AsSpan(layer * found.Length));
            }
        }
    }

    Completion Read(int[] tokens, CompletionRequest request)
    {
        bool stopped = tokens.Length > 0 && (_stopTokens.Contains(tokens[^1]) || request.StopTokens.Contains(tokens[^1]));
        return new(tokens, _read(stopped ? tokens[..^1] : tokens).Trim(), stopped ? FinishReason.Stop : FinishReason.Length);
    }

    HeadTrace? Trace(CompletionRequest request, int[] tokens, List<int[]>? peaks) =>
        peaks is null ? null : new(_model.Config.NumHiddenLayers, _model.Config.NumAttentionHeads, request.PromptTokens, tokens, peaks);

    static GenerationRequest Generation(CompletionRequest request) =>
        new(
            request.PromptTokens,
            request.MaxNewTokens,
            new(request.Temperature, request.TopP),
            SeededRandom.For(request.Seed, "completion", 0))
        {
            StopTokens = request.StopTokens,
            MinNewTokens = request.MinNewTokens,
        };
}
