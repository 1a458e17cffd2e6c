using Farsight.Alignment.Fiction;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.Contrast;

/// <summary>Draws contexts and questions of one kind of contrast.</summary>
interface IContrast
{
    /// <summary>Draws a context with its question and answers.</summary>
    /// <param name="turn">Index of the sample among those of its kind.</param>
    /// <param name="contexts">Makes contexts.</param>
    /// <param name="random">Random stream of the sample; advanced.</param>
    ContrastDraft Draw(int turn, ContrastContexts contexts, ref SeededRandom random);

    /// <summary>Returns the implementation of a kind.</summary>
    static IContrast Of(ContrastKind kind) => kind switch
    {
        ContrastKind.Distractors => new DistractorContrast(),
        ContrastKind.Unanswerable => new UnanswerableContrast(),
        ContrastKind.Entities => new EntityContrast(),
        ContrastKind.Instructions => new InstructionContrast(),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>Draws a kind of fact; all are equally likely.</summary>
    static NeedleKind Kind(ref SeededRandom random) => random.Pick(NeedleMaker.Kinds);

    /// <summary>Builds the sentence of a fact with the value of another one.</summary>
    static string Mistaken(Needle asked, Needle other) => NeedleMaker.FromTemplate(asked.Kind, asked.Key, other.Value).Sentence;

    /// <summary>Keeps an answer that names the requested key without its value; null for other answers.</summary>
    static string? WrongValue(string text, Needle asked) =>
        text.Contains(asked.Key, StringComparison.Ordinal) && !text.Contains(asked.Value, StringComparison.Ordinal) ? text : null;
}

/// <summary>
/// Places the requested fact among three to seven facts with similar keys. Chosen: its sentence. Rejected: its key with another value, and
/// the sentence of another fact.
/// </summary>
sealed class DistractorContrast : IContrast
{
    const int Fewest = 3, Most = 7;

    /// <inheritdoc/>
    public ContrastDraft Draw(int turn, ContrastContexts contexts, ref SeededRandom random)
    {
        NeedleKind kind = IContrast.Kind(ref random);
        int count = 1 + random.Next(Fewest, Math.Min(Most, contexts.MaxFacts - 1) + 1);
        IReadOnlyList<Needle> needles = contexts.Needles(
            ref random, (ref SeededRandom r) => SimilarNeedles.Make(ref r, kind, NeedleSplit.Training, count));
        ContrastContext context = contexts.Place(needles, ref random);
        FactInChunk asked = context.Facts.Single(f => f.Needle == needles[0]);
        FactInChunk[] others = [.. context.Facts.Where(f => f != asked)];
        RejectedPlan mistaken = new(IContrast.Mistaken(asked.Needle, random.Pick(others).Needle))
        {
            Seen = contexts.View(context, others, ref random),
            Use = text => IContrast.WrongValue(text, asked.Needle),
        };
        return new(context, asked.Needle.Question, asked.Needle.Answer, [asked], [mistaken, new(random.Pick(others).Needle.Sentence)]);
    }
}

/// <summary>
/// Asks for a missing fact in every second question. Chosen: the refusal. Rejected: what the model answers. For the other questions, the
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
        int count = 1 + random.Next(Fewest, Math.Min(Most, contexts.MaxFacts - 1) + 1);
        IReadOnlyList<Needle> needles = contexts.Needles(
            ref random,
            (ref SeededRandom r) =>
                isNear
                    ? SimilarNeedles.Make(ref r, kind, NeedleSplit.Training, count)
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
        FactInChunk asked = context.Facts.Single(f => f.Needle == needles[0]);
        FactInChunk[] others = [.. context.Facts.Where(f => f != asked)];
        RejectedPlan mistaken = new(IContrast.Mistaken(asked.Needle, random.Pick(others).Needle))
        {
            Seen = contexts.View(context, others, ref random),
            Use = text => IContrast.WrongValue(text, asked.Needle),
        };
        return new(context, asked.Needle.Question, asked.Needle.Answer, [asked], [new(NeedleQuestions.Refusal), mistaken]);
    }

    static string? Invented(string text) => ShortResponse.Check(text) is null && RepetitionLoop.Check(text) is null ? text : null;
}

/// <summary>
/// Asks for all facts of a kind while one of another kind is present. Chosen: exactly these facts. Rejected: a list with an invented fact,
/// and a list that lacks or repeats a fact.
/// </summary>
sealed class EntityContrast : IContrast
{
    const int Max = 3;

    /// <inheritdoc/>
    public ContrastDraft Draw(int turn, ContrastContexts contexts, ref SeededRandom random)
    {
        NeedleKind kind = IContrast.Kind(ref random);
        NeedleKind another = random.Pick([.. NeedleMaker.Kinds.Where(k => k != kind)]);
        int count = 1 + random.Next(Max);
        IReadOnlyList<Needle> needles = contexts.Needles(ref random, (ref SeededRandom r) => Needles(ref r, kind, another, count));
        Needle absent = needles[0];
        ContrastContext context = contexts.Place([.. needles.Skip(1)], ref random);
        FactInChunk[] listed = [.. context.Facts.Where(f => f.Needle.Kind == kind)];
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

    /// <summary>Draws one fact that is not inserted, those that are asked for, and one of another kind.</summary>
    static List<Needle> Needles(ref SeededRandom random, NeedleKind kind, NeedleKind another, int count)
    {
        IReadOnlyList<Needle> needles = NeedleMaker.MakeMany(ref random, kind, NeedleSplit.Training, 1 + count);
        HashSet<string> inUse = [.. needles.SelectMany(n => new[] { n.Key, n.Value })];
        return [.. needles, NeedleMaker.Make(ref random, another, NeedleSplit.Training, inUse)];
    }
}

/// <summary>
/// Requires the answer in one of several forms. Chosen: the right answer in this form. Rejected: what the model answers, and the right
/// answer in another form.
/// </summary>
sealed class InstructionContrast : IContrast
{
    /// <inheritdoc/>
    public ContrastDraft Draw(int turn, ContrastContexts contexts, ref SeededRandom random)
    {
        NeedleKind kind = IContrast.Kind(ref random);
        int count = 1 + random.Next(2);
        IReadOnlyList<Needle> needles = contexts.Needles(
            ref random, (ref SeededRandom r) => NeedleMaker.MakeMany(ref r, kind, NeedleSplit.Training, count));
        ContrastContext context = contexts.Place(needles, ref random);
        FactInChunk asked = context.Facts.Single(f => f.Needle == needles[0]);
        NeedleForm form = NeedleForm.All[turn % NeedleForm.All.Count];
        NeedleForm[] others = [.. NeedleForm.All.Skip(1).Where(f => f != form)];
        random.Shuffle<NeedleForm>(others);
        NeedleForm usual = form == NeedleForm.All[0] ? others[1] : NeedleForm.All[0];
        RejectedPlan disobeyed = new(usual.Answer(asked.Needle))
        {
            Seen = form == NeedleForm.All[0] ? null : contexts.View(context, [asked], ref random),
            Use = text => text.Contains(asked.Needle.Value, StringComparison.Ordinal) ? text : null,
        };
        return new(
            context,
            form.Question(asked.Needle),
            form.Answer(asked.Needle),
            [asked],
            [disobeyed, new(others[0].Answer(asked.Needle))]);
    }
}
