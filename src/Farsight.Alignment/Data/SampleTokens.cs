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
/// <param name="Rejected">[M] the rejected responses with their end tokens; at least one token each. None in data for supervised
/// fine-tuning.</param>
public sealed record SampleTokens(
    string Id, int[] Prefix, IReadOnlyList<int[]> Chunks, int[] Question, int[] Chosen, IReadOnlyList<int[]> Rejected)
{
    /// <summary>Turns after the first, each after the chosen response of the turn before.</summary>
    public IReadOnlyList<TurnTokens> Further { get; init; } = [];

    /// <summary>
    /// Questions after the first, each asked alone after the same context; their tokens begin behind the last chunk, as those of
    /// <see cref="Question"/>. A sample has further turns or further questions, not both.
    /// </summary>
    public IReadOnlyList<TurnTokens> Questions { get; init; } = [];

    /// <summary>[K] all turns in their order.</summary>
    public IEnumerable<TurnTokens> Turns => Further.Prepend(new(Question, Chosen, Rejected));

    /// <summary>[K] ids of the questions that are asked alone: the sample's own of the first, then "id#2", "id#3" and so on.</summary>
    public IEnumerable<string> QuestionIds => Enumerable.Range(0, 1 + Questions.Count).Select(k => PreferenceSample.QuestionId(Id, k));

    /// <summary>Encodes the texts of a sample and combines them with its stored chunks.</summary>
    /// <remarks>Several turns are LongPO's long sequence, arXiv 2502.13922, section 3.</remarks>
    /// <exception cref="InputException">A chunk has a token outside the vocabulary.</exception>
    /// <exception cref="InputException">The chat template refuses, omits or rewrites an earlier message, or lets several questions share no
    /// context.</exception>
    public static SampleTokens Of(PreferenceSample sample, ChatFormat format, int vocabSize)
    {
        SampleTokens[] questions =
        [
            .. sample.SplitQuestions().Select(q => Of(q, q.Context, q.Question, q.Chosen, q.Rejected, format, vocabSize)),
        ];
        SampleTokens tokens = questions[0] with
        {
            Further = [.. FurtherTurns(sample, format)],
            Questions = [.. questions.Skip(1).Select(q => q.Turns.Single())],
        };
        return tokens.Questions.Count == 0
            || (questions.All(q => q.Prefix.AsSpan().SequenceEqual(tokens.Prefix)) && tokens.Shape.PromptTokens > 0)
            ? tokens
            : throw new InputException(
                $"Sample {sample.Id}: the chat template begins the prompts of its questions with different tokens, so they share no "
                    + "context; write each question as a sample of its own.");
    }

    /// <summary>
    /// Each turn or question by itself as the reference of LongPO reads it: the chunks that the chosen response was written from, the
    /// question, both responses.
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
        (int[] before, int[] after) = Named(sample, () => format.Frame(question, context.Length > 0, sample.History, sample.ToolUse));
        return new(
            sample.Id, before, context, after, Named(sample, () => format.Response(chosen, sample.ChosenCalls)),
            [.. rejected.Select(format.Response)]);
    }

    /// <summary>Prefix, chunks and first question.</summary>
    public int[] Prompt => [.. Prefix, .. Chunks.SelectMany(c => c), .. Question];

    /// <summary>[P] what the prompts of all questions begin with; the whole prompt of a sample with one question.</summary>
    internal int[] Shared => [.. Prefix, .. Chunks.SelectMany(c => c), .. Question.AsSpan(0, SharedQuestionTokens)];

    /// <summary>How many tokens all questions begin with. Each of several questions keeps at least one token of its own.</summary>
    internal int SharedQuestionTokens => Questions.Count == 0
        ? Question.Length
        : Questions.Min(q => Math.Min(
            Question.AsSpan().CommonPrefixLength(q.Question), Math.Min(Question.Length, q.Question.Length) - 1));

    /// <summary>[K] the first question, and the further turns or questions in their order.</summary>
    internal IEnumerable<TurnTokens> All => Turns.Concat(Questions);

    /// <summary>
    /// Tokens of context, questions and the responses that an objective takes, the first rejected ones of each question; null for all.
    /// Shared tokens are counted once.
    /// </summary>
    public int Count(int? rejectedResponses) => PromptTokens + All.SelectMany(t => t.Responses(rejectedResponses)).Sum(r => r.Length);

    /// <summary>The lengths. All responses count, whichever an objective uses, so that all objectives see the same positions.</summary>
    public PromptShape Shape => new(Prefix.Length, [.. Chunks.Select(c => c.Length)], SharedQuestionTokens, LongestPath);

    /// <summary>Tokens of context and all questions; what several questions share is counted once.</summary>
    internal int PromptTokens =>
        Prefix.Length + Chunks.Sum(c => c.Length) + All.Sum(t => t.Question.Length) - Questions.Count * SharedQuestionTokens;

    /// <summary>Checks that every question has the rejected responses that an objective takes.</summary>
    /// <exception cref="InputException">A question has fewer.</exception>
    internal void RequireRejected(int wanted)
    {
        int fewest = All.Min(t => t.Rejected.Count);
        if (fewest < wanted)
        {
            throw new InputException(fewest == 0
                ? $"Sample {Id} has no rejected response, and the objective takes {wanted}; to train without rejected responses, use the "
                    + "objective sft_partial, sft_full, lm, kto, distill or opsdl."
                : $"Sample {Id} has {fewest} rejected {(fewest == 1 ? "response" : "responses")} and the objective takes {wanted}; "
                    + "synthesize more, or lower rejected_responses.");
        }
    }

    /// <summary>
    /// From the end of what is shared to the end of the response that ends last; turns go on after chosen responses, questions begin
    /// side by side.
    /// </summary>
    int LongestPath
    {
        get
        {
            int start = -SharedQuestionTokens, longest = 0;
            foreach (TurnTokens turn in Turns)
            {
                start += turn.Question.Length;
                longest = Math.Max(longest, start + turn.Responses(null).Max(r => r.Length));
                start += turn.Chosen.Length;
            }
            int shared = SharedQuestionTokens;
            foreach (TurnTokens question in Questions)
            {
                longest = Math.Max(longest, question.Question.Length - shared + question.Responses(null).Max(r => r.Length));
            }
            return longest;
        }
    }
}

/// <summary>Represents a turn, or a question that is asked alone, as token ids.</summary>
/// <param name="Question">Between what came before and the response: the question with the template
/// around it; may be empty in the first turn.</param>
/// <param name="Chosen">The chosen response with its end token; at least one.</param>
/// <param name="Rejected">[M] the rejected responses with their end tokens; at least one token each. May be empty.</param>
public sealed record TurnTokens(int[] Question, int[] Chosen, IReadOnlyList<int[]> Rejected)
{
    /// <summary>Returns the chosen response and the rejected ones that an objective takes, the first ones; null for all.</summary>
    internal IEnumerable<int[]> Responses(int? rejectedResponses) => Rejected.Take(rejectedResponses ?? int.MaxValue).Prepend(Chosen);
}
