using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Inference;

/// <summary>Represents a prompt to be continued.</summary>
/// <param name="Prompt">Token ids, at least one.</param>
/// <param name="MaxNewTokens">Maximum number of generated tokens.</param>
/// <param name="Sampling">Sampling settings.</param>
/// <param name="Random">Random numbers of this request alone, so that other requests do not change its choices.</param>
public sealed record GenerationRequest(IReadOnlyList<int> Prompt, int MaxNewTokens, Sampling Sampling, SeededRandom Random)
{
    /// <summary>[prompt] positions of the prompt's tokens, strictly increasing; new tokens continue after the last one in steps of 1.
    /// Null for 0, 1, 2, ….</summary>
    internal IReadOnlyList<int>? Positions { get; init; }

    /// <summary>Tokens that end this completion, in addition to those of the generator. The result includes them.</summary>
    public IReadOnlyList<int> StopTokens { get; init; } = [];

    /// <summary>Minimum number of tokens before a stop token may be chosen.</summary>
    public int MinNewTokens { get; init; }
}

/// <summary>
/// Continues prompts token by token with a key-value cache. Prompts are decoded in batches, and shared beginnings are computed once.
/// </summary>
/// <remarks>
/// The same list of requests gives the same bits with any number of threads. The other requests of a list determine the number of rows
/// of a product and therefore the order of its sums. They can change the last bits, and a token where two are equally likely within
/// those bits. To resume with the same results, form the same lists again.
/// </remarks>
/// <param name="model">The model; not safe for concurrent use.</param>
/// <param name="stopTokens">Tokens that end a completion. The result includes them.</param>
/// <param name="cacheBytes">Maximum bytes of the key-value cache; exceeded only if a single request needs more.</param>
public sealed class Generator(DecoderModel model, IReadOnlyList<int> stopTokens, long cacheBytes = PromptDecoder.DefaultCacheBytes)
{
    /// <summary>Receives the attention peaks before each token is chosen, layer by layer; null for none.</summary>
    /// <remarks>Its number is the index of the request.</remarks>
    public AttentionAction? Observer { get; init; }

    /// <summary>Generates all completions; each contains the new tokens, including the stop token.</summary>
    /// <exception cref="ArgumentException">A prompt is empty, or its positions do not fit it.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two tokens.</exception>
    public IReadOnlyList<int[]> Generate(IReadOnlyList<GenerationRequest> requests, CancellationToken cancel = default)
    {
        List<int>[] completions = [.. requests.Select(_ => new List<int>())];
        SeededRandom[] randoms = [.. requests.Select(r => r.Random)];
        PromptDecoder decoder = new(model, cacheBytes) { Observer = Observer };
        decoder.Run(
            [.. requests.Select(r => r.Prompt)],
            [.. requests.Select(r => r.MaxNewTokens)],
            (number, logits) =>
            {
                GenerationRequest request = requests[number];
                int token = request.Sampling.Choose(
                    completions[number].Count < request.MinNewTokens ? WithoutStops(request, logits) : logits,
                    ref randoms[number]);
                completions[number].Add(token);
                return stopTokens.Contains(token) || request.StopTokens.Contains(token) ? null : token;
            },
            requests.Any(r => r.Positions is not null) ? [.. requests.Select(r => r.Positions)] : null,
            cancel);
        return [.. completions.Select(c => c.ToArray())];
    }

    float[] WithoutStops(GenerationRequest request, ReadOnlySpan<float> logits)
    {
        float[] open = logits.ToArray();
        foreach (int stop in stopTokens.Concat(request.StopTokens))
        {
            open[stop] = float.NegativeInfinity;
        }
        return open;
    }
}
