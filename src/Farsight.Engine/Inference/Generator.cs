using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Inference;

/// <summary>One prompt to be continued.</summary>
/// <param name="Prompt">Token ids, at least one; positions are 0, 1, 2, ….</param>
/// <param name="MaxNewTokens">At most so many tokens are generated.</param>
/// <param name="Sampling">How each is chosen.</param>
/// <param name="Random">The request's own random numbers, so that its companions do not matter.</param>
public sealed record GenerationRequest(IReadOnlyList<int> Prompt, int MaxNewTokens, Sampling Sampling, SeededRandom Random);

/// <summary>Continues prompts token by token with a key-value cache, several side by side.</summary>
/// <param name="model">The model; it must not be used by others meanwhile.</param>
/// <param name="stopTokens">Tokens that end a completion; they are the last token of the result.</param>
public sealed class Generator(LlamaModel model, IReadOnlyList<int> stopTokens)
{
    /// <summary>Generates all completions; each holds the new tokens, the stop token included.</summary>
    /// <exception cref="ArgumentException">A prompt is empty.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two tokens.</exception>
    public IReadOnlyList<int[]> Generate(IReadOnlyList<GenerationRequest> requests, CancellationToken cancel = default)
    {
        using DecodingBatch batch = new(model, [.. requests.Select(r => r.Prompt.Count + r.MaxNewTokens)]);
        List<int>[] completions = [.. requests.Select(_ => new List<int>())];
        SeededRandom[] randoms = [.. requests.Select(r => r.Random)];
        List<SequencePiece> pieces = [.. requests.Select((r, i) => new SequencePiece(i, [.. r.Prompt])).Where(p => requests[p.Sequence].MaxNewTokens > 0)];
        while (pieces.Count > 0)
        {
            List<SequencePiece> next = [];
            batch.Extend(pieces, (sequence, logits) =>
            {
                GenerationRequest request = requests[sequence];
                int token = request.Sampling.Choose(logits, ref randoms[sequence]);
                completions[sequence].Add(token);
                if (completions[sequence].Count < request.MaxNewTokens && !stopTokens.Contains(token))
                {
                    next.Add(new(sequence, [token]));
                }
            }, cancel);
            pieces = next;
        }
        return [.. completions.Select(c => c.ToArray())];
    }
}
