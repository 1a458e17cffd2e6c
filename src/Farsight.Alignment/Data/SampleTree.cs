using Farsight.Alignment.Data.Positions;
using Farsight.Engine;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Data;

/// <summary>Where a sample's pieces are in a tree, as indices into <see cref="TokenTree.Nodes"/>.</summary>
/// <param name="Prompt">A root.</param>
/// <param name="Chosen">A leaf under it, every token scored.</param>
/// <param name="Rejected">[M] leaves under it, every token scored.</param>
public sealed record SampleNodes(int Prompt, int Chosen, IReadOnlyList<int> Rejected);

/// <summary>Puts samples into one token tree: each prompt once, as a root, with its responses as leaves that start at the same position.</summary>
/// <remarks>The prompt is shared, token for token and position for position, so loss and gradients are those of M + 1 whole sequences.</remarks>
public sealed class SampleTree
{
    readonly TokenTreeBuilder _builder = new();

    /// <summary>Adds a sample.</summary>
    /// <param name="sample">Its tokens.</param>
    /// <param name="positions">Of its prompt, [P].</param>
    /// <param name="rejectedResponses">How many of the rejected responses to add, the first ones; null for all.</param>
    /// <param name="scorePrompt">Whether the prompt's tokens after the first are scored too.</param>
    /// <exception cref="InputException">The sample has fewer rejected responses than asked for.</exception>
    public SampleNodes Add(SampleTokens sample, PromptPositions positions, int? rejectedResponses, bool scorePrompt)
    {
        int rejected = rejectedResponses ?? sample.Rejected.Count;
        if (rejected > sample.Rejected.Count)
        {
            throw new InputException(
                $"Sample {sample.Id} has {sample.Rejected.Count} rejected responses and the objective takes {rejected}; synthesise more, or lower rejected_responses.");
        }

        int[] tokens = sample.Prompt;
        bool[] scored = [.. tokens.Select((_, i) => scorePrompt && i > 0)];
        int prompt = _builder.Add(TokenTreeBuilder.Root, tokens, positions.Prompt, scored);
        int Leaf(int[] response) => _builder.Add(prompt, response, positions.Response(response.Length), scored: true);

        return new(prompt, Leaf(sample.Chosen), [.. sample.Rejected.Take(rejected).Select(Leaf)]);
    }

    /// <summary>The tree of all samples added.</summary>
    public TokenTree Build() => _builder.Build();
}
