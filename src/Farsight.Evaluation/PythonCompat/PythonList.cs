using System.Globalization;
using System.Text;

namespace Farsight.Evaluation.PythonCompat;

/// <summary>Implements Python's repr of a list of strings: ['a', "b's"].</summary>
static class PythonList
{
    /// <summary>
    /// Returns the text. Beyond line breaks, tabs, quotes and backslashes, characters that Python would escape stay as they are.
    /// </summary>
    public static string Of(IEnumerable<string> items) => $"[{string.Join(", ", items.Select(Quoted))}]";

    static string Quoted(string item)
    {
        char quote = item.Contains('\'', StringComparison.Ordinal) && !item.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        StringBuilder text = new StringBuilder().Append(quote);
        foreach (char c in item)
        {
            text.Append(c switch
            {
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                '\\' => @"\\",
                _ when c == quote => "\\" + c,
                < ' ' or '\x7f' => string.Create(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => c.ToString(),
            });
        }
        return text.Append(quote).ToString();
    }
}
