using System.Text.RegularExpressions;

namespace Farsight.Evaluation.PythonCompat;

/// <summary>
/// Python's str.format with names: {name} is replaced, doubled braces become single ones, what comes in is not looked at again.
/// </summary>
public static partial class PythonFormat
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
