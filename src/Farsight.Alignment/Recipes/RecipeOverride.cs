using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine;

namespace Farsight.Alignment.Recipes;

/// <summary>A change of one key from the command line: optimizer.learning_rate=1e-4.</summary>
static class RecipeOverride
{
    /// <summary>Sets the key in the tree; objects on the way are made where they are missing, so that the check can name what is unknown.</summary>
    /// <remarks>The value is read as JSON and, where it is none, taken as a string: rope=yarn:8 needs no quotes.</remarks>
    /// <exception cref="InputException">There is no key, or the path runs through something that is not an object.</exception>
    internal static void Apply(JsonNode root, string text, JsonDocumentOptions reading)
    {
        int equals = text.IndexOf('=');
        string[] keys = equals < 0 ? [] : text[..equals].Trim().Split('.');
        if (keys.Length == 0 || keys.Any(k => k.Length == 0))
        {
            throw new InputException($"--set {text}: write it as path=value, as in optimizer.learning_rate=1e-4.");
        }

        JsonNode node = root;
        foreach (string key in keys[..^1])
        {
            JsonObject parent = Object(node, text);
            node = parent[key] ??= new JsonObject();
        }
        Object(node, text)[keys[^1]] = Value(text[(equals + 1)..].Trim(), reading);
    }

    static JsonObject Object(JsonNode node, string text) =>
        node as JsonObject ?? throw new InputException($"--set {text}: {(node.GetPath() is "$" ? "the recipe" : node.GetPath()[2..])} is not an object.");

    static JsonNode? Value(string text, JsonDocumentOptions reading)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: reading);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }
}
