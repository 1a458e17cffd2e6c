using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Positions;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Synthesis;

/// <summary>Stage 4: selects the part of the context that each response is written from (arXiv 2410.18533, section 3.2.2).</summary>
sealed class ResponseViews(ChatFormat format, Tokenizer tokenizer, PromptBudget budget)
{
    /// <summary>Decodes a view.</summary>
    internal string TextOf(ResponseView view) => tokenizer.Decode(view.Context);

    /// <summary>Tells whether the prompt and its longest possible response fit into the window.</summary>
    internal bool Fits(SampleContext context, ResponseView view) =>
        format.Prompt(view.Context, context.Question).Length + budget.MaxNewTokens <= budget.Window;

    /// <summary>
    /// Selects the view of the chosen response: the relevant chunks. If they do not fit into a prompt, it keeps those that the question was
    /// made from and the best of the others.
    /// </summary>
    internal ResponseView Relevant(SampleContext context) => View(context, context.Of(ChunkRole.Relevant)
        .OrderByDescending(i => context.Origin != QuestionOrigin.Document && context.GoldChunks.Contains(i))
        .ThenByDescending(i => context.Chunks[i].Score).Take(budget.MaxChunks));

    /// <summary>Selects the view of a second attempt at the chosen response: the chunks that answer.</summary>
    internal static ResponseView Gold(SampleContext context) => View(context, context.GoldChunks);

    /// <summary>Selects the view of a rejected response: irrelevant chunks only, a partly relevant context, or both in turn.</summary>
    internal static ResponseView Rejected(SampleContext context, Negatives negatives, int number, ref SeededRandom random) =>
        negatives == Negatives.Irrelevant || (negatives == Negatives.Mixed && number % 2 == 0)
            ? Irrelevant(context, ref random)
            : Partial(context, ref random);

    /// <summary>Draws the positions of the prompt with all chunks; null for 0, 1, 2, ….</summary>
    /// <param name="context">The context and its question.</param>
    /// <param name="scheme">The scheme; null for 0, 1, 2, ….</param>
    /// <param name="random">Random numbers of the sample.</param>
    /// <exception cref="InputException">The prompt and a response do not fit below the scheme's target length.</exception>
    internal int[]? PositionsOf(SampleContext context, IPositionScheme? scheme, SeededRandom random)
    {
        if (scheme is null)
        {
            return null;
        }
        (int[] before, int[] after) = format.Frame(context.Question, hasContext: true);
        PromptShape shape = new(before.Length, [.. context.Chunks.Select(c => c.Tokens.Length)], after.Length, budget.MaxNewTokens);
        return scheme.Assign(shape, ref random).Prompt;
    }

    /// <summary>Selects all chunks.</summary>
    internal static ResponseView All(SampleContext context) => View(context, Enumerable.Range(0, context.Chunks.Count));

    static ResponseView Irrelevant(SampleContext context, ref SeededRandom random) =>
        View(context, SomeIrrelevant(context, PromptBudget.ChunksOfRejected, ref random));

    /// <summary>
    /// For facts: another fact, or the requested fact cut inside its value, with equal chance. For other questions: a part of the relevant
    /// chunks, or half of the only one.
    /// </summary>
    static ResponseView Partial(SampleContext context, ref SeededRandom random)
    {
        bool another = random.Next(2) == 0;
        return context.Asked is not { } asked ? PartOfRelevant(context, ref random)
            : another && context.Facts.Count > 1 ? AnotherFact(context, asked, ref random)
            : CutFact(context, asked, ref random);
    }

    static ResponseView AnotherFact(SampleContext context, FactInChunk asked, ref SeededRandom random)
    {
        FactInChunk other = random.Pick([.. context.Facts.Where(f => f != asked)]);
        return View(context, [other.Chunk, .. SomeIrrelevant(context, PromptBudget.ChunksOfRejected - 1, ref random)]);
    }

    static ResponseView CutFact(SampleContext context, FactInChunk asked, ref SeededRandom random)
    {
        int[] tokens = context.Chunks[asked.Chunk].Tokens;
        int from = (asked.ValueStart + asked.ValueEnd) / 2;
        int[] seen = [asked.Chunk, .. SomeIrrelevant(context, PromptBudget.ChunksOfRejected - 1, ref random)];
        return View(context, seen, asked.Chunk, [.. tokens[..from], .. tokens[asked.ValueEnd..]]);
    }

    static ResponseView PartOfRelevant(SampleContext context, ref SeededRandom random)
    {
        int[] relevant = context.Of(ChunkRole.Relevant);
        random.Shuffle<int>(relevant);
        int[] part = relevant[..Math.Min(Math.Max(1, relevant.Length / 2), PromptBudget.ChunksOfRejected - 1)];
        int[] seen = [.. part, .. SomeIrrelevant(context, PromptBudget.ChunksOfRejected - part.Length, ref random)];
        int[] tokens = context.Chunks[part[0]].Tokens;
        return relevant.Length > 1 ? View(context, seen)
            : View(context, seen, part[0], random.Next(2) == 0 ? tokens[..(tokens.Length / 2)] : tokens[(tokens.Length / 2)..]);
    }

    static int[] SomeIrrelevant(SampleContext context, int most, ref SeededRandom random)
    {
        int[] irrelevant = context.Of(ChunkRole.Irrelevant);
        random.Shuffle<int>(irrelevant);
        return irrelevant[..Math.Min(most, irrelevant.Length)];
    }

    static ResponseView View(SampleContext context, IEnumerable<int> chunks, int changed = -1, int[]? changedTokens = null)
    {
        int[] seen = [.. chunks.Order()];
        int[] tokens = [.. seen.SelectMany(i => i == changed ? changedTokens! : context.Chunks[i].Tokens)];
        return new(seen, tokens);
    }
}

/// <summary>Represents the part of a context that a response is written from.</summary>
/// <param name="Seen">Indices of the chunks, ascending.</param>
/// <param name="Context">Tokens of these chunks; a chunk may be cut.</param>
sealed record ResponseView(int[] Seen, int[] Context);
