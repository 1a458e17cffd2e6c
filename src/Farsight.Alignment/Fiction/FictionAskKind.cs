using System.Text.Json.Serialization;

namespace Farsight.Alignment.Fiction;

/// <summary>
/// Specifies what a question about an invented document asks for. Recipes and commands use the JSON names, which are also those of
/// the tasks <c>fiction/…</c>.
/// </summary>
public enum FictionAskKind
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
