using System.Text.Json;
using System.Text.RegularExpressions;
using Farsight.Server.Constraints;

namespace Farsight.Server.Protocol;

/// <summary>Reads what a request demands of the form of an answer.</summary>
static partial class ResponseFormat
{
    /// <summary>Reads response_format.</summary>
    /// <returns>The grammar of the answer; null for free text.</returns>
    internal static Grammar? Read(RequestFields fields)
    {
        if (fields.Take("response_format") is not { } json)
        {
            return null;
        }
        RequestFields format = new(json, "response_format");
        string type = format.AsText("type", format.Require("type", "text, json_object or json_schema"));
        JsonElement? schema = format.Take("json_schema");
        format.Done();
        return (type, schema) switch
        {
            ("text", null) => null,
            ("json_object", null) => JsonGrammar.FreeObject,
            ("json_schema", { } given) => ReadSchema(new(given, "response_format.json_schema")),
            ("json_schema", null) => throw fields.Wrong("response_format.json_schema", "is missing; give a name and a schema"),
            ("text" or "json_object", _) => throw fields.Wrong("response_format.json_schema", $"does not belong to the type {type}"),
            _ => throw fields.Wrong("response_format.type", "is unknown; use text, json_object or json_schema"),
        };
    }

    /// <summary>Compiles a schema.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="param">The field that holds it.</param>
    internal static Grammar Compile(JsonElement schema, string param)
    {
        try
        {
            return SchemaCompiler.Compile(schema);
        }
        catch (SchemaException e)
        {
            throw new ApiException(400, $"{param}: {e.Message}", param, "unsupported_schema");
        }
    }

    /// <summary>Returns whether a text can name a schema or a function.</summary>
    internal static bool IsName(string text) => Name().IsMatch(text);

    static Grammar ReadSchema(RequestFields fields)
    {
        string name = fields.AsText("name", fields.Require("name", "a name of letters, digits, '.', _ and -"));
        if (!IsName(name))
        {
            throw fields.Wrong("name", "is not a name; use 1 to 64 letters, digits, '.', _ and -");
        }
        _ = fields.Text("description");
        _ = fields.Switch("strict"); // a schema is always enforced
        JsonElement schema = fields.Require("schema", "a JSON Schema");
        fields.Done();
        return Compile(schema, "response_format.json_schema.schema");
    }

    [GeneratedRegex(@"\A[a-zA-Z0-9_.-]{1,64}\z")]
    private static partial Regex Name();
}
