using System.Text.Json;
using System.Text.Json.Nodes;

namespace Farsight.Text.Templates;

/// <summary>Turns JSON into a template's values; every string in it is marked.</summary>
static class TemplateInput
{
    internal static TemplateList Messages(JsonArray messages, TemplateRun run) => new(messages.Select(m => Message(m, run)));

    internal static object? Value(JsonNode? node, TemplateRun run) => Value(node, run, 0);

    /// <summary>A role of letters is the program's word, not the user's: some templates make markup of it.</summary>
    static object? Message(JsonNode? node, TemplateRun run)
    {
        object? value = Value(node, run, 1);
        MarkedText key = MarkedText.Own("role");
        if (
            value is TemplateDict message
            && message.TryGetValue(key, out object? role)
            && role is MarkedText { Value: var name }
            && name.All(c => char.IsAsciiLetter(c) || c is '_' or '-'))
        {
            message[key] = MarkedText.Own(name);
        }
        return value;
    }

    static object? Value(JsonNode? node, TemplateRun run, int depth)
    {
        run.CheckDepth(depth, 1);
        switch (node)
        {
            case null:
                return null;
            case JsonArray array:
                return run.List(array.Select(item => Value(item, run, depth + 1)), 1);
            case JsonObject properties:
                TemplateDict dict = [];
                foreach ((string key, JsonNode? item) in properties)
                {
                    dict[MarkedText.FromMessage(key)] = Value(item, run, depth + 1);
                }
                return dict;
            default:
                JsonElement value = JsonSerializer.SerializeToElement(node);
                return value.ValueKind switch
                {
                    JsonValueKind.String => MarkedText.FromMessage(value.GetString()!),
                    JsonValueKind.Number => value.TryGetInt64(out long n) ? (object)n : value.GetDouble(),
                    JsonValueKind.True => true,
                    JsonValueKind.False => false,
                    _ => null,
                };
        }
    }
}
