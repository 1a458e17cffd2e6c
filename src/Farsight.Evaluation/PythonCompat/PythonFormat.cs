using System.Text.RegularExpressions;
using Farsight.Engine;

namespace Farsight.Evaluation.PythonCompat;

/// <summary>
/// Implements Python's str.format with names: replaces {name}, makes doubled braces single, and does not search inserted text again.
/// </summary>
static partial class PythonFormat
{
    /// <summary>Fills a template.</summary>
    /// <param name="template">The template.</param>
    /// <param name="values">The values by name.</param>
    /// <param name="place">The file of the template, for messages.</param>
    /// <exception cref="InputException">The template names a value that is not given.</exception>
    public static string Fill(string template, IReadOnlyDictionary<string, string> values, string place) =>
        Field().Replace(template, m => m.Value switch
        {
            "{{" => "{",
            "}}" => "}",
            _ => values.TryGetValue(m.Groups[1].Value, out string? value) ? value : throw Unknown(m.Value, values.Keys, place),
        });

    static InputException Unknown(string field, IEnumerable<string> known, string place) =>
        new($"{place} uses the placeholder {field}, but its values are {string.Join(", ", known.Select(k => $"{{{k}}}"))}; "
            + "download the file again ('farsight eval data' lists the sources).");

    [GeneratedRegex(@"\{\{|\}\}|\{(\w+)\}")]
    private static partial Regex Field();
}
