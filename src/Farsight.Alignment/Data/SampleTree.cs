using Farsight.Alignment.Data.Positions;
using Farsight.Engine;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Data;

/// <summary>Represents the nodes of a question in a tree, as indices into <see cref="TokenTree.Nodes"/>.</summary>
/// <param name="Prompt">A root; for a further turn its question, the child of the chosen response before; for one of several questions
/// what it has of its own, the child of <see cref="Shared"/>.</param>
/// <param name="Chosen">Under the prompt, every token scored.</param>
/// <param name="Rejected">[M] leaves under it, every token scored.</param>
public sealed record SampleNodes(int Prompt, int Chosen, IReadOnlyList<int> Rejected)
{
    /// <summary>Turns after the first.</summary>
    public IReadOnlyList<SampleNodes> Further { get; init; } = [];

    /// <summary>The root with what all questions of the sample begin with; null for a sample with one question.</summary>
    internal int? Shared { get; init; }

    /// <summary>[K] all turns in their order.</summary>
    public IEnumerable<SampleNodes> Turns => Further.Prepend(this);

    /// <summary>The nodes with context and questions.</summary>
    internal IEnumerable<int> Prompts =>
        Shared is { } shared ? Turns.Select(t => t.Prompt).Prepend(shared) : Turns.Select(t => t.Prompt);
}

/// <summary>
/// Puts samples into one token tree: each prompt once, as a root, with its responses under it, all from the same position on.
/// </summary>
/// <remarks>
/// The prompt is shared, token for token and position for position, so loss and gradients are those of M + 1 whole sequences. Several turns
/// are [x; I₁; y₁; I₂; y₂; …] along the chosen responses, each rejected response a leaf beside the chosen one of its turn: sequences in
/// which every earlier turn was answered with its chosen response. Several questions are branches of one context, none of which sees
/// another: what their prompts begin with is the root, below it each has the rest of its prompt, and below that its responses. Behind the
/// prompt, or what is shared of it, positions go on in the steps of its scheme.
/// </remarks>
sealed class SampleTree
{
    readonly TokenTreeBuilder _builder = new();

    /// <summary>Adds a sample.</summary>
    /// <param name="sample">Its tokens.</param>
    /// <param name="positions">[P] positions of its prompt; of several questions, of what their prompts begin with.</param>
    /// <param name="rejectedResponses">How many of the rejected responses of each question to add, the first
    /// ones; null for as many as every question has.</param>
    /// <param name="scorePrompt">Whether context and questions are scored too, but for the first token.</param>
    /// <returns>[K] the questions that are asked alone; one for a sample without further questions.</returns>
    /// <exception cref="InputException">The sample has fewer rejected responses than asked for.</exception>
    public IReadOnlyList<SampleNodes> Add(SampleTokens sample, PromptPositions positions, int? rejectedResponses, bool scorePrompt)
    {
        int rejected = rejectedResponses ?? sample.All.Min(t => t.Rejected.Count);
        sample.RequireRejected(rejected);
        int[] tokens = sample.Shared;
        int root = _builder.Add(TokenTreeBuilder.Root, tokens, positions.Prompt, [.. tokens.Select((_, i) => scorePrompt && i > 0)]);
        if (sample.Questions.Count == 0)
        {
            return [AddTurns(root, sample.Turns, positions, rejected, scorePrompt)];
        }
        List<SampleNodes> questions = [];
        foreach (TurnTokens question in sample.All)
        {
            int[] own = question.Question[sample.SharedQuestionTokens..];
            int prompt = _builder.Add(root, own, positions.Behind(0, own.Length), scorePrompt);
            questions.Add(AddResponses(prompt, question, positions, own.Length, rejected) with { Shared = root });
        }
        return questions;
    }

    SampleNodes AddTurns(int prompt, IEnumerable<TurnTokens> all, PromptPositions positions, int rejected, bool scorePrompt)
    {
        int behind = 0;
        List<SampleNodes> turns = [];
        foreach (TurnTokens turn in all)
        {
            if (turns.Count > 0)
            {
                prompt = _builder.Add(turns[^1].Chosen, turn.Question, positions.Behind(behind, turn.Question.Length), scorePrompt);
                behind += turn.Question.Length;
            }
            turns.Add(AddResponses(prompt, turn, positions, behind, rejected));
            behind += turn.Chosen.Length;
        }
        return turns[0] with { Further = turns[1..] };
    }

    SampleNodes AddResponses(int prompt, TurnTokens turn, PromptPositions positions, int behind, int rejected)
    {
        int Add(int[] response) => _builder.Add(prompt, response, positions.Behind(behind, response.Length), scored: true);
        return new(prompt, Add(turn.Chosen), [.. turn.Rejected.Take(rejected).Select(Add)]);
    }

    /// <summary>Scores further tokens in the places of a response's tokens.</summary>
    /// <param name="node">The response.</param>
    /// <param name="targets">[tokens of the response] token ids for each place.</param>
    /// <returns>Index of the first in <see cref="TokenTree.Scored"/>; the others follow, place by place.</returns>
    public int Score(int node, IReadOnlyList<int[]> targets) => _builder.Score(node, targets);

    /// <summary>Returns the tree of all samples added.</summary>
    public TokenTree Build() => _builder.Build();
}
