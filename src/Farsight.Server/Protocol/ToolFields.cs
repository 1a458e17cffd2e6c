using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Server.Constraints;

namespace Farsight.Server.Protocol;

/// <summary>Represents a function that a model may call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Json">The whole tool, as templates render it.</param>
/// <param name="Arguments">The grammar of its arguments.</param>
sealed record ChatTool(string Name, JsonObject Json, Grammar Arguments);

/// <summary>Represents the tools of a request.</summary>
/// <param name="Offered">Functions that the model may call; empty for none.</param>
/// <param name="IsRequired">Whether the answer must be a call.</param>
sealed record ToolFields(IReadOnlyList<ChatTool> Offered, bool IsRequired)
{
    const int MaxTools = 128;

    /// <summary>Reads tools and tool_choice.</summary>
    internal static ToolFields Read(RequestFields fields)
    {
        JsonElement[] list = fields.List("tools", MaxTools) ?? [];
        JsonElement? choice = fields.Take("tool_choice");
        (string mode, string? name) = choice switch
        {
            null => ("auto", null),
            { ValueKind: JsonValueKind.String } word when word.GetString() is "auto" or "none" or "required" => (word.GetString()!, null),
            { ValueKind: JsonValueKind.Object } one => ("required", Named(new(one, "tool_choice"))),
            _ => throw fields.Wrong("tool_choice", "is unknown; use none, auto, required, or an object that names a function"),
        };
        if (list.Length == 0 && choice is not null && mode == "required")
        {
            throw fields.Wrong("tool_choice", "demands a call, but tools is empty; give the tools");
        }
        ChatTool[] tools = [.. list.Select((t, i) => Tool(new(t, $"tools[{i}]"), mode == "required"))];
        if (tools.GroupBy(t => t.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw fields.Wrong("tools", $"names the function '{twice.Key}' twice; use different names");
        }
        return mode == "none" ? new([], false)
            : name is null ? new(tools, mode == "required")
            : tools.Any(t => t.Name == name) ? new([.. tools.Where(t => t.Name == name)], true)
            : throw fields.Wrong("tool_choice", "names a function that tools does not have");
    }

    /// <summary>Reads a call of an earlier answer. Arguments that are no valid JSON object, because it was cut off, stay text.</summary>
    internal static JsonObject Call(RequestFields message, JsonElement json, int index)
    {
        RequestFields fields = new(json, message.PathOf($"tool_calls[{index}]"));
        string? id = fields.Text("id");
        fields.AcceptOnly("type", "function", t => t.ValueKind == JsonValueKind.String && t.ValueEquals("function"));
        fields.Accept("index");
        RequestFields function = new(
            fields.Require("function", "a name and arguments"), fields.PathOf("function"));
        string name = function.AsText("name", function.Require("name", "the function's name"));
        string arguments = function.Text("arguments") ?? "{}";
        function.Done();
        fields.Done();
        return new()
        {
            ["id"] = id,
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = name, ["arguments"] = Arguments(arguments) },
        };
    }

    static JsonNode Arguments(string text)
    {
        try
        {
            using JsonDocument json = JsonBody.Parse(Encoding.UTF8.GetBytes(text));
            return JsonObject.Create(json.RootElement.Clone()) ?? (JsonNode)JsonValue.Create(text);
        }
        catch (Exception e) when (e is ApiException or InvalidOperationException)
        {
            return JsonValue.Create(text);
        }
    }

    static string Named(RequestFields choice)
    {
        choice.AcceptOnly("type", "function", t => t.ValueKind == JsonValueKind.String && t.ValueEquals("function"));
        RequestFields function = new(choice.Require("function", "the name of a function"), "tool_choice.function");
        string name = function.AsText("name", function.Require("name", "the name of a function"));
        function.Done();
        choice.Done();
        return name;
    }

    static ChatTool Tool(RequestFields fields, bool isRequired)
    {
        string type = fields.AsText("type", fields.Require("type", "function"));
        if (type != "function")
        {
            throw fields.Wrong("type", "is unknown; use function");
        }
        JsonElement json = fields.Require("function", "a name and parameters");
        string path = fields.PathOf("function");
        RequestFields function = new(json, path);
        string name = function.AsText("name", function.Require("name", "the function's name"));
        if (!ResponseFormat.IsName(name))
        {
            throw function.Wrong("name", "is not a name; use 1 to 64 letters, digits, '.', _ and -");
        }
        _ = function.Text("description");
        bool isStrict = function.Switch("strict") ?? false;
        JsonElement? parameters = function.Take("parameters");
        function.Done();
        fields.Done();
        return new(
            name,
            new() { ["type"] = "function", ["function"] = JsonNode.Parse(json.GetRawText()) },
            parameters is { } schema ? Compile(schema, $"{path}.parameters", isStrict || isRequired) : Grammar.Text("{}"));
    }

    /// <summary>Compiles parameters. Unless they have to be enforced, a schema that cannot be compiled leaves the arguments free.</summary>
    static Grammar Compile(JsonElement schema, string param, bool isEnforced)
    {
        try
        {
            return ResponseFormat.Compile(schema, param);
        }
        catch (ApiException) when (!isEnforced && schema.ValueKind == JsonValueKind.Object)
        {
            return JsonGrammar.FreeObject;
        }
    }
}
