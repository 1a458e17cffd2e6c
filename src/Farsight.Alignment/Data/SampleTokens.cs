using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Text;
using Farsight.Engine;

namespace Farsight.Alignment.Data;

/// <summary>A sample as token ids, in the pieces that position synthesis and the token tree need.</summary>
/// <param name="Id">The sample's, for messages.</param>
/// <param name="Prefix">Before the first chunk: beginning of text and what the template puts before the context; may be empty.</param>
/// <param name="Chunks">[N] the context, as stored.</param>
/// <param name="Question">Between the last chunk and the response: the question with the template around it; may be empty.</param>
/// <param name="Chosen">The chosen response with its end token; at least one.</param>
/// <param name="Rejected">[M] the rejected responses with their end tokens; at least one token each.</param>
public sealed record SampleTokens(
    string Id, int[] Prefix, IReadOnlyList<int[]> Chunks, int[] Question, int[] Chosen, IReadOnlyList<int[]> Rejected)
{
    /// <summary>Puts a sample's chunks, as stored, and the tokens of its texts together.</summary>
    /// <exception cref="InputException">A chunk has a token that the tokenizer does not have.</exception>
    public static SampleTokens Of(PreferenceSample sample, ChatFormat format, int vocabSize) =>
        sample.Context.SelectMany(c => c.Tokens).FirstOrDefault(t => t >= vocabSize, -1) is var unknown and >= 0
            ? throw new InputException($"Sample {sample.Id} holds token {unknown}, and the model has {vocabSize}; its chunks were made with another tokenizer, so synthesise the dataset for this model.")
            : new(
                sample.Id, [.. format.ContextPrefix], [.. sample.Context.Select(c => c.Tokens)], format.QuestionAndTurn(sample.Question),
                format.Response(sample.Chosen), [.. sample.Rejected.Select(r => format.Response(r))]);

    /// <summary>[P] prefix, chunks and question.</summary>
    public int[] Prompt => [.. Prefix, .. Chunks.SelectMany(c => c), .. Question];

    /// <summary>Tokens of the prompt and of the responses that an objective takes, the first rejected ones; null for all.</summary>
    public int Count(int? rejectedResponses) =>
        Prefix.Length + Chunks.Sum(c => c.Length) + Question.Length + Chosen.Length + Rejected.Take(rejectedResponses ?? int.MaxValue).Sum(r => r.Length);

    /// <summary>The lengths. All responses count, whichever an objective uses, so that all objectives see the same positions.</summary>
    public PromptShape Shape => new(
        Prefix.Length, [.. Chunks.Select(c => c.Length)], Question.Length, Rejected.Append(Chosen).Max(r => r.Length));
}
