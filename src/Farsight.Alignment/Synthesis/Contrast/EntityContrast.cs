using Farsight.Alignment.Fiction;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.Contrast;

/// <summary>
/// All facts of a kind are asked for, beside one of another kind: chosen exactly those, rejected a list with an invented one, and one that
/// lacks or repeats one.
/// </summary>
sealed class EntityContrast : IContrast
{
    const int Most = 3;

    /// <inheritdoc/>
    public ContrastDraft Draw(int turn, ContrastContexts contexts, ref SeededRandom random)
    {
        NeedleKind kind = IContrast.Kind(ref random);
        NeedleKind another = random.Pick([.. NeedleMaker.Kinds.Where(k => k != kind)]);
        int count = 1 + random.Next(Most);
        IReadOnlyList<Needle> needles = contexts.Needles(ref random, (ref SeededRandom r) => Needles(ref r, kind, another, count));
        Needle absent = needles[0];
        ContrastContext context = contexts.Place([.. needles.Skip(1)], ref random);
        PlacedFact[] listed = [.. context.Facts.Where(f => f.Needle.Kind == kind)];
        string[] sentences = [.. listed.Select(f => f.Needle.Sentence)];
        int at = random.Next(count + 1), left = random.Next(count);
        RejectedPlan invented = new(With(absent.Sentence))
        {
            Seen = contexts.View(context, [], ref random),
            Question = absent.Question,
            Use = text => IsOneSentence(text, absent) ? With(text) : null,
        };
        RejectedPlan wrongCount = new(string.Join(' ', count > 1 ? sentences.Where((_, i) => i != left) : [.. sentences, .. sentences]));
        return new(context, NeedleQuestions.List(kind), NeedleQuestions.List(listed.Select(f => f.Needle)), listed, [invented, wrongCount])
        {
            Dropped = context.Names(absent.Key) ? DropReason.KeyInContext : null,
        };

        string With(string sentence) => string.Join(' ', [.. sentences[..at], sentence, .. sentences[at..]]);
    }

    static bool IsOneSentence(string text, Needle about) =>
        text.Contains(about.Key, StringComparison.Ordinal)
        && text.IndexOf('.', StringComparison.Ordinal) == text.Length - 1
        && RepetitionLoop.Check(text) is null;

    /// <summary>One that is not put in, those that are asked for, and one of another kind.</summary>
    static List<Needle> Needles(ref SeededRandom random, NeedleKind kind, NeedleKind another, int count)
    {
        IReadOnlyList<Needle> needles = NeedleMaker.MakeMany(ref random, kind, NeedleSplit.Training, 1 + count);
        HashSet<string> inUse = [.. needles.SelectMany(n => new[] { n.Key, n.Value })];
        return [.. needles, NeedleMaker.Make(ref random, another, NeedleSplit.Training, inUse)];
    }
}
