using System.Text.Json;
using Farsight.Server.Constraints;
using Farsight.Server.Protocol;

namespace Farsight.Server.Endpoints;

/// <summary>Describes how a model family writes the call of a function: a JSON object with a name and arguments, between markers.</summary>
/// <param name="Opening">Marker before a call; empty where a call is the whole answer.</param>
/// <param name="Closing">Marker after a call.</param>
/// <param name="ArgumentsKey">Name of the arguments in the object.</param>
sealed record ToolMarkup(string Opening, string Closing, string ArgumentsKey)
{
    /// <summary>Gets the markup of Hermes and Qwen, and of models whose templates know no tools.</summary>
    internal static ToolMarkup Tagged { get; } = new("<tool_call>", "</tool_call>", "arguments");

    /// <summary>Gets the markup of Llama 3.</summary>
    internal static ToolMarkup Bare { get; } = new("", "", "parameters");

    /// <summary>Creates the grammar of a call.</summary>
    /// <param name="tools">Functions that may be called.</param>
    /// <param name="includesOpening">Whether the marker before the call belongs to it.</param>
    internal Grammar Call(IReadOnlyList<ChatTool> tools, bool includesOpening)
    {
        Grammar line = Opening.Length == 0 ? Grammar.Empty : new Grammar.Repeat(Grammar.Text("\n"), 0, 1);
        return Grammar.Of(
            Grammar.Text(includesOpening ? Opening : ""),
            line,
            Grammar.Any(
            [
                .. tools.Select(t => Grammar.Of(
                    Grammar.Text("{\"name\":"),
                    JsonGrammar.Space,
                    Grammar.Text($"\"{t.Name}\""),
                    JsonGrammar.Comma,
                    Grammar.Text($"\"{ArgumentsKey}\":"),
                    JsonGrammar.Space,
                    t.Arguments,
                    Grammar.Text("}"))),
            ]),
            line,
            Grammar.Text(Closing));
    }

    /// <summary>Reads a call; null where the text is none, or calls a function that was not offered.</summary>
    internal ToolCall? Read(string text, IReadOnlyCollection<string> names)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            return json.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String
                && names.Contains(name.GetString()!)
                && root.TryGetProperty(ArgumentsKey, out JsonElement arguments) && arguments.ValueKind == JsonValueKind.Object
                ? new($"call_{Guid.NewGuid():N}", name.GetString()!, arguments.GetRawText())
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>Represents the call of a function in an answer.</summary>
/// <param name="Id">Id of the call.</param>
/// <param name="Name">Name of the function.</param>
/// <param name="Arguments">A JSON object.</param>
sealed record ToolCall(string Id, string Name, string Arguments);
