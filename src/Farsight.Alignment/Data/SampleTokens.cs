using Farsight.Alignment.Data.Positions;
using Farsight.Engine;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Data;

/// <summary>Represents a sample as token ids, in the parts that position synthesis and the token tree need.</summary>
/// <param name="Id">The sample's, for messages.</param>
/// <param name="Prefix">Before the first chunk: beginning of text, earlier messages and what the template puts before the context; may be
/// empty.</param>
/// <param name="Chunks">[N] the context, as stored.</param>
/// <param name="Question">Between the last chunk and the response: the question with the template around it; may be empty.</param>
/// <param name="Chosen">The chosen response with its end token; at least one.</param>
/// <param name="Rejected">[M] the rejected responses with their end tokens; at least one token each.</param>
public sealed record SampleTokens(
    string Id, int[] Prefix, IReadOnlyList<int[]> Chunks, int[] Question, int[] Chosen, IReadOnlyList<int[]> Rejected)
{
    /// <summary>Turns after the first, each after the chosen response of the turn before.</summary>
    public IReadOnlyList<TurnTokens> Further { get; init; } = [];

    /// <summary>[K] all turns in their order.</summary>
    public IEnumerable<TurnTokens> Turns => Further.Prepend(new(Question, Chosen, Rejected));

    /// <summary>Encodes the texts of a sample and combines them with its stored chunks.</summary>
    /// <remarks>Several turns are LongPO's long sequence, arXiv 2502.13922, section 3.</remarks>
    /// <exception cref="InputException">A chunk has a token outside the vocabulary.</exception>
    /// <exception cref="InputException">The chat template refuses, omits or rewrites an earlier message.</exception>
    public static SampleTokens Of(PreferenceSample sample, ChatFormat format, int vocabSize) =>
        Of(sample, sample.Context, sample.Question, sample.Chosen, sample.Rejected, format, vocabSize) with
        {
            Further = [.. FurtherTurns(sample, format)],
        };

    /// <summary>
    /// Each turn by itself as the reference of LongPO reads it: the chunks that the chosen response was written from, the question, both
    /// responses.
    /// </summary>
    /// <remarks>The short context x_S of arXiv 2502.13922, equation 11. A sample of which every chosen response
    /// saw every chunk is its own short form.</remarks>
    /// <exception cref="InputException">A chunk has a token outside the vocabulary.</exception>
    public static IReadOnlyList<SampleTokens> ShortTurns(PreferenceSample sample, ChatFormat format, int vocabSize) =>
        [.. sample.AllTurns.Select(t =>
            Of(sample, t.Seen.Chosen.Select(i => sample.Context[i]), t.Question, t.Chosen, t.Rejected, format, vocabSize))];

    static IEnumerable<TurnTokens> FurtherTurns(PreferenceSample sample, ChatFormat format)
    {
        string answer = sample.Chosen;
        foreach (PreferenceTurn turn in sample.Turns ?? [])
        {
            string before = answer;
            yield return new(
                Named(sample, () => format.NextTurn(before, turn.Question)),
                format.Response(turn.Chosen),
                [.. turn.Rejected.Select(format.Response)]);
            answer = turn.Chosen;
        }
    }

    /// <summary>Encodes a part of a sample, and names the sample if the template refuses it.</summary>
    static T Named<T>(PreferenceSample sample, Func<T> encode)
    {
        try
        {
            return encode();
        }
        catch (InputException e)
        {
            throw new InputException($"Sample {sample.Id}: {e.Message}", e);
        }
    }

    static SampleTokens Of(
        PreferenceSample sample,
        IEnumerable<ContextChunk> chunks,
        string question,
        string chosen,
        IReadOnlyList<string> rejected,
        ChatFormat format,
        int vocabSize)
    {
        int unknown = sample.Context.SelectMany(c => c.Tokens).FirstOrDefault(t => t >= vocabSize, -1);
        if (unknown >= 0)
        {
            throw new InputException(
                $"Sample {sample.Id} holds token {unknown}, and the model has {vocabSize}; its chunks were made with another tokenizer, "
                    + "so synthesize the dataset for this model."
            );
        }
        int[][] context = [.. chunks.Select(c => c.Tokens)];
        (int[] before, int[] after) = Named(sample, () => format.Frame(question, context.Length > 0, sample.History));
        return new(sample.Id, before, context, after, format.Response(chosen), [.. rejected.Select(format.Response)]);
    }

    /// <summary>[P] prefix, chunks and first question.</summary>
    public int[] Prompt => [.. Prefix, .. Chunks.SelectMany(c => c), .. Question];

    /// <summary>
    /// Tokens of context, questions and the responses that an objective takes, the first rejected ones of each turn; null for all.
    /// </summary>
    public int Count(int? rejectedResponses) => PromptTokens + Turns.SelectMany(t => t.Responses(rejectedResponses)).Sum(r => r.Length);

    /// <summary>The lengths. All responses count, whichever an objective uses, so that all objectives see the same positions.</summary>
    public PromptShape Shape => new(Prefix.Length, [.. Chunks.Select(c => c.Length)], Question.Length, LongestPath);

    /// <summary>Tokens of context and all questions.</summary>
    internal int PromptTokens => Prefix.Length + Chunks.Sum(c => c.Length) + Turns.Sum(t => t.Question.Length);

    /// <summary>From the first response on, to the end of the response that ends last; turns go on after chosen responses.</summary>
    int LongestPath
    {
        get
        {
            int start = -Question.Length, longest = 0;
            foreach (TurnTokens turn in Turns)
            {
                start += turn.Question.Length;
                longest = Math.Max(longest, start + turn.Responses(null).Max(r => r.Length));
                start += turn.Chosen.Length;
            }
            return longest;
        }
    }
}

/// <summary>Represents a turn as token ids.</summary>
/// <param name="Question">Between what came before and the response: the question with the template
/// around it; may be empty in the first turn.</param>
/// <param name="Chosen">The chosen response with its end token; at least one.</param>
/// <param name="Rejected">[M] the rejected responses with their end tokens; at least one token each.</param>
public sealed record TurnTokens(int[] Question, int[] Chosen, IReadOnlyList<int[]> Rejected)
{
    /// <summary>Returns the chosen response and the rejected ones that an objective takes, the first ones; null for all.</summary>
    internal IEnumerable<int[]> Responses(int? rejectedResponses) => Rejected.Take(rejectedResponses ?? int.MaxValue).Prepend(Chosen);
}
