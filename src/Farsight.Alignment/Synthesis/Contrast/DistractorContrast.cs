using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.Contrast;

/// <summary>
/// The asked fact among three to seven with near keys: chosen its sentence, rejected its key with another value, and another's sentence.
/// </summary>
sealed class DistractorContrast : IContrast
{
    const int Fewest = 3, Most = 7;

    /// <inheritdoc/>
    public ContrastDraft Draw(int turn, ContrastContexts contexts, ref SeededRandom random)
    {
        NeedleKind kind = IContrast.Kind(ref random);
        int count = 1 + random.Next(Fewest, Math.Min(Most, contexts.MostFacts - 1) + 1);
        IReadOnlyList<Needle> needles = contexts.Needles(
            ref random, (ref SeededRandom r) => NearNeedles.Make(ref r, kind, NeedleSplit.Training, count));
        ContrastContext context = contexts.Place(needles, ref random);
        PlacedFact asked = context.Facts.Single(f => f.Needle == needles[0]);
        PlacedFact[] others = [.. context.Facts.Where(f => f != asked)];
        RejectedPlan mistaken = new(IContrast.Mistaken(asked.Needle, random.Pick(others).Needle))
        {
            Seen = contexts.View(context, others, ref random),
            Use = text => IContrast.WrongValue(text, asked.Needle),
        };
        return new(context, asked.Needle.Question, asked.Needle.Answer, [asked], [mistaken, new(random.Pick(others).Needle.Sentence)]);
    }
}
