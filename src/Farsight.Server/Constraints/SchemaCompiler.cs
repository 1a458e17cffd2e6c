using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Farsight.Server.Constraints;

/// <summary>Compiles a JSON Schema to the grammar of values that satisfy it.</summary>
/// <remarks>
/// The grammar may be narrower than the schema: properties have the schema's order, and there are none that the schema does not name. A
/// keyword that is not enforced is refused by name. References resolve inside the schema only and may not be recursive.
/// Source: JSON Schema 2020-12.
/// </remarks>
sealed class SchemaCompiler
{
    const int MaxDepth = 32, MaxCount = 10_000, MaxSchemas = 5_000, MaxTextBytes = 1_000;
    const double MaxBound = 1e15 - 1;

    static readonly JsonSerializerOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // They say something about a value and restrict none.
    static readonly HashSet<string> s_annotations =
    [
        "title", "description", "$comment", "examples", "default", "deprecated", "readOnly", "writeOnly", "$schema", "$defs", "definitions",
    ];

    static readonly Dictionary<string, string[]> s_keywords = new()
    {
        ["object"] = ["properties", "required", "additionalProperties"],
        ["array"] = ["items", "minItems", "maxItems"],
        ["string"] = ["minLength", "maxLength", "format"],
        ["integer"] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
        ["number"] = ["minimum", "maximum"],
        ["boolean"] = [],
        ["null"] = [],
    };

    readonly JsonElement _root;
    readonly Stack<string> _references = new();
    int _schemas;

    SchemaCompiler(JsonElement root) => _root = root;

    /// <summary>Compiles a schema.</summary>
    /// <exception cref="SchemaException">A keyword is not supported or wrong, or the schema is too large or recursive.</exception>
    internal static Grammar Compile(JsonElement schema) => new SchemaCompiler(schema).Schema(schema, 0);

    Grammar Schema(JsonElement schema, int depth)
    {
        if (depth > MaxDepth || ++_schemas > MaxSchemas)
        {
            throw new SchemaException($"The schema is nested more than {MaxDepth} deep, or has more than {MaxSchemas} parts; simplify it.");
        }
        if (schema.ValueKind == JsonValueKind.True)
        {
            return JsonGrammar.Value;
        }
        if (schema.ValueKind != JsonValueKind.Object)
        {
            throw new SchemaException("A schema must be an object.");
        }
        string[] keywords = [.. schema.EnumerateObject().Select(p => p.Name).Where(n => !s_annotations.Contains(n))];
        if (keywords.Contains("$ref"))
        {
            Only(keywords, "$ref");
            return Reference(schema.GetProperty("$ref"), depth);
        }
        if (keywords.FirstOrDefault(k => k is "anyOf" or "oneOf" or "allOf") is { } combination)
        {
            Only(keywords, combination);
            return Combined(combination, schema.GetProperty(combination), depth);
        }
        string[] types = Types(schema);
        if (keywords.FirstOrDefault(k => k is "enum" or "const") is { } fixedValues)
        {
            Only(keywords, fixedValues, "type");
            return Fixed(schema.GetProperty(fixedValues), fixedValues == "const", types);
        }
        string? unknown = keywords.FirstOrDefault(k => k != "type" && !s_keywords.Values.Any(v => v.Contains(k)));
        if (unknown is not null)
        {
            throw Unsupported(unknown);
        }
        if (types.Length == 0)
        {
            types = [.. s_keywords.Keys.Where(t => s_keywords[t].Intersect(keywords).Any()).Take(1)];
        }
        return types.Length == 0 ? JsonGrammar.Value : Grammar.Any([.. types.Select(t => OfType(t, schema, depth))]);
    }

    Grammar OfType(string type, JsonElement schema, int depth) => type switch
    {
        "object" => Object(schema, depth),
        "array" => Array(schema, depth),
        "string" => String(schema),
        "integer" => Integer(schema),
        "number" => Number(schema),
        "boolean" => Grammar.Any(Grammar.Text("true"), Grammar.Text("false")),
        _ => Grammar.Text("null"),
    };

