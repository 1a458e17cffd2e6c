using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Farsight.Engine;

namespace Farsight.Alignment.Recipes;

/// <summary>
/// Compares a JSON tree with its target type and collects all mismatches; the serializer would stop at the first.
/// </summary>
sealed class RecipeCheck(JsonSerializerOptions options)
{
    readonly List<string> _problems = [];

    internal IReadOnlyList<string> Problems => _problems;

    internal void Visit(JsonNode? node, JsonTypeInfo type, string path)
    {
        if (node is JsonObject value && type.PolymorphismOptions is { } polymorphism)
        {
            VisitPolymorphic(value, polymorphism, path);
        }
        else if (node is JsonObject members && type.Kind == JsonTypeInfoKind.Object)
        {
            VisitMembers(members, type, path, discriminator: null);
        }
        else if (node is JsonArray items && type is { Kind: JsonTypeInfoKind.Enumerable, ElementType: { } element })
        {
            VisitItems(items, options.GetTypeInfo(element), path);
        }
        else
        {
            VisitValue(node, type.Type, path);
        }
    }

    void VisitPolymorphic(JsonObject value, JsonPolymorphismOptions polymorphism, string path)
    {
        string discriminator = polymorphism.TypeDiscriminatorPropertyName;
        string[] known = [.. polymorphism.DerivedTypes.Select(d => (string)d.TypeDiscriminator!)];
        string names = string.Join(", ", known);
        string? name = value[discriminator] is JsonValue given && given.TryGetValue(out string? text) ? text : null;
        JsonDerivedType chosen = polymorphism.DerivedTypes.FirstOrDefault(d => d.TypeDiscriminator is string choice && choice == name);
        if (name is null)
        {
            Add(Join(path, discriminator), $"missing; use one of {names}.");
        }
        else if (chosen.DerivedType is null)
        {
            Add(Join(path, discriminator), $"'{name}' is unknown; use one of {names}.{Suggestion.Question(name, known)}");
        }
        else
        {
            VisitMembers(value, options.GetTypeInfo(chosen.DerivedType), path, discriminator);
        }
    }

    void VisitMembers(JsonObject value, JsonTypeInfo type, string path, string? discriminator)
    {
        JsonPropertyInfo[] members = [.. type.Properties.Where(p => p.Set is not null || p.AssociatedParameter is not null)];
        foreach ((string key, JsonNode? child) in value)
        {
            if (members.FirstOrDefault(m => m.Name == key) is { } member)
            {
                VisitMember(child, member, Join(path, key));
            }
            else if (key != discriminator)
            {
                string[] known = [.. members.Select(m => m.Name)];
                Add(
                    Join(path, key),
                    $"unknown key; the known keys here are {string.Join(", ", known)}.{Suggestion.Question(key, known)}");
            }
        }
        foreach (JsonPropertyInfo member in members.Where(m => m.IsRequired && !value.ContainsKey(m.Name)))
        {
            Add(Join(path, member.Name), "missing; this key is required.");
        }
    }

    void VisitMember(JsonNode? child, JsonPropertyInfo member, string path)
    {
        if (child is not null)
        {
            Visit(child, options.GetTypeInfo(member.PropertyType), path);
        }
        else if (!member.IsSetNullable || (member.PropertyType.IsValueType && Nullable.GetUnderlyingType(member.PropertyType) is null))
        {
            Add(path, "null is not a value here; write a value.");
        }
    }

    void VisitItems(JsonArray items, JsonTypeInfo type, string path)
    {
        for (int i = 0; i < items.Count; i++)
        {
            string place = string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]");
            if (items[i] is null)
            {
                Add(place, "null is not a value here; write a value.");
            }
            else
            {
                Visit(items[i], type, place);
            }
        }
    }

    void VisitValue(JsonNode? node, Type type, string path)
    {
        try
        {
            node.Deserialize(type, options);
        }
        catch (JsonException)
        {
            Add(path, $"{Shown(node)} is not {Expected(type, isText: node is JsonValue v && v.GetValueKind() == JsonValueKind.String)}.");
        }
    }

    void Add(string path, string problem) => _problems.Add($"{path}: {problem}");

    static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    static string Shown(JsonNode? node) => node?.ToJsonString() is { Length: <= 60 } text ? text : "the value";

    string Expected(Type type, bool isText)
    {
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        return plain.IsEnum
                ? "one of "
                    + string.Join(", ", Enum.GetValues(plain).Cast<object>().Select(v => JsonSerializer.SerializeToNode(v, plain, options)))
            : plain == typeof(int) && !isText ? "a whole number from -2147483648 to 2147483647"
            : plain == typeof(int) ? "a whole number"
            : plain == typeof(long) ? "a whole number"
            : plain == typeof(double) || plain == typeof(float) ? "a number"
            : plain == typeof(bool) ? "true or false"
            : plain == typeof(string) ? "a string"
            : plain.IsAssignableTo(typeof(System.Collections.IEnumerable)) ? "a list of such values"
            : "an object { … }";
    }
}
