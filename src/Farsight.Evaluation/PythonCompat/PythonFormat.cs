using System.Text.RegularExpressions;

namespace Farsight.Evaluation.PythonCompat;

/// <summary>
/// Implements Python's str.format with names: replaces {name}, makes doubled braces single, and does not search inserted text again.
/// </summary>
static partial class PythonFormat
{
    /// <summary>Fills a template.</summary>
    /// <exception cref="KeyNotFoundException">The template names a value that is not given.</exception>
    public static string Fill(string template, IReadOnlyDictionary<string, string> values) =>
        Field().Replace(template, m => m.Value switch
        {
            "{{" => "{",
            "}}" => "}",
            _ => values[m.Groups[1].Value],
        });

    [GeneratedRegex(@"\{\{|\}\}|\{(\w+)\}")]
    private static partial Regex Field();
}