    Grammar Object(JsonElement schema, int depth)
    {
        JsonElement properties = Optional(schema, "properties", JsonValueKind.Object);
        JsonElement more = Optional(schema, "additionalProperties", JsonValueKind.Object, JsonValueKind.True, JsonValueKind.False);
        HashSet<string> required =
        [
            .. Optional(schema, "required", JsonValueKind.Array) is { ValueKind: JsonValueKind.Array } list
                ? list.EnumerateArray().Select(n => Text(n, "required"))
                : [],
        ];
        (string Name, Grammar Member)[] members =
        [
            .. properties.ValueKind != JsonValueKind.Object ? [] : properties.EnumerateObject().Select(p => (
                p.Name,
                Grammar.Of(Grammar.Text(Literal(p.Name, "properties") + ":"), JsonGrammar.Space, Schema(p.Value, depth + 1)))),
        ];
        if (required.Except(members.Select(m => m.Name)).FirstOrDefault() is { } undefined)
        {
            throw new SchemaException($"required names '{Short(undefined)}', which properties does not define; define it.");
        }
        if (members.Length == 0)
        {
            return more.ValueKind switch
            {
                JsonValueKind.Object => JsonGrammar.Map(Schema(more, depth + 1)),
                JsonValueKind.False => Grammar.Text("{}"),
                _ => properties.ValueKind == JsonValueKind.Object ? Grammar.Text("{}") : JsonGrammar.FreeObject,
            };
        }
        // From the last to the first: what may follow, after a member and at the beginning.
        Grammar later = Grammar.Empty, first = Grammar.Empty;
        foreach ((string name, Grammar member) in members.Reverse())
        {
            Grammar thenLater = later, thenFirst = first;
            Grammar next = Grammar.Of(JsonGrammar.Comma, member, thenLater), begin = Grammar.Of(member, thenLater);
            later = required.Contains(name) ? next : Grammar.Any(next, thenLater);
            first = required.Contains(name) ? begin : Grammar.Any(begin, thenFirst);
        }
        return Grammar.Of(Grammar.Text("{"), first, Grammar.Text("}"));
    }

    Grammar Array(JsonElement schema, int depth)
    {
        JsonElement items = Optional(schema, "items", JsonValueKind.Object, JsonValueKind.True);
        (int minimum, int maximum) = Counts(schema, "minItems", "maxItems");
        return JsonGrammar.Array(
            items.ValueKind == JsonValueKind.Undefined ? JsonGrammar.Value : Schema(items, depth + 1), minimum, maximum);
    }

    static Grammar String(JsonElement schema)
    {
        JsonElement format = Optional(schema, "format", JsonValueKind.String);
        if (format.ValueKind == JsonValueKind.Undefined)
        {
            (int minimum, int maximum) = Counts(schema, "minLength", "maxLength");
            return JsonGrammar.String(minimum, maximum);
        }
        if (Has(schema, "minLength") || Has(schema, "maxLength"))
        {
            throw new SchemaException("The schema has format together with minLength or maxLength; use one of them.");
        }
        // Days after the 28th are left out, because not every month has them.
        Grammar date = Grammar.Of(Digits(4), Grammar.Text("-"), Padded(1, 12), Grammar.Text("-"), Padded(1, 28));
        Grammar time = Grammar.Of(Padded(0, 23), Grammar.Text(":"), Padded(0, 59), Grammar.Text(":"), Padded(0, 59), Grammar.Text("Z"));
        return JsonGrammar.Quoted(format.GetString() switch
        {
            "date" => date,
            "time" => time,
            "date-time" => Grammar.Of(date, Grammar.Text("T"), time),
            "uuid" => Grammar.Of(
                Hex(8), Grammar.Text("-"), Hex(4), Grammar.Text("-"), Hex(4), Grammar.Text("-"), Hex(4), Grammar.Text("-"), Hex(12)),
            var other => throw new SchemaException(
                $"The schema has the format '{Short(other!)}', which is not supported; use date, time, date-time or uuid."),
        });
    }

    static Grammar Integer(JsonElement schema)
    {
        (double? lowest, double? highest) = (Bound(schema, "minimum"), Bound(schema, "maximum"));
        double? above = Bound(schema, "exclusiveMinimum"), below = Bound(schema, "exclusiveMaximum");
        lowest = Max(lowest is { } l ? Math.Ceiling(l) : null, above is { } a ? Math.Floor(a) + 1 : null);
        highest = Min(highest is { } h ? Math.Floor(h) : null, below is { } b ? Math.Ceiling(b) - 1 : null);
        if (lowest is null && highest is null)
        {
            return JsonGrammar.Integer;
        }
        (double from, double to) = (lowest ?? -MaxBound, highest ?? MaxBound);
        return from <= to
            ? JsonGrammar.Integers((long)from, (long)to)
            : throw new SchemaException("The schema has a minimum above its maximum, so no number satisfies it.");
    }

