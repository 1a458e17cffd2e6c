using System.Collections.ObjectModel;
using System.Text.Json;
using Farsight.Alignment.Data;

namespace Farsight.Alignment.Synthesis;

/// <summary>What synthesis has done so far.</summary>
/// <param name="Written">Samples in the file.</param>
/// <param name="GivenUp">Sample numbers that none of their tries gave a sample for.</param>
/// <param name="Tried">Contexts drawn, or begun: at least one for every number.</param>
/// <param name="FactsInserted">Of the tried, those that ask for a fact that was put in.</param>
/// <param name="FactsFound">Of these, those whose chunk the importance scores call relevant.</param>
/// <param name="FactsFoundAlone">Of these, those where no other chunk is called relevant.</param>
/// <param name="Questions">Questions of the samples in the file, by where they are from.</param>
/// <param name="Dropped">Tries given up, by reason; as "turn_…" the turns that samples were to have and have not.</param>
/// <param name="Resampled">Responses sampled again, by reason.</param>
public sealed record SynthesisCounts(
    int Written, int GivenUp, int Tried, int FactsInserted, int FactsFound, int FactsFoundAlone,
    IReadOnlyDictionary<string, int> Questions, IReadOnlyDictionary<string, int> Dropped, IReadOnlyDictionary<string, int> Resampled)
{
    static readonly ReadOnlyDictionary<string, int> s_none = ReadOnlyDictionary<string, int>.Empty;

    /// <summary>Nothing done.</summary>
    public static SynthesisCounts Zero { get; } = new(0, 0, 0, 0, 0, 0, s_none, s_none, s_none);

    /// <summary>Sample numbers that are done with.</summary>
    internal int Numbers => Written + GivenUp;

    /// <summary>Both together, as if one run had done them.</summary>
    public SynthesisCounts Plus(SynthesisCounts other) => new(
        Written + other.Written, GivenUp + other.GivenUp, Tried + other.Tried,
        FactsInserted + other.FactsInserted, FactsFound + other.FactsFound, FactsFoundAlone + other.FactsFoundAlone,
        Sum(Questions, other.Questions), Sum(Dropped, other.Dropped), Sum(Resampled, other.Resampled));

    /// <summary>With all tries of one more sample number.</summary>
    internal SynthesisCounts With(IReadOnlyList<SampleOutcome> tries)
    {
        SynthesisCounts sum = this with { GivenUp = GivenUp + One(tries[^1].Sample is null) };
        return tries.Aggregate(sum, (counts, outcome) => counts.Plus(Of(outcome)));
    }

    static SynthesisCounts Of(SampleOutcome outcome)
    {
        bool hasFact = outcome.Context?.Asked is not null, found = hasFact && outcome.Context!.FoundByScores;
        bool alone = found && outcome.Context!.Of(ChunkRole.Relevant).Length == 1;
        return new(
            One(outcome.Sample is not null),
            0,
            1,
            One(hasFact),
            One(found),
            One(alone),
            Count(QuestionsOf(outcome.Sample)),
            Count(outcome.LeftOut.Select(r => $"turn_{r}").Concat(outcome.Dropped is { } reason ? [reason] : [])),
            Count(outcome.Resampled));
    }

    /// <summary>Where the questions of all turns are from, by the names that samples have.</summary>
    static IEnumerable<string> QuestionsOf(PreferenceSample? sample) =>
        sample is null
            ? []
            : new[] { sample.Provenance.Question }
                .Concat(sample.Turns?.Select(t => t.Origin) ?? [])
                .OfType<QuestionOrigin>()
                .Select(o => JsonNamingPolicy.SnakeCaseLower.ConvertName(o.ToString()));

    static int One(bool condition) => condition ? 1 : 0;

    static Dictionary<string, int> Count(IEnumerable<string> names) => names.CountBy(n => n).ToDictionary();

    /// <summary>Sorted, so that equal counts are equal text.</summary>
    static SortedDictionary<string, int> Sum(IReadOnlyDictionary<string, int> a, IReadOnlyDictionary<string, int> b)
    {
        SortedDictionary<string, int> sum = new(StringComparer.Ordinal);
        foreach ((string name, int count) in a.Concat(b))
        {
            sum[name] = sum.GetValueOrDefault(name) + count;
        }
        return sum;
    }
}
