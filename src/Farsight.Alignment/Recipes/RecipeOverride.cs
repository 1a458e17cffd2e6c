using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine;

namespace Farsight.Alignment.Recipes;

/// <summary>A change of one key from the command line: optimizer.learning_rate=1e-4.</summary>
static class RecipeOverride
{
    /// <summary>
    /// Sets the key in the tree; objects on the way are made where they are missing, so that the check can name what is unknown.
    /// </summary>
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

        Set(root, keys, Value(text[(equals + 1)..].Trim(), reading), $"--set {text}");
    }

    /// <summary>Sets a key to a value, whatever was there; objects on the way are made where they are missing.</summary>
    /// <param name="root">The recipe.</param>
    /// <param name="keys">From the outside in; at least one.</param>
    /// <param name="value">Belongs to no other tree.</param>
    /// <param name="named">What messages call the change.</param>
    /// <exception cref="InputException">The path runs through something that is not an object.</exception>
    internal static void Set(JsonNode root, IReadOnlyList<string> keys, JsonNode? value, string named)
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