    static Grammar Number(JsonElement schema)
    {
        if (Has(schema, "exclusiveMinimum") || Has(schema, "exclusiveMaximum"))
        {
            throw Unsupported(Has(schema, "exclusiveMinimum") ? "exclusiveMinimum with type number" : "exclusiveMaximum with type number");
        }
        (double? lowest, double? highest) = (Bound(schema, "minimum"), Bound(schema, "maximum"));
        if (lowest is null && highest is null)
        {
            return JsonGrammar.Number;
        }
        (double from, double to) = (lowest ?? -MaxBound, highest ?? MaxBound);
        if (from != Math.Floor(from) || to != Math.Floor(to))
        {
            throw new SchemaException("The schema has a minimum or maximum of a number that is not whole; use whole bounds.");
        }
        return from <= to
            ? JsonGrammar.Numbers((long)from, (long)to)
            : throw new SchemaException("The schema has a minimum above its maximum, so no number satisfies it.");
    }

    static Grammar Fixed(JsonElement values, bool isConst, string[] types)
    {
        JsonElement[] all = isConst ? [values] : values.ValueKind == JsonValueKind.Array ? [.. values.EnumerateArray()]
            : throw new SchemaException("enum must be a list of values.");
        JsonElement[] kept = [.. all.Where(v => types.Length == 0 || types.Any(t => IsOf(v, t)))];
        return kept.Length is 0 or > MaxCount
            ? throw new SchemaException($"enum must have 1 to {MaxCount} values that fit the type.")
            : Grammar.OneOf(kept.Select(v => Literal(v, isConst ? "const" : "enum")).Distinct());
    }

    /// <summary>Returns the JSON of a name or a fixed value.</summary>
    /// <exception cref="SchemaException">It is too long.</exception>
    static string Literal<T>(T value, string keyword)
    {
        string json = JsonSerializer.Serialize(value, s_plain);
        int bytes = Encoding.UTF8.GetByteCount(json);
        return bytes <= MaxTextBytes ? json : throw new SchemaException(
            $"{keyword} in the schema has a text of {bytes} bytes; use at most {MaxTextBytes}.");
    }

    Grammar Combined(string keyword, JsonElement options, int depth)
    {
        if (options.ValueKind != JsonValueKind.Array || options.GetArrayLength() is 0 or > MaxCount)
        {
            throw new SchemaException($"{keyword} must be a list of 1 to {MaxCount} schemas.");
        }
        JsonElement[] schemas = [.. options.EnumerateArray()];
        if (schemas.Length > 1 && keyword == "allOf")
        {
            throw Unsupported("allOf with several schemas");
        }
        if (schemas.Length > 1 && keyword == "oneOf" && !AreDistinct(schemas))
        {
            throw Unsupported("oneOf with schemas that can overlap; use anyOf");
        }
        return Grammar.Any([.. schemas.Select(s => Schema(s, depth + 1))]);
    }

    /// <summary>Returns whether no value can satisfy two of the schemas, because their types or their fixed values differ.</summary>
    bool AreDistinct(JsonElement[] schemas)
    {
        JsonElement[] resolved = [.. schemas.Select(s => Has(s, "$ref") ? Find(s.GetProperty("$ref")) : s)];
        if (resolved.Any(s => s.ValueKind != JsonValueKind.Object))
        {
            return false;
        }
        string[][] types = [.. resolved.Select(s => Types(s).Select(t => t == "integer" ? "number" : t).ToArray())];
        if (types.All(t => t.Length > 0) && types.Sum(t => t.Length) == types.SelectMany(t => t).Distinct().Count())
        {
            return true;
        }
        string[][] values = [.. resolved.Select(Values)];
        return values.All(v => v.Length > 0) && values.Sum(v => v.Length) == values.SelectMany(v => v).Distinct().Count();

        static string[] Values(JsonElement s) => Has(s, "const") ? [s.GetProperty("const").GetRawText()]
            : Optional(s, "enum", JsonValueKind.Array) is { ValueKind: JsonValueKind.Array } list
                ? [.. list.EnumerateArray().Select(v => v.GetRawText()).Distinct()]
            : [];
    }

    Grammar Reference(JsonElement reference, int depth)
    {
        string path = Text(reference, "$ref");
        if (_references.Contains(path))
        {
            throw new SchemaException($"The schema is recursive: $ref '{Short(path)}' leads to itself, which is not supported.");
        }
        JsonElement target = Find(reference);
        _references.Push(path);
        Grammar grammar = Schema(target, depth + 1);
        _references.Pop();
        return grammar;
    }

