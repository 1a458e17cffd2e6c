using Farsight.Alignment.Data.Positions;
using Farsight.Engine;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Data;

/// <summary>Represents the nodes of a sample in a tree, as indices into <see cref="TokenTree.Nodes"/>.</summary>
/// <param name="Prompt">A root; for a further turn its question, the child of the chosen response before.</param>
/// <param name="Chosen">Under the prompt, every token scored.</param>
/// <param name="Rejected">[M] leaves under it, every token scored.</param>
public sealed record SampleNodes(int Prompt, int Chosen, IReadOnlyList<int> Rejected)
{
    /// <summary>Turns after the first.</summary>
    public IReadOnlyList<SampleNodes> Further { get; init; } = [];

    /// <summary>[K] all turns in their order.</summary>
    public IEnumerable<SampleNodes> Turns => Further.Prepend(this);
}

/// <summary>
/// Puts samples into one token tree: each prompt once, as a root, with its responses under it, all from the same position on.
/// </summary>
/// <remarks>
/// The prompt is shared, token for token and position for position, so loss and gradients are those of M + 1 whole sequences. Several turns
/// are
/// [x; I₁; y₁; I₂; y₂; …] along the chosen responses, each rejected response a leaf beside the chosen one of its turn: sequences in which
/// every earlier turn was answered with its chosen response. Behind the prompt positions go on in the steps of its scheme.
/// </remarks>
sealed class SampleTree
{
    readonly TokenTreeBuilder _builder = new();

    /// <summary>Adds a sample.</summary>
    /// <param name="sample">Its tokens.</param>
    /// <param name="positions">[P] positions of its prompt.</param>
    /// <param name="rejectedResponses">How many of the rejected responses of each turn to add, the first
    /// ones; null for as many as every turn has.</param>
    /// <param name="scorePrompt">Whether context and questions are scored too, but for the first token.</param>
    /// <exception cref="InputException">The sample has fewer rejected responses than asked for.</exception>
    public SampleNodes Add(SampleTokens sample, PromptPositions positions, int? rejectedResponses, bool scorePrompt)
    {
        int fewest = sample.Turns.Min(t => t.Rejected.Count), rejected = rejectedResponses ?? fewest;
        if (rejected > fewest)
        {
            throw new InputException(
                $"Sample {sample.Id} has {fewest} rejected responses and the objective takes {rejected}; synthesize more, or lower "
                    + "rejected_responses."
            );
        }

        int[] tokens = sample.Prompt;
        int prompt = _builder.Add(TokenTreeBuilder.Root, tokens, positions.Prompt, [.. tokens.Select((_, i) => scorePrompt && i > 0)]);
        int behind = 0;
        List<SampleNodes> turns = [];
        foreach ((int k, TurnTokens turn) in sample.Turns.Index())
        {
            if (k > 0)
            {
                prompt = _builder.Add(turns[^1].Chosen, turn.Question, positions.Behind(behind, turn.Question.Length), scorePrompt);
                behind += turn.Question.Length;
            }
            int parent = prompt;
            int Response(int[] response) => _builder.Add(parent, response, positions.Behind(behind, response.Length), scored: true);
            turns.Add(new(prompt, Response(turn.Chosen), [.. turn.Rejected.Take(rejected).Select(Response)]));
            behind += turn.Chosen.Length;
        }
        return turns[0] with { Further = turns[1..] };
    }

    /// <summary>Returns the tree of all samples added.</summary>
    public TokenTree Build() => _builder.Build();
}
