using Farsight.Alignment.Data;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Synthesis;

/// <summary>
/// Lets a model write questions about drawn chunks: for a single detail, for several that must be put together, or for a summary.
/// </summary>
/// <param name="format">Of the prompts.</param>
/// <param name="budget">Of the window.</param>
/// <param name="contextChunks">N; a question is about half of them at most, so that others are left.</param>
/// <param name="seed">Of the run.</param>
sealed class QuestionWriter(ChatFormat format, PromptBudget budget, int contextChunks, int seed)
{
    const double Temperature = 0.7;
    const int MostOfSummary = 4;
    const int Nearby = 8; // chunks of a multi-detail question lie at most so far apart

    static readonly (QuestionOrigin Origin, int Weight)[] s_kinds =
        [(QuestionOrigin.SingleDetail, 50), (QuestionOrigin.MultiDetail, 30), (QuestionOrigin.Summary, 20)];

    int MostChunks => Math.Min(budget.MostChunks, contextChunks / 2);

    /// <summary>Draws the kind of a question and the chunks that it will be about.</summary>
    internal QuestionDraft Draw(SampleTry at, Passage passage, ref SeededRandom random)
    {
        QuestionOrigin origin = Kind(ref random);
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

    /// <summary>Asks for it and reads what comes back.</summary>
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

    static QuestionOrigin Kind(ref SeededRandom random)
    {
        int left = random.Next(s_kinds.Sum(k => k.Weight)), i = 0;
        while (left >= s_kinds[i].Weight)
        {
            left -= s_kinds[i++].Weight;
        }
        return s_kinds[i].Origin;
    }

    /// <summary>Two or three chunks of one document, not far from each other.</summary>
    int[] Several(Passage passage, ref SeededRandom random)
    {
        int first = random.Next(passage.Chunks.Count),
            count = Math.Min(2 + random.Next(2), MostChunks);
        int[] near =
        [
            .. Enumerable
                .Range(0, passage.Chunks.Count)
                .Where(i => i != first && Math.Abs(i - first) <= Nearby && SameDocument(passage, i, first)),
        ];
        random.Shuffle<int>(near);
        return [.. near.Take(count - 1).Append(first).Order()];
    }

    /// <summary>A stretch of one document.</summary>
    int[] Consecutive(Passage passage, ref SeededRandom random)
    {
        int first = random.Next(passage.Chunks.Count), most = Math.Min(MostChunks, MostOfSummary);
        return [.. Enumerable.Range(first, passage.Chunks.Count - first).TakeWhile(i => SameDocument(passage, i, first)).Take(most)];
    }

    static bool SameDocument(Passage passage, int a, int b) => passage.Chunks[a].Document == passage.Chunks[b].Document;
}
