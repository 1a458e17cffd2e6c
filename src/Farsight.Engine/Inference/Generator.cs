using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Inference;

/// <summary>One prompt to be continued.</summary>
/// <param name="Prompt">Token ids, at least one; positions are 0, 1, 2, ….</param>
/// <param name="MaxNewTokens">At most so many tokens are generated.</param>
/// <param name="Sampling">How each is chosen.</param>
/// <param name="Random">The request's own random numbers, so that its companions do not matter.</param>
public sealed record GenerationRequest(IReadOnlyList<int> Prompt, int MaxNewTokens, Sampling Sampling, SeededRandom Random)
{
    /// <summary>Tokens that end this completion, beside the generator's; one of them is the last token of the result then.</summary>
    public IReadOnlyList<int> StopTokens { get; init; } = [];

    /// <summary>No token that ends the completion is chosen among the first so many.</summary>
    public int MinNewTokens { get; init; }
}

/// <summary>
/// Continues prompts token by token with a key-value cache, several side by side; what they have in common is computed once.
/// </summary>
/// <remarks>
/// The same list of requests gives the same bits with any number of threads. A request's companions decide how many rows a product
/// has, and with it the order in which sums are added up, so they can change its last bits, and a token where two are equally
/// likely to within those. Whoever resumes must therefore form the same lists again.
/// </remarks>
/// <param name="model">The model; it must not be used by others meanwhile.</param>
/// <param name="stopTokens">Tokens that end a completion; they are the last token of the result.</param>
/// <param name="cacheBytes">What keys and values may take; more only where a single request needs it.</param>
public sealed class Generator(LlamaModel model, IReadOnlyList<int> stopTokens, long cacheBytes = PromptDecoder.DefaultCacheBytes)
{
    /// <summary>Is told where the heads look when a token is chosen: layer by layer, before the choice; null for nobody.</summary>
    /// <remarks>The number it gets is the request's.</remarks>
    public AttentionAction? Observer { get; init; }

    /// <summary>Generates all completions; each holds the new tokens, the stop token included.</summary>
    /// <exception cref="ArgumentException">A prompt is empty.</exception>
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
