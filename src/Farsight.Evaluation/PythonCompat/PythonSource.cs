using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine;

namespace Farsight.Evaluation.PythonCompat;

/// <summary>Represents the source code of a benchmark's official program, a file of the user's from which its prompts are read.</summary>
/// <param name="text">The code.</param>
/// <param name="name">The file, for messages.</param>
sealed class PythonSource(string text, string name)
{
    /// <summary>
    /// Returns the string literals that follow some texts, which occur in this order in the code. Fields of f-strings stay as written.
    /// </summary>
    /// <param name="count">The number of literals.</param>
    /// <param name="marks">The texts before them.</param>
    /// <exception cref="InputException">A text or a literal is missing.</exception>
    public IReadOnlyList<string> TextsAfter(int count, params ReadOnlySpan<string> marks)
    {
        int at = 0;
        foreach (string mark in marks)
        {
            int found = text.IndexOf(mark, at, StringComparison.Ordinal);
            at = found < 0 ? throw Unknown(mark) : found + mark.Length;
        }
        string[] literals = new string[count];
        for (int i = 0; i < count; i++)
        {
            literals[i] = Next(ref at) ?? throw Unknown(marks[^1]);
        }
        return literals;
    }

    /// <summary>Returns the first string literal after some texts.</summary>
    /// <exception cref="InputException">A text or a literal is missing.</exception>
    public string TextAfter(params ReadOnlySpan<string> marks) => TextsAfter(1, marks)[0];

    /// <summary>Returns the dictionary that follows a text: "TASKS =".</summary>
    /// <exception cref="InputException">The text or the dictionary is missing.</exception>
    public JsonElement Dictionary(string mark)
    {
        int found = text.IndexOf(mark, StringComparison.Ordinal);
        return found >= 0 && PythonLiteral.TryParseStart(text[(found + mark.Length)..], out object? value)
            && value is List<KeyValuePair<object?, object?>>
                ? JsonSerializer.SerializeToElement(Json(value))
                : throw Unknown(mark);
    }

    static JsonNode? Json(object? value) => value switch
    {
        List<KeyValuePair<object?, object?>> pairs =>
            new JsonObject(pairs.Select(p => KeyValuePair.Create(p.Key as string ?? "", Json(p.Value)))),
        List<object?> items => new JsonArray([.. items.Select(Json)]),
        string word => word,
        BigInteger number => (long)number,
        double number => number,
        bool flag => flag,
        _ => null,
    };

    string? Next(ref int at)
    {
        int start = text.IndexOfAny(['\'', '"'], at);
        if (start < 0)
        {
            return null;
        }
        string quote = text.AsSpan(start).StartsWith(new string(text[start], 3)) ? new string(text[start], 3) : text[start].ToString();
        int end = start + quote.Length;
        while (end < text.Length && !text.AsSpan(end).StartsWith(quote))
        {
            end += text[end] == '\\' ? 2 : 1;
        }
        at = Math.Min(text.Length, end + quote.Length);
        return PythonLiteral.TryParse(text[start..at], out object? value) ? value as string : null;
    }

    InputException Unknown(string mark) =>
        new(
            $"{name} is not the expected program: no text follows '{mark.Trim()}'; download the file again "
                + "('farsight eval data' lists the sources)."
        );
}
