using Farsight.Engine.Inference;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Engine.Inference;

/// <summary>Decodes prompts of token ids until their budgets are used up.</summary>
static class TokenDecoding
{
    /// <summary>Returns the new tokens of each prompt, chosen greedily.</summary>
    internal static int[][] Greedy(this PromptDecoder decoder, int[][] prompts, int[] newTokens, int[]?[]? positions = null) =>
        decoder.Sampled(prompts, newTokens, Sampling.Greedy, positions);

    /// <summary>Returns the new tokens of each prompt. Each prompt has random numbers of its own.</summary>
    internal static int[][] Sampled(
        this PromptDecoder decoder, int[][] prompts, int[] newTokens, Sampling sampling, int[]?[]? positions = null)
    {
        List<int>[] tokens = [.. prompts.Select(_ => new List<int>())];
        SeededRandom[] randoms = [.. prompts.Select((_, i) => SeededRandom.For(3, "test", i))];
        decoder.Run(
            prompts,
            newTokens,
            (prompt, logits) =>
            {
                int token = sampling.Choose(logits, ref randoms[prompt]);
                tokens[prompt].Add(token);
                return token;
            },
            positions);
        return [.. tokens.Select(t => t.ToArray())];
    }
}