    JsonElement Find(JsonElement reference)
    {
        string path = Text(reference, "$ref");
        if (!path.StartsWith('#') || (path.Length > 1 && path[1] != '/'))
        {
            throw new SchemaException($"$ref '{Short(path)}' does not begin with #/; only references inside the schema are supported.");
        }
        JsonElement target = _root;
        foreach (string raw in path.Length == 1 ? [] : path[2..].Split('/'))
        {
            string part = Uri.UnescapeDataString(raw)
                .Replace("~1", "/", StringComparison.Ordinal)
                .Replace("~0", "~", StringComparison.Ordinal);
            bool isFound = target.ValueKind switch
            {
                JsonValueKind.Object => target.TryGetProperty(part, out target),
                JsonValueKind.Array => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
                    && index < target.GetArrayLength() && (target = target[index]).ValueKind != JsonValueKind.Undefined,
                _ => false,
            };
            if (!isFound)
            {
                throw new SchemaException($"$ref '{Short(path)}' leads to nothing in the schema.");
            }
        }
        return target;
    }

    static string[] Types(JsonElement schema)
    {
        JsonElement type = Optional(schema, "type", JsonValueKind.String, JsonValueKind.Array);
        string[] types = type.ValueKind switch
        {
            JsonValueKind.Undefined => [],
            JsonValueKind.String => [type.GetString()!],
            _ => [.. type.EnumerateArray().Select(t => Text(t, "type")).Distinct()],
        };
        return types.FirstOrDefault(t => !s_keywords.ContainsKey(t)) is { } unknown
            ? throw new SchemaException($"type is '{Short(unknown)}'; use one of {string.Join(", ", s_keywords.Keys)}.")
            : types;
    }

    static (int Minimum, int Maximum) Counts(JsonElement schema, string least, string most)
    {
        (int minimum, int maximum) = (Count(schema, least) ?? 0, Count(schema, most) ?? int.MaxValue);
        return minimum <= maximum
            ? (minimum, maximum)
            : throw new SchemaException($"The schema has {least} {minimum} above {most} {maximum}, so no value satisfies it.");
    }

    static int? Count(JsonElement schema, string keyword) =>
        Optional(schema, keyword, JsonValueKind.Number) is not { ValueKind: JsonValueKind.Number } number ? null
        : number.TryGetDouble(out double value) && value is >= 0 and <= MaxCount && value == Math.Floor(value) ? (int)value
        : throw new SchemaException($"{keyword} is {Short(number.GetRawText())}; use a whole number from 0 to {MaxCount}.");

    static double? Bound(JsonElement schema, string keyword) =>
        Optional(schema, keyword, JsonValueKind.Number) is not { ValueKind: JsonValueKind.Number } number ? null
        : number.TryGetDouble(out double value) && Math.Abs(value) <= MaxBound ? value
        : throw new SchemaException($"{keyword} is {Short(number.GetRawText())}; use a number of at most 15 digits.");

    static JsonElement Optional(JsonElement schema, string keyword, params JsonValueKind[] kinds) =>
        !schema.TryGetProperty(keyword, out JsonElement value) ? default
        : kinds.Contains(value.ValueKind) ? value
        : throw new SchemaException(
            $"{keyword} in the schema is of the wrong type; expected {string.Join(" or ", kinds).ToLowerInvariant()}, "
                + "other forms are not supported.");

    static bool Has(JsonElement schema, string keyword) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty(keyword, out _);

    static string Text(JsonElement value, string keyword) =>
        value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new SchemaException($"{keyword} in the schema must have text.");

    static bool IsOf(JsonElement value, string type) => value.ValueKind switch
    {
        JsonValueKind.Object => type == "object",
        JsonValueKind.Array => type == "array",
        JsonValueKind.String => type == "string",
        JsonValueKind.True or JsonValueKind.False => type == "boolean",
        JsonValueKind.Null => type == "null",
        _ => type == "number" || (type == "integer" && value.TryGetDouble(out double number) && number == Math.Floor(number)),
    };

    static void Only(string[] keywords, params string[] allowed)
    {
        if (keywords.Except(allowed).FirstOrDefault() is { } other)
        {
            throw Unsupported($"{Short(other)} beside {allowed[0]}");
        }
    }

    static SchemaException Unsupported(string what) => new($"The schema has {Short(what)}, which is not supported; leave it out.");

    static string Short(string text) => text.Length > 100 ? text[..100] + "…" : text;

    static double? Max(double? a, double? b) => a is { } x && b is { } y ? Math.Max(x, y) : a ?? b;

    static double? Min(double? a, double? b) => a is { } x && b is { } y ? Math.Min(x, y) : a ?? b;

    static Grammar Digits(int count) =>
        Grammar.Of([.. Enumerable.Range(0, count).Select(_ => (Grammar)new Grammar.OneByte((byte)'0', (byte)'9'))]);

    static Grammar Padded(int first, int last) => Grammar.OneOf(
        Enumerable.Range(first, last - first + 1).Select(n => n.ToString("00", CultureInfo.InvariantCulture)));

    static Grammar.Repeat Hex(int count) => new(JsonGrammar.Hex, count, count);
}
