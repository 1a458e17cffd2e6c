using System.Text.Json.Serialization;

namespace Farsight.Evaluation.Core;

/// <summary>Specifies what an interval treats as independent.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<IntervalUnit>))]
public enum IntervalUnit
{
    /// <summary>Every example has its own document.</summary>
    [JsonStringEnumMemberName("example")]
    Example,

    /// <summary>Several examples are about one document; all examples of a document are one unit.</summary>
    [JsonStringEnumMemberName("document")]
    Document,
}

/// <summary>Groups examples into the units of an interval: documents where any two examples share one, else single examples.</summary>
/// <remarks>
/// Answers about one document depend on each other: it is easy or hard for all of them. Intervals that count each answer as independent are
/// too narrow. An example without a group is a unit of its own.
/// </remarks>
public sealed class ResamplingUnits
{
    ResamplingUnits(IReadOnlyList<int[]> members, int examples)
    {
        Members = members;
        Examples = examples;
    }

    /// <summary>The examples of each unit, by their indexes, in the order of their first one.</summary>
    public IReadOnlyList<int[]> Members { get; }

    /// <summary>Number of examples.</summary>
    public int Examples { get; }

    /// <summary>Whether the units are documents or examples.</summary>
    public IntervalUnit Kind => Members.Count < Examples ? IntervalUnit.Document : IntervalUnit.Example;

    /// <summary>Forms the units.</summary>
    /// <param name="groups">The <see cref="EvalExample.Group"/> of each example.</param>
    public static ResamplingUnits Of(IReadOnlyList<string?> groups) =>
        new(
            [
                .. groups
                    .Select((group, index) => (Key: (group, group is null ? index : -1), Index: index))
                    .GroupBy(e => e.Key, e => e.Index)
                    .Select(g => g.ToArray()),
            ],
            groups.Count);

    /// <summary>Treats every example as a unit.</summary>
    /// <param name="examples">Number of examples.</param>
    public static ResamplingUnits Each(int examples) => new([.. Enumerable.Range(0, examples).Select(i => new[] { i })], examples);
}
