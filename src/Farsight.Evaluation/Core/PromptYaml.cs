using System.Text.Json;
using Farsight.Engine;

namespace Farsight.Evaluation.Core;

/// <summary>
/// The small part of YAML that files of prompts are written in: names with a block of text, or with a text in double quotes.
/// </summary>
static class PromptYaml
{
    /// <summary>The text of a name.</summary>
    /// <exception cref="InputException">The file is missing, or the name is not there with such a text.</exception>
    internal static string Text(EvalData data, string path, string name)
    {
        string[] lines = [.. data.ReadLines(path).SkipWhile(l => !l.StartsWith(name + ":", StringComparison.Ordinal))];
        string first = lines.Length > 0 ? lines[0][(name.Length + 1)..].Trim() : "";
        string value = first.Length > 0 ? first : lines.Skip(1).FirstOrDefault(l => l.Trim().Length > 0)?.Trim() ?? "";
        return first == "|-"
            ? Block(lines[1..])
            : Quoted(value)
                ?? throw new InputException($"{path} has no text '{name}'; get the file again ('farsight eval data' says where).");
    }

    static string Block(string[] lines)
    {
        int indent = lines.FirstOrDefault(l => l.Trim().Length > 0)?.TakeWhile(c => c == ' ').Count() ?? 0;
        IEnumerable<string> block = lines.TakeWhile(l =>
            l.Trim().Length == 0 || l.StartsWith(new string(' ', Math.Max(1, indent)), StringComparison.Ordinal));
        return string.Join('\n', block.Select(l => l[Math.Min(indent, l.Length)..])).TrimEnd('\n');
    }

    static string? Quoted(string value)
    {
        try
        {
            return value.StartsWith('"') ? JsonElement.Parse(value).GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
