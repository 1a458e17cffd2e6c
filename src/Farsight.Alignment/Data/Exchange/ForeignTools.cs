using System.Text.Json;
using System.Text.Json.Nodes;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>Reads tools and their calls in OpenAI's layout, and writes them as Hugging Face's templates expect them.</summary>
static class ForeignTools
{
    const string Function = "function", Name = "name", Arguments = "arguments";

    /// <summary>Returns calls with their arguments as objects; null if they have another form.</summary>
    internal static string? Calls(JsonElement calls) => List(calls, Call);

    /// <summary>Returns the tools of a line, a list or its JSON as a text; null if they have another form.</summary>
    internal static string? Tools(JsonElement tools)
    {
        if (tools.ValueKind != JsonValueKind.String)
        {
            return List(tools, Tool);
        }
        try
        {
            return List(JsonElement.Parse(tools.GetString()!), Tool);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static string? List(JsonElement list, Func<JsonElement, JsonObject?> read)
    {
        JsonObject?[] all = list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(read)] : [];
        return all.Length == 0 || all.Contains(null) ? null : new JsonArray([.. all]).ToJsonString();
    }

    /// <summary>Reads a call. OpenAI has the arguments as a text with JSON in it.</summary>
    static JsonObject? Call(JsonElement call)
    {
        if (FunctionOf(call) is not { } function || ArgumentsOf(function) is not { } arguments)
        {
            return null;
        }
        JsonObject read = new()
        {
            ["type"] = Function,
            [Function] = new JsonObject { [Name] = function.GetProperty(Name).GetString(), [Arguments] = arguments },
        };
        if (call.TryGetProperty("id", out JsonElement id) && id.ValueKind == JsonValueKind.String)
        {
            read["id"] = id.GetString();
        }
        return read;
    }

    static JsonObject? ArgumentsOf(JsonElement function)
    {
        if (!function.TryGetProperty(Arguments, out JsonElement arguments) || arguments.ValueKind == JsonValueKind.Null)
        {
            return [];
        }
        try
        {
            return (arguments.ValueKind == JsonValueKind.String ? JsonNode.Parse(arguments.GetString()!) : JsonNode.Parse(
                arguments.GetRawText())) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Reads a tool: a function, alone or under "function".</summary>
    static JsonObject? Tool(JsonElement tool) => FunctionOf(tool) is { } function
        ? new JsonObject { ["type"] = Function, [Function] = JsonNode.Parse(function.GetRawText()) }
        : null;

    static JsonElement? FunctionOf(JsonElement owner)
    {
        if (owner.ValueKind != JsonValueKind.Object)
        {
            return null;
        }
        JsonElement function = owner.TryGetProperty(Function, out JsonElement inner) ? inner : owner;
        return function.ValueKind == JsonValueKind.Object
            && function.TryGetProperty(Name, out JsonElement name)
            && name.ValueKind == JsonValueKind.String
            && !string.IsNullOrWhiteSpace(name.GetString())
                ? function
                : null;
    }
}
