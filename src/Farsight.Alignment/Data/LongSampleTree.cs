using Farsight.Engine.Models;

namespace Farsight.Alignment.Data;

/// <summary>Where a sample of several turns is in a tree.</summary>
/// <param name="Turns">[K] in their order; <see cref="SampleNodes.Prompt"/> of the first is a root, of each other one the child of the chosen response before.</param>
public sealed record LongSampleNodes(IReadOnlyList<SampleNodes> Turns);

/// <summary>Puts samples of several turns into one token tree: [x_L; I_1; y_1; I_2; y_2; …] along the chosen responses, and each rejected response as a leaf beside the chosen one of its turn.</summary>
/// <remarks>
/// The context is there once, for all turns and responses, so log-probabilities and gradients are those of whole sequences in which every earlier
/// turn was answered with its chosen response. Positions are 0, 1, 2, … along each path: the input is really long.
/// </remarks>
public sealed class LongSampleTree
{
    readonly TokenTreeBuilder _builder = new();

    /// <summary>Adds a sample.</summary>
    /// <param name="sample">Its tokens; prefix, chunks and first question together at least one.</param>
    /// <param name="scorePrompts">Whether context and questions are scored too, but for the first token: the language modelling loss of equation 14.</param>
    public LongSampleNodes Add(LongSampleTokens sample, bool scorePrompts)
    {
        List<SampleNodes> turns = [];
        int parent = TokenTreeBuilder.Root, position = 0;
        foreach ((int k, TurnTokens turn) in sample.Turns.Index())
        {
            int[] tokens = k == 0 ? [.. sample.Prefix, .. sample.Chunks.SelectMany(c => c), .. turn.Question] : turn.Question;
            bool[] scored = [.. tokens.Select((_, i) => scorePrompts && (k > 0 || i > 0))];
            int prompt = _builder.Add(parent, tokens, Positions(position, tokens.Length), scored);
            position += tokens.Length;
            int start = position;
            int Response(int[] response) => _builder.Add(prompt, response, Positions(start, response.Length), scored: true);
            turns.Add(new(prompt, Response(turn.Chosen), [.. turn.Rejected.Select(Response)]));
            (parent, position) = (turns[^1].Chosen, position + turn.Chosen.Length);
        }
        return new(turns);
    }

    /// <summary>The tree of all samples added.</summary>
    public TokenTree Build() => _builder.Build();

    static int[] Positions(int start, int count) => [.. Enumerable.Range(start, count)];
}
