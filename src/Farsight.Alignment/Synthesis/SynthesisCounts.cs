using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using Farsight.Alignment.Data;

namespace Farsight.Alignment.Synthesis;

/// <summary>Counts the results of synthesis so far.</summary>
/// <param name="Written">Samples in the file.</param>
/// <param name="GivenUp">Sample numbers whose tries all failed.</param>
/// <param name="Tried">Contexts drawn or started, at least one per sample number.</param>
/// <param name="FactsInserted">Contexts that ask for an inserted fact.</param>
/// <param name="FactsFound">Contexts with an inserted fact whose chunk the importance scores rate relevant.</param>
/// <param name="FactsFoundAlone">Contexts in which that chunk is the only relevant one.</param>
/// <param name="Questions">Questions of the written samples, by origin.</param>
/// <param name="Dropped">Dropped tries by reason; "turn_…" counts turns missing from written samples.</param>
/// <param name="Resampled">Responses sampled again, by reason.</param>
public sealed record SynthesisCounts(
    int Written, int GivenUp, int Tried, int FactsInserted, int FactsFound, int FactsFoundAlone,
    IReadOnlyDictionary<string, int> Questions, IReadOnlyDictionary<string, int> Dropped, IReadOnlyDictionary<string, int> Resampled)
{
    static readonly ReadOnlyDictionary<string, int> s_none = ReadOnlyDictionary<string, int>.Empty;

    /// <summary>The counts of a new run.</summary>
    public static SynthesisCounts Zero { get; } = new(0, 0, 0, 0, 0, 0, s_none, s_none, s_none);

    /// <summary>
    /// Contexts whose scores use entities that rules found, because an answer of the scorer's language model had no list of them.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ScoredByRules { get; init; }

    /// <summary>Finished sample numbers.</summary>
    internal int Numbers => Written + GivenUp;

    /// <summary>Adds two counts.</summary>
    internal SynthesisCounts Plus(SynthesisCounts other) => new(
        Written + other.Written, GivenUp + other.GivenUp, Tried + other.Tried,
        FactsInserted + other.FactsInserted, FactsFound + other.FactsFound, FactsFoundAlone + other.FactsFoundAlone,
        Sum(Questions, other.Questions), Sum(Dropped, other.Dropped), Sum(Resampled, other.Resampled))
    {
        ScoredByRules = ScoredByRules + other.ScoredByRules,
    };

    /// <summary>Adds all tries of one sample number.</summary>
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
            Count(outcome.LeftOut.Select(r => DropReason.OfTurn + r).Concat(outcome.Dropped is { } reason ? [reason] : [])),
            Count(outcome.Resampled))
        {
            ScoredByRules = One(outcome.Context?.UsesRules == true),
        };
    }

    /// <summary>Returns the origins of the questions of all turns, as samples spell them.</summary>
    static IEnumerable<string> QuestionsOf(PreferenceSample? sample) =>
        sample?.AllTurns
            .Select(t => t.Origin)
            .OfType<QuestionOrigin>()
            .Select(o => JsonNamingPolicy.SnakeCaseLower.ConvertName(o.ToString()))
        ?? [];

    static int One(bool condition) => condition ? 1 : 0;

    static Dictionary<string, int> Count(IEnumerable<string> names) => names.CountBy(n => n).ToDictionary();

    /// <summary>Adds counts by name; sorted, so that equal counts give equal text.</summary>
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
