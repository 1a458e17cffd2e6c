using Farsight.Alignment.Data;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Synthesis;

/// <summary>
/// Lets a model write questions about drawn chunks: about a single detail, about several details together, or for a summary.
/// </summary>
/// <param name="format">Chat format of the prompts.</param>
/// <param name="budget">Division of the window.</param>
/// <param name="contextChunks">N, chunks per context. A question is about at most half of them, so that others remain.</param>
/// <param name="seed">Seed of the run.</param>
sealed class QuestionWriter(ChatFormat format, PromptBudget budget, int contextChunks, int seed)
{
    const double Temperature = 0.7;
    const int MaxOfSummary = 4;
    const int Nearby = 8; // maximum distance between the chunks of a multi-detail question

    static readonly (QuestionOrigin Origin, int Weight)[] s_kinds =
        [(QuestionOrigin.SingleDetail, 50), (QuestionOrigin.MultiDetail, 30), (QuestionOrigin.Summary, 20)];

    int MaxChunks => Math.Min(budget.MaxChunks, contextChunks / 2);

    /// <summary>Draws the kind of a question and its chunks.</summary>
    internal QuestionDraft Draw(SampleTry at, Passage passage, ref SeededRandom random)
    {
        QuestionOrigin origin = s_kinds[FactDraw.Weighted(ref random, [.. s_kinds.Select(k => k.Weight)])].Origin;
        int[] chunks = origin switch
        {
            QuestionOrigin.SingleDetail => [random.Next(passage.Chunks.Count)],
            QuestionOrigin.MultiDetail => Several(passage, ref random),
            _ => Consecutive(passage, ref random),
        };
        int[] tokens = [.. chunks.SelectMany(i => passage.Chunks[i].Tokens)];
        string instruction = random.Pick(QuestionPhrases.For(origin));
        return new(origin, chunks, new(tokens, instruction, budget.MaxNewTokens, Temperature, at.Random(seed, "synth logo/question")));
    }

    /// <summary>Requests the question and parses the result.</summary>
    internal async Task<WrittenQuestion> Write(QuestionDraft draft, AskModel ask)
    {
        int prompt = format.Prompt(draft.Ask.Context, draft.Ask.Question).Length;
        if (prompt + draft.Ask.MaxNewTokens > budget.Window)
        {
            return WrittenQuestion.Bad(DropReason.PromptTooLong);
        }
        string? text = (await ask([draft.Ask]).ConfigureAwait(false))[0];
        return text is null ? WrittenQuestion.Bad(DropReason.QuestionNoEnd) : QuestionParser.Read(text, draft.Origin);
    }

    /// <summary>Draws two or three nearby chunks of one document.</summary>
    int[] Several(Passage passage, ref SeededRandom random)
    {
        int first = random.Next(passage.Chunks.Count),
            count = Math.Min(2 + random.Next(2), MaxChunks);
        int[] near =
        [
            .. Enumerable
                .Range(0, passage.Chunks.Count)
                .Where(i => i != first && Math.Abs(i - first) <= Nearby && SameDocument(passage, i, first)),
        ];
        random.Shuffle<int>(near);
        return [.. near.Take(count - 1).Append(first).Order()];
    }

    /// <summary>Draws consecutive chunks of one document.</summary>
    int[] Consecutive(Passage passage, ref SeededRandom random)
    {
        int first = random.Next(passage.Chunks.Count), most = Math.Min(MaxChunks, MaxOfSummary);
        return [.. Enumerable.Range(first, passage.Chunks.Count - first).TakeWhile(i => SameDocument(passage, i, first)).Take(most)];
    }

    static bool SameDocument(Passage passage, int a, int b) => passage.Chunks[a].Document == passage.Chunks[b].Document;
}

/// <summary>Represents a question that the model is to write.</summary>
/// <param name="Origin">Single detail, multi-detail or summary.</param>
/// <param name="Chunks">Indices of the passage's chunks that it is about, ascending.</param>
/// <param name="Ask">The request.</param>
sealed record QuestionDraft(QuestionOrigin Origin, IReadOnlyList<int> Chunks, ResponseRequest Ask);

/// <summary>Represents a question that the model wrote.</summary>
/// <param name="Question">The question.</param>
/// <param name="Answer">The writer's own answer. It helps to find the relevant chunks and is not used for training.</param>
/// <param name="Fault">Why the question cannot be used; null if it can.</param>
sealed record WrittenQuestion(string Question, string Answer, string? Fault)
{
    internal static WrittenQuestion Bad(string fault) => new("", "", fault);
}
