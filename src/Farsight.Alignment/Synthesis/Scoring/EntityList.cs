using System.Text.Json;

namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Parses a list in the variants that models write.</summary>
static class EntityList
{
    const int MostCharacters = 200; // longer items are sentences, not entities

    static readonly JsonDocumentOptions s_lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>
    /// Parses a JSON array, bare, in a code block, in an object or among other words; otherwise a list with one item per line.
    /// </summary>
    /// <returns>The items; null if the answer has no list.</returns>
    internal static IReadOnlyList<string>? Parse(string answer)
    {
        for (int from = answer.IndexOf('['); from >= 0; from = answer.IndexOf('[', from + 1))
        {
            if (Array(answer.AsSpan(from)) is { } items)
            {
                return items;
            }
        }
        string[] lines = [.. answer.Split('\n').Select(l => l.Trim()).Where(IsItem).Select(Item).Where(IsEntity)];
        return lines.Length > 0 ? lines : null;
    }

    static IReadOnlyList<string>? Array(ReadOnlySpan<char> text)
    {
        // An answer that was cut off or continues after its list: the last bracket that makes it JSON ends it.
        for (int end = text.LastIndexOf(']'); end > 0; end = text[..end].LastIndexOf(']'))
        {
            try
            {
                using JsonDocument json = JsonDocument.Parse(text[..(end + 1)].ToString(), s_lenient);
                return [.. json.RootElement.EnumerateArray().Select(Text).OfType<string>().Where(IsEntity)];
            }
            catch (JsonException)
            {
                continue;
            }
        }
        return null;
    }

    static string? Text(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.String => element.GetString(),
            JsonValueKind.Number => element.GetRawText(),
            JsonValueKind.Object => element
                .EnumerateObject()
                .Where(p => p.Value.ValueKind == JsonValueKind.String)
                .Select(p => p.Value.GetString())
                .FirstOrDefault(),
            _ => null,
        };

    static bool IsEntity(string item) => !string.IsNullOrWhiteSpace(item) && item.Length <= MostCharacters;

    static bool IsItem(string line) =>
        line.StartsWith("- ", StringComparison.Ordinal) || line.StartsWith("* ", StringComparison.Ordinal) || NumberLength(line) > 0;

    static string Item(string line) => line[(NumberLength(line) is > 0 and int length ? length : 2)..].Trim().Trim('"', '*', '`');

    /// <summary>Returns the length of "12. " or "12) " at the beginning; 0 for none.</summary>
    static int NumberLength(string line)
    {
        int digits = line.AsSpan().IndexOfAnyExceptInRange('0', '9');
        return digits > 0 && digits + 1 < line.Length && line[digits] is '.' or ')' && line[digits + 1] == ' ' ? digits + 2 : 0;
    }
}
