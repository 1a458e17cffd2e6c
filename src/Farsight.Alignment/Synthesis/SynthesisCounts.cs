using System.Collections.ObjectModel;

namespace Farsight.Alignment.Synthesis;

/// <summary>What synthesis has done so far.</summary>
/// <param name="Written">Samples in the file.</param>
/// <param name="Tried">Sample numbers used up.</param>
/// <param name="FactsInserted">Of the tried, those that ask for a fact that was put in.</param>
/// <param name="FactsFound">Of these, those whose chunk the importance scores call relevant.</param>
/// <param name="FactsFoundAlone">Of these, those where no other chunk is called relevant.</param>
/// <param name="Dropped">Samples given up, by reason.</param>
/// <param name="Resampled">Responses sampled again, by reason.</param>
public sealed record SynthesisCounts(
    int Written, int Tried, int FactsInserted, int FactsFound, int FactsFoundAlone,
    IReadOnlyDictionary<string, int> Dropped, IReadOnlyDictionary<string, int> Resampled)
{
    /// <summary>Nothing done.</summary>
    public static SynthesisCounts Zero { get; } = new(0, 0, 0, 0, 0, ReadOnlyDictionary<string, int>.Empty, ReadOnlyDictionary<string, int>.Empty);

    internal SynthesisCounts With(SampleOutcome outcome)
    {
        bool hasFact = outcome.Context.Asked is not null, found = hasFact && outcome.Context.FoundByScores;
        bool alone = found && outcome.Context.Of(Data.ChunkRole.Relevant).Length == 1;
        return new(
            Written + One(outcome.Sample is not null), Tried + 1, FactsInserted + One(hasFact), FactsFound + One(found), FactsFoundAlone + One(alone),
            Plus(Dropped, outcome.Dropped is { } reason ? [reason] : []), Plus(Resampled, outcome.Resampled));
    }

    static int One(bool condition) => condition ? 1 : 0;

    /// <summary>Sorted, so that equal counts are equal text.</summary>
    static SortedDictionary<string, int> Plus(IReadOnlyDictionary<string, int> counts, IReadOnlyList<string> reasons)
    {
        SortedDictionary<string, int> sum = new(StringComparer.Ordinal);
        foreach (string reason in counts.Keys.Concat(reasons).Distinct())
        {
            sum[reason] = counts.GetValueOrDefault(reason) + reasons.Count(r => r == reason);
        }
        return sum;
    }
}
