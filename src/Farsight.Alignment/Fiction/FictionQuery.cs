using System.Text.Json.Serialization;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Fiction;

/// <summary>Represents a question about a generated document, built from facts that the document states.</summary>
/// <param name="Question">The question as a user would type it.</param>
/// <param name="Answer">The answers to the facts, concatenated.</param>
/// <param name="Facts">The facts required for the answer, in its order.</param>
public sealed record FictionQuery(string Question, string Answer, IReadOnlyList<FictionQuestion> Facts)
{
    /// <summary>Creates a question about one fact.</summary>
    public static FictionQuery Detail(FictionQuestion fact) => new(fact.Question, fact.Answer, [fact]);

    /// <summary>Creates a question about two facts, answered in the order of the questions.</summary>
    public static FictionQuery Pair(FictionQuestion first, FictionQuestion second) =>
        new($"{first.Question} {second.Question}", $"{first.Answer} {second.Answer}", [first, second]);

    /// <summary>Returns whether two facts can be combined: they have different subjects, and neither reveals the other.</summary>
    public static bool Agree(FictionQuestion first, FictionQuestion second) => first.Subject != second.Subject
        && !Mentions(first, second.Value) && !Mentions(second, first.Value) && first.Value != second.Value;

    /// <summary>Creates a question about everything that is stated about a subject.</summary>
    /// <param name="facts">At least two of one subject, in the order of the text.</param>
    /// <exception cref="ArgumentException">There are fewer than two facts, or several subjects.</exception>
    public static FictionQuery Summary(IReadOnlyList<FictionQuestion> facts) =>
        facts.Count > 1 && facts.All(f => f.Subject == facts[0].Subject)
            ? new($"What does the text say about {facts[0].Subject}?", string.Join(' ', facts.Select(f => f.Answer)), facts)
            : throw new ArgumentException("A summary needs at least two facts about one subject.", nameof(facts));

    /// <summary>Returns the facts of every subject that has at least two, in text order.</summary>
    public static IEnumerable<FictionQuestion[]> Subjects(IEnumerable<FictionQuestion> facts) =>
        facts.GroupBy(f => f.Subject).Select(g => g.ToArray()).Where(g => g.Length > 1);

    /// <summary>Creates all questions of one kind about a document.</summary>
    /// <param name="document">The document.</param>
    /// <param name="kind">Detail: every fact. Pair: every fact with another one. Summary: every subject with at least two facts.</param>
    /// <param name="seed">Seed of the collection; determines the pairs.</param>
    /// <param name="index">Index of the document in the collection.</param>
    public static IEnumerable<FictionQuery> Of(FictionDocument document, FictionQueryKind kind, int seed, int index) => kind switch
    {
        FictionQueryKind.Detail => document.Questions.Select(Detail),
        FictionQueryKind.Pair => Pairs(document.Questions, seed, index),
        _ => Subjects(document.Questions).Select(Summary),
    };

    static List<FictionQuery> Pairs(IReadOnlyList<FictionQuestion> facts, int seed, int index)
    {
        SeededRandom random = SeededRandom.For(seed, "fiction/pairs", index);
        List<FictionQuery> pairs = [];
        foreach (FictionQuestion fact in facts)
        {
            FictionQuestion[] others = [.. facts.Where(f => Agree(fact, f))];
            if (others.Length > 0)
            {
                pairs.Add(Pair(fact, random.Pick(others)));
            }
        }
        return pairs;
    }

    static bool Mentions(FictionQuestion fact, string value) =>
        fact.Question.Contains(value, StringComparison.Ordinal) || fact.Answer.Contains(value, StringComparison.Ordinal);
}

/// <summary>
/// Specifies what a question about a generated document asks for. Recipes and commands use the JSON names, which are also those of
/// the tasks <c>fiction/…</c>.
/// </summary>
public enum FictionQueryKind
{
    /// <summary>Creates a question about one fact.</summary>
    [JsonStringEnumMemberName("single")]
    Detail,

    /// <summary>Two facts about different subjects in one question.</summary>
    [JsonStringEnumMemberName("multi")]
    Pair,

    /// <summary>Everything that the text states about one person, town or thing.</summary>
    [JsonStringEnumMemberName("summary")]
    Summary,
}
