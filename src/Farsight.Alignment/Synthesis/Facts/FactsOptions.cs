using System.Globalization;
using Farsight.Alignment.Fiction;
using Farsight.Alignment.Fiction.Facts;

namespace Farsight.Alignment.Synthesis.Facts;

/// <summary>Holds the options of dense-fact data: documents with many facts of one kind, and several questions about each.</summary>
public record FactsOptions(string Model, string Documents, int Samples, int Seed, string Out)
    : SynthesisOptions<FactsSettings>(Model, Documents, Samples, Seed, Out)
{
    const int LeastFacts = 8;

    /// <summary>Minimum and maximum number of fact sentences per document: "16-24", or one number.</summary>
    public string Facts { get; init; } = "16-24";

    /// <summary>K, questions per document.</summary>
    public int QuestionsPerDocument { get; init; } = 4;

    /// <summary>Types of questions, which take turns from document to document; null for all.</summary>
    public IReadOnlyList<FactQuestionType>? QuestionTypes { get; init; }

    /// <summary>Names of the kinds of facts, which take turns too; null for all.</summary>
    public IReadOnlyList<string>? Kinds { get; init; }

    /// <summary>Maximum tokens per document, with its facts.</summary>
    public int Length { get; init; } = 1024;

    /// <summary>M, rejected responses per question.</summary>
    public int Rejected { get; init; } = 2;

    /// <summary>Source of the rejected responses.</summary>
    public Negatives Negatives { get; init; } = Negatives.Minimal;

    /// <summary>The smallest and the largest number of fact sentences.</summary>
    internal (int Least, int Most) FactRange
    {
        get
        {
            string[] ends = Facts.Split('-', 2);
            return int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int least)
                && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int most)
                && least <= most
                    ? (least, most)
                    : throw new OptionException("facts", $"is {Facts}; write a number or a range, for example 16-24.");
        }
    }

    /// <summary>The types in the order of their turns.</summary>
    internal IReadOnlyList<FactQuestionType> TypesOrAll => QuestionTypes ?? Enum.GetValues<FactQuestionType>();

    /// <summary>The kinds in the order of their turns.</summary>
    /// <exception cref="OptionException">There is no kind of a name.</exception>
    internal IReadOnlyList<FactKind> KindsOrAll()
    {
        IReadOnlyList<FactKind> all = FactKind.Of(NeedleSplit.Training);
        return Kinds is null
            ? all
            :
            [
                .. Kinds.Select(n => all.FirstOrDefault(k => k.Name == n)
                    ?? throw new OptionException("kinds", $"has '{n}'; use one of {string.Join(", ", all.Select(k => k.Name))}.")),
            ];
    }

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        (int least, int most) = FactRange;
        if (least < LeastFacts || most > 1000)
        {
            throw new OptionException("facts", $"is {Facts}; use {LeastFacts} to 1000.");
        }
        AtLeast("questions_per_document", QuestionsPerDocument, 1);
        AtLeast("length", Length, 1);
        if (TypesOrAll.Count == 0 || TypesOrAll.Distinct().Count() < TypesOrAll.Count)
        {
            throw new OptionException("question_types", "must name at least one type, and each type once.");
        }
        IReadOnlyList<FactKind> kinds = KindsOrAll();
        if (kinds.Count == 0 || kinds.Distinct().Count() < kinds.Count)
        {
            throw new OptionException("kinds", "must name at least one kind, and each kind once.");
        }
        int items = TypesOrAll.Min(t => FactSheet.ItemsOf(t, least));
        if (QuestionsPerDocument > items)
        {
            throw new OptionException(
                "questions_per_document", $"is {QuestionsPerDocument}; {least} facts are {items} items, so use {items} or fewer.");
        }
        if (Negatives is not (Negatives.Minimal or Negatives.None))
        {
            throw new OptionException("negatives", "must be \"minimal\" or \"none\"; no model is asked.");
        }
        if (Negatives != Negatives.None)
        {
            AtLeast("rejected", Rejected, 1, "; for no rejected responses set negatives to \"none\"");
        }
        if (Negatives == Negatives.Minimal && Rejected >= items)
        {
            throw new OptionException(
                "rejected", $"is {Rejected}; {least} facts are {items} items, whose values give {items - 1} rejected responses or fewer.");
        }
    }

    internal override bool AsksModel => false;

    internal override SynthesisPlan<FactsSettings> Plan(SynthesisModel model) => FactsSynthesis.Plan(this, model);
}

/// <summary>Holds everything that decides a file of dense-fact data. The order of the keys is the order in which differences are
/// reported.</summary>
/// <param name="FormatVersion">Version of the samples and of how they are drawn.</param>
/// <param name="Method">"facts".</param>
/// <param name="Model">SHA-256 of the tokenizer.</param>
/// <param name="Documents">SHA-256 of the documents.</param>
/// <param name="Samples">Samples requested, over all shards.</param>
/// <param name="Shard">"2/4"; null for a file that is made in one piece.</param>
/// <param name="Seed">Seeds every random choice.</param>
/// <param name="QuestionTypes">The types in the order of their turns: "value, two_hop".</param>
/// <param name="Kinds">The kinds in the order of their turns.</param>
/// <param name="Facts">Minimum and maximum number of fact sentences per document.</param>
/// <param name="QuestionsPerDocument">K, questions per document.</param>
/// <param name="Length">Maximum tokens per document.</param>
/// <param name="ChunkTokens">Maximum tokens per chunk; a longer sentence is a chunk of its own.</param>
/// <param name="Rejected">M, rejected responses per question; 0 for none.</param>
/// <param name="Negatives">Source of the rejected responses: "minimal" or "none".</param>
public sealed record FactsSettings(
    int FormatVersion, string Method, string Model, string Documents, int Samples, string? Shard, int Seed, string QuestionTypes,
    string Kinds, string Facts, int QuestionsPerDocument, int Length, int ChunkTokens, int Rejected, string Negatives);
