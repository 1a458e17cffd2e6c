using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Farsight.Alignment.Recipes;
using Farsight.Workflows.Evolve;
using Farsight.Workflows.Study;

namespace Farsight.Tests.Support;

/// <summary>Generates the JSON Schemas of recipes from their records, with the doc comments as descriptions.</summary>
static partial class RecipeSchema
{
    /// <summary>The record of each kind of recipe.</summary>
    internal static readonly Dictionary<string, Type> Kinds = new()
    {
        ["continue"] = typeof(ContinuedPretrainRecipe),
        ["evolve"] = typeof(EvolveRecipe),
        ["pretrain"] = typeof(PretrainRecipe),
        ["study"] = typeof(StudyRecipe),
        ["train"] = typeof(TrainRecipe),
    };

    static readonly Dictionary<string, XElement> s_comments = ReadComments();

    static readonly string[] s_keywords =
    [
        "$schema", "$ref", "title", "description", "default", "type", "enum", "const", "properties", "required", "additionalProperties",
        "items", "anyOf",
    ];

    /// <summary>The text of schemas/KIND.schema.json.</summary>
    internal static string Of(string kind)
    {
        JsonSchemaExporterOptions options = new()
        {
            TreatNullObliviousAsNonNullable = true,
            TransformSchemaNode = (context, node) => Describe(context, node),
        };
        JsonObject exported = RecipeFile.Json.GetJsonSchemaAsNode(Kinds[kind], options).AsObject();
        JsonObject schema = new()
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = $"Farsight {kind} recipe",
        };
        foreach ((string key, JsonNode? value) in exported.ToArray())
        {
            exported.Remove(key);
            schema[key] = value;
        }
        schema["type"] = "object"; // a recipe is never null
        schema["properties"]!.AsObject().Insert(0, "$schema", new JsonObject { ["type"] = "string" });
        return schema.ToJsonString(RecipeFile.Json) + "\n";
    }

    /// <summary>Adds the doc comment of a property, or of a type that one of several names selects.</summary>
    static JsonNode Describe(JsonSchemaExporterContext context, JsonNode node)
    {
        ListNames(node);
        AddDefault(context, node);
        string? text = context.PropertyInfo?.AttributeProvider is MemberInfo member ? Comment(member)
            : context.BaseTypeInfo is null && !context.Path.IsEmpty ? null
            : Text(s_comments.GetValueOrDefault($"T:{NameOf(context.TypeInfo.Type)}"));
        if (string.IsNullOrEmpty(text))
        {
            return node;
        }
        JsonObject described = node as JsonObject ?? []; // the schema true
        described.Insert(0, "description", text);
        return described;
    }

    /// <summary>Adds the default of a property with an initializer; the exporter knows only those of parameters.</summary>
    static void AddDefault(JsonSchemaExporterContext context, JsonNode node)
    {
        if (node is JsonObject schema
            && context.PropertyInfo is { IsRequired: false, AssociatedParameter: null, Get: { } get } property
            && property.DeclaringType is { IsAbstract: false } owner
            && owner.GetConstructor([]) is not null
            && get(Activator.CreateInstance(owner)!) is { } value)
        {
            schema["default"] = JsonSerializer.SerializeToNode(value, property.PropertyType, RecipeFile.Json);
        }
    }

    /// <summary>Puts the names of all choices beside the choices. Editors offer too few of them otherwise.</summary>
    static void ListNames(JsonNode node)
    {
        if (node is JsonObject choice && choice["anyOf"] is JsonArray choices && choice["required"] is JsonArray and [var key])
        {
            string name = (string)key!;
            JsonArray names = [.. choices.Select(c => c!["properties"]![name]!["const"]!.DeepClone())];
            choice.Insert(choice.IndexOf("anyOf"), "properties", new JsonObject { [name] = new JsonObject { ["enum"] = names } });
        }
    }

    /// <summary>A property's summary; of a record's parameter its own comment.</summary>
    static string? Comment(MemberInfo member)
    {
        string type = NameOf(member.DeclaringType!);
        XElement? parameter = s_comments.GetValueOrDefault($"T:{type}")?
            .Elements("param")
            .FirstOrDefault(p => (string?)p.Attribute("name") == member.Name);
        return s_comments.GetValueOrDefault($"P:{type}.{member.Name}") is { } own && Text(own) is { Length: > 0 } text ? text
            : parameter is null ? null : Plain(parameter);
    }

    static string? Text(XElement? comment) => comment?.Element("summary") is { } summary ? Plain(summary) : null;

    /// <summary>A comment on one line; references as keys of the recipe or names of types.</summary>
    static string Plain(XElement element)
    {
        IEnumerable<string> parts = element.Nodes().Select(n => n switch
        {
            XElement e when (string?)e.Attribute("cref") is { } cref => NameOfReference(cref),
            XElement e when (string?)e.Attribute("name") is { } name => JsonNamingPolicy.SnakeCaseLower.ConvertName(name),
            XElement e => e.Value,
            _ => n.ToString(),
        });
        return Spaces().Replace(System.Net.WebUtility.HtmlDecode(string.Concat(parts)), " ").Trim();
    }

    static string NameOfReference(string cref)
    {
        string name = cref.Split('(')[0].Split('.', ':')[^1].Split('`')[0];
        return cref.StartsWith("P:", StringComparison.Ordinal) ? JsonNamingPolicy.SnakeCaseLower.ConvertName(name) : name;
    }

    static string NameOf(Type type) => (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!.Replace('+', '.');

    static Dictionary<string, XElement> ReadComments() => Directory
        .GetFiles(AppContext.BaseDirectory, "Farsight.*.xml")
        .SelectMany(f => XDocument.Load(f).Descendants("member"))
        .DistinctBy(m => (string)m.Attribute("name")!)
        .ToDictionary(m => (string)m.Attribute("name")!);

    /// <summary>The first place where an instance breaks a schema, or null; knows the keywords that the exporter writes.</summary>
    internal static string? Violation(JsonNode schema, JsonNode? instance, string path = "recipe")
    {
        if (schema is not JsonObject s)
        {
            return schema.GetValue<bool>() ? null : $"{path}: nothing is allowed here";
        }
        string[] unknown = [.. s.Select(k => k.Key).Except(s_keywords)];
        Assert.True(unknown.Length == 0, $"The keywords {string.Join(", ", unknown)} are not checked.");
        return s["$ref"] is { } reference ? Violation(Referred(s.Root, (string)reference!), instance, path)
            : Simple(s, instance, path)
            ?? Members(s, instance as JsonObject, path)
            ?? Items(s, instance as JsonArray, path)
            ?? Choice(s, instance, path);
    }

    /// <summary>The schema that a reference such as #/properties/objective names: an objective that has objectives as parts.</summary>
    static JsonNode Referred(JsonNode root, string reference) => reference.Split('/').Skip(1).Aggregate(
        root, (node, step) => node is JsonArray list ? list[int.Parse(step, CultureInfo.InvariantCulture)]! : node[step]!);

    static string? Simple(JsonObject schema, JsonNode? instance, string path)
    {
        string[] types = schema["type"] switch
        {
            null => [],
            JsonArray many => [.. many.Select(t => (string)t!)],
            var one => [(string)one!],
        };
        return types.Length > 0 && !types.Any(t => IsOf(t, instance)) ? $"{path}: not of type {string.Join(" or ", types)}"
            : schema["enum"] is JsonArray values && !values.Any(v => JsonNode.DeepEquals(v, instance)) ? $"{path}: not in the enumeration"
            : schema.ContainsKey("const") && !JsonNode.DeepEquals(schema["const"], instance) ? $"{path}: not {schema["const"]}"
            : null;
    }

    static string? Members(JsonObject schema, JsonObject? instance, string path)
    {
        if (instance is null)
        {
            return null;
        }
        JsonObject properties = schema["properties"] as JsonObject ?? [];
        string? missing = (schema["required"] as JsonArray)?.Select(r => (string)r!).FirstOrDefault(r => !instance.ContainsKey(r));
        bool isClosed = schema["additionalProperties"] is JsonValue closed && !closed.GetValue<bool>();
        string? extra = isClosed ? instance.Select(m => m.Key).FirstOrDefault(k => !properties.ContainsKey(k)) : null;
        return missing is not null ? $"{path}.{missing}: missing"
            : extra is not null ? $"{path}.{extra}: unknown"
            : instance
                .Where(m => properties.ContainsKey(m.Key))
                .Select(m => Violation(properties[m.Key]!, m.Value, $"{path}.{m.Key}"))
                .FirstOrDefault(v => v is not null);
    }

    static string? Items(JsonObject schema, JsonArray? instance, string path) =>
        schema["items"] is { } items
            ? instance?.Select((v, i) => Violation(items, v, $"{path}[{i}]")).FirstOrDefault(v => v is not null)
            : null;

    static string? Choice(JsonObject schema, JsonNode? instance, string path)
    {
        string?[] violations = [.. (schema["anyOf"] as JsonArray ?? []).Select(a => Violation(a!, instance, path))];
        return violations.Length == 0 || violations.Any(v => v is null) ? null : $"{path}: fits none of {violations.Length} choices "
            + $"({string.Join("; ", violations)})";
    }

    static bool IsOf(string type, JsonNode? instance) => (type, instance?.GetValueKind() ?? JsonValueKind.Null) switch
    {
        ("null", JsonValueKind.Null) or ("object", JsonValueKind.Object) or ("array", JsonValueKind.Array) => true,
        ("string", JsonValueKind.String) or ("number", JsonValueKind.Number) => true,
        ("boolean", JsonValueKind.True or JsonValueKind.False) => true,
        ("integer", JsonValueKind.Number) => decimal.IsInteger(instance!.GetValue<decimal>()),
        _ => false,
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
