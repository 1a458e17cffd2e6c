using System.Text.Json.Serialization;

namespace Farsight.Alignment.Fiction;

/// <summary>
/// What a question about an invented document wants. Recipes and commands have the names of JSON, those of the tasks <c>fiction/…</c>.
/// </summary>
public enum FictionAskKind
{
    /// <summary>One detail.</summary>
    [JsonStringEnumMemberName("single")]
    Detail,

    /// <summary>Two details of different things, asked for at once.</summary>
    [JsonStringEnumMemberName("multi")]
    Pair,

    /// <summary>All that the text states about one person, town or thing.</summary>
    [JsonStringEnumMemberName("summary")]
    Summary,
}
