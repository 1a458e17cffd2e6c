using Farsight.Alignment.Fiction;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.Contrast;

/// <summary>
/// Every second question asks for a fact that was not put in: chosen the refusal, rejected what the model says instead. Of the others the
/// refusal is rejected.
/// </summary>
sealed class UnanswerableContrast : IContrast
{
    const int Fewest = 2, Most = 5;

    /// <inheritdoc/>
    public ContrastDraft Draw(int turn, ContrastContexts contexts, ref SeededRandom random)
    {
        NeedleKind kind = IContrast.Kind(ref random);
        bool isNear = random.Next(2) == 0;
        int count = 1 + random.Next(Fewest, Math.Min(Most, contexts.MostFacts - 1) + 1);
        IReadOnlyList<Needle> needles = contexts.Needles(
            ref random,
            (ref SeededRandom r) =>
                isNear
                    ? NearNeedles.Make(ref r, kind, NeedleSplit.Training, count)
                    : NeedleMaker.MakeMany(ref r, kind, NeedleSplit.Training, count));
        return turn % 2 == 0 ? Absent(needles, contexts, ref random) : Present(needles, contexts, ref random);
    }

    static ContrastDraft Absent(IReadOnlyList<Needle> needles, ContrastContexts contexts, ref SeededRandom random)
    {
        Needle asked = needles[0];
        ContrastContext context = contexts.Place([.. needles.Skip(1)], ref random);
        RejectedPlan[] rejected =
        [
            new(IContrast.Mistaken(asked, random.Pick(context.Facts).Needle))
            {
                Seen = contexts.View(context, context.Facts, ref random),
                Use = Invented,
            },
            new(asked.Sentence) { Seen = contexts.View(context, [], ref random), Use = Invented },
        ];
        return new(context, asked.Question, NeedleQuestions.Refusal, [], rejected)
        {
            Dropped = context.Names(asked.Key) ? DropReason.KeyInContext : null,
        };
    }

    static ContrastDraft Present(IReadOnlyList<Needle> needles, ContrastContexts contexts, ref SeededRandom random)
    {
        ContrastContext context = contexts.Place(needles, ref random);
        PlacedFact asked = context.Facts.Single(f => f.Needle == needles[0]);
        PlacedFact[] others = [.. context.Facts.Where(f => f != asked)];
        RejectedPlan mistaken = new(IContrast.Mistaken(asked.Needle, random.Pick(others).Needle))
        {
            Seen = contexts.View(context, others, ref random),
            Use = text => IContrast.WrongValue(text, asked.Needle),
        };
        return new(context, asked.Needle.Question, asked.Needle.Answer, [asked], [new(NeedleQuestions.Refusal), mistaken]);
    }

    static string? Invented(string text) => TooShort.Check(text) is null && RepetitionLoop.Check(text) is null ? text : null;
}
