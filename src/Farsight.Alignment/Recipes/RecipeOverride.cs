using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine;

namespace Farsight.Alignment.Recipes;

/// <summary>Changes one key of a recipe: optimizer.learning_rate=1e-4.</summary>
public static class RecipeOverride
{
    /// <summary>
    /// Sets the key in the tree. Missing objects on the path are created, so that the check can report unknown keys.
    /// </summary>
    /// <remarks>The value is parsed as JSON; other text becomes a string, so rope=yarn:8 needs no quotes.</remarks>
    /// <exception cref="InputException">The key is missing, or the path leads through a value that is not an object.</exception>
    internal static void Apply(JsonNode root, string text, JsonDocumentOptions reading)
    {
        int equals = text.IndexOf('=');
        string[] keys = equals < 0 ? [] : text[..equals].Trim().Split('.');
        if (keys.Length == 0 || keys.Any(k => k.Length == 0))
        {
            throw new InputException($"The override '{text}' is not of the form path=value, for example optimizer.learning_rate=1e-4.");
        }

        Set(root, keys, Value(text[(equals + 1)..].Trim(), reading), $"The override '{text}'");
    }

    /// <summary>Sets a key to a value. Missing objects on the path are created.</summary>
    /// <param name="root">The recipe.</param>
    /// <param name="keys">Keys from the outside in; at least one.</param>
    /// <param name="value">The value; it belongs to no other tree.</param>
    /// <param name="named">Name of the change in messages.</param>
    /// <exception cref="InputException">The path leads through a value that is not an object.</exception>
    public static void Set(JsonNode root, IReadOnlyList<string> keys, JsonNode? value, string named)
    {
        JsonNode node = root;
        foreach (string key in keys.SkipLast(1))
        {
            JsonObject parent = Object(node, named);
            node = parent[key] ??= new JsonObject();
        }
        Object(node, named)[keys[^1]] = value;
    }

    static JsonObject Object(JsonNode node, string named) =>
        node as JsonObject
        ?? throw new InputException($"{named}: {(node.GetPath() is "$" ? "the recipe" : node.GetPath()[2..])} is not an object.");

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
