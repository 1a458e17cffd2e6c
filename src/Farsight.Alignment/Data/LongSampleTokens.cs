using Farsight.Alignment.Text;
using Farsight.Engine;

namespace Farsight.Alignment.Data;

/// <summary>A sample of one or several turns as token ids: the long sequence that LongPO's policy is trained on (arXiv 2502.13922, section 3).</summary>
/// <param name="Id">The sample's, for messages.</param>
/// <param name="Prefix">Before the first chunk; may be empty.</param>
/// <param name="Chunks">[N] the long context, as stored.</param>
/// <param name="Turns">[K] in their order.</param>
public sealed record LongSampleTokens(string Id, int[] Prefix, IReadOnlyList<int[]> Chunks, IReadOnlyList<TurnTokens> Turns)
{
    /// <summary>Puts a sample's chunks, as stored, and the tokens of its texts together.</summary>
    /// <exception cref="InputException">A chunk has a token that the tokenizer does not have.</exception>
    public static LongSampleTokens Of(PreferenceSample sample, ChatFormat format, int vocabSize)
    {
        SampleTokens first = SampleTokens.Of(sample with { Turns = null }, format, vocabSize);
        TurnTokens[] further =
        [
            .. sample.Turns?.Select(t => new TurnTokens(format.NextTurn(t.Question), format.Response(t.Chosen), [.. t.Rejected.Select(format.Response)])) ?? [],
        ];
        return new(sample.Id, first.Prefix, first.Chunks, [new(first.Question, first.Chosen, first.Rejected), .. further]);
    }

    /// <summary>All tokens of the tree: context, questions, chosen and rejected responses.</summary>
    public int Count => Prefix.Length + Chunks.Sum(c => c.Length) + Turns.Sum(t => t.Question.Length + t.Chosen.Length + t.Rejected.Sum(r => r.Length));
}

/// <summary>A turn as token ids.</summary>
/// <param name="Question">Between what came before and the response: the question with the template around it; may be empty in the first turn.</param>
/// <param name="Chosen">The chosen response with its end token; at least one.</param>
/// <param name="Rejected">[M] the rejected responses with their end tokens; at least one token each.</param>
public sealed record TurnTokens(int[] Question, int[] Chosen, IReadOnlyList<int[]> Rejected);
