using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Farsight.Evaluation.PythonCompat;

/// <summary>Implements Python's repr of a list: ['a', "b's"].</summary>
static class PythonList
{
    /// <summary>
    /// Returns the text of a list of strings. Beyond line breaks, tabs, quotes and backslashes, characters that Python would escape stay as
    /// they are.
    /// </summary>
    public static string Of(IEnumerable<string> items) => $"[{string.Join(", ", items.Select(Quoted))}]";

    /// <summary>Returns the text of anything that JSON holds, as Python reads it: {'a': [1, None, True]}.</summary>
    /// <remarks>Numbers stay as they are written.</remarks>
    public static string Of(JsonNode? json) => json switch
    {
        null => "None",
        JsonObject fields => $"{{{string.Join(", ", fields.Select(f => $"{Quoted(f.Key)}: {Of(f.Value)}"))}}}",
        JsonArray items => $"[{string.Join(", ", items.Select(i => Of(i)))}]",
        _ => json.GetValueKind() switch
        {
            JsonValueKind.String => Quoted(json.GetValue<string>()),
            JsonValueKind.True => "True",
            JsonValueKind.False => "False",
            _ => json.ToJsonString(),
        },
    };

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
