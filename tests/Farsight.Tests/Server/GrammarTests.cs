using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Server.Constraints;
using Farsight.Server.Protocol;

namespace Farsight.Tests.Server;

public sealed class GrammarTests
{
    [Theory]
    [InlineData(
        """{"type":"integer","minimum":17,"maximum":23}""",
        new[] { "17", "20", "23" },
        new[] { "16", "24", "2", "17.0", "-17", "017" })]
    [InlineData(
        """{"type":"integer","minimum":-5,"maximum":112}""",
        new[] { "-5", "-1", "0", "99", "112" },
        new[] { "-6", "113", "-0", "200" })]
    [InlineData(
        """{"type":"integer","exclusiveMinimum":9,"exclusiveMaximum":12}""",
        new[] { "10", "11" },
        new[] { "9", "12" })]
    [InlineData(
        """{"type":"number","minimum":0,"maximum":2}""",
        new[] { "0", "0.5", "1.99", "2" },
        new[] { "2.1", "-0.5", "3", "1." })]
    [InlineData(
        """{"type":"string","minLength":1,"maxLength":2}""",
        new[] { "\"a\"", "\"é🦊\"", "\"\\n\\\"\"" },
        new[] { "\"\"", "\"abc\"", "\"\n\"", "a" })]
    [InlineData(
        """{"type":"array","items":{"type":"boolean"},"minItems":2,"maxItems":3}""",
        new[] { "[true,false]", "[true, true,false]" },
        new[] { "[true]", "[]", "[true,true,true,true]", "[1,true]" })]
    [InlineData(
        """{"type":"object","properties":{"a":{"type":"null"},"b":{"const":1}},"required":["b"]}""",
        new[] { """{"a":null,"b":1}""", """{"b": 1}""" },
        new[] { "{}", """{"a":null}""", """{"b":1,"a":null}""", """{"b":2}""" })]
    [InlineData(
        """{"type":"object","properties":{"a":{"const":1},"b":{"const":2}}}""",
        new[] { "{}", """{"a":1}""", """{"b":2}""", """{"a":1,"b":2}""" },
        new[] { "{,}", """{"a":1,}""", """{"c":1}""" })]
    [InlineData(
        """{"$ref":"#/$defs/a~1b~0c","$defs":{"a/b~c":{"enum":["x","xy"]}}}""",
        new[] { "\"x\"", "\"xy\"" },
        new[] { "\"y\"", "\"xyz\"" })]
    [InlineData(
        """{"anyOf":[{"type":"string"},{"type":"null"}]}""",
        new[] { "\"\"", "null" },
        new[] { "1", "nul" })]
    [InlineData(
        """{"type":"string","format":"date"}""",
        new[] { "\"2026-02-28\"" },
        new[] { "\"2026-13-01\"", "\"2026-2-8\"", "\"2026-02-30\"" })]
    [InlineData(
        """{"type":"object"}""",
        new[] { "{}", """{"a": [1, {"b": "c"}], "d": null}""" },
        new[] { "[]", """{"a"}""" })]
    public void A_schema_accepts_what_satisfies_it_and_nothing_else(string schema, string[] accepted, string[] refused)
    {
        Grammar grammar = Compile(schema);

        Assert.All(accepted, t => Assert.True(Matches(grammar, t), $"{t} was refused"));
        Assert.All(refused, t => Assert.False(Matches(grammar, t), $"{t} was accepted"));
    }

    [Theory]
    [InlineData("""{"type":"string","pattern":"a+"}""", "pattern")]
    [InlineData("""{"type":"integer","multipleOf":3}""", "multipleOf")]
    [InlineData("""{"type":"array","uniqueItems":true}""", "uniqueItems")]
    [InlineData("""{"not":{"type":"null"}}""", "not")]
    [InlineData("""{"oneOf":[{"type":"string"},{"type":"string","minLength":1}]}""", "oneOf")]
    [InlineData("""{"allOf":[{"type":"string"},{"minLength":1}]}""", "allOf")]
    [InlineData("""{"type":"number","minimum":0.5}""", "minimum")]
    [InlineData("""{"type":"string","format":"email"}""", "email")]
    [InlineData("""{"$ref":"https://example.com/schema"}""", "$ref")]
    [InlineData("""{"$ref":"#/$defs/absent"}""", "$ref")]
    [InlineData("""{"$defs":{"a":{"type":"array","items":{"$ref":"#/$defs/a"}}},"$ref":"#/$defs/a"}""", "recursive")]
    [InlineData("""{"type":"object","properties":{},"required":["a"]}""", "required")]
    [InlineData("""{"type":"string","minLength":3,"maxLength":2}""", "minLength")]
    [InlineData("""{"type":"string","maxLength":99999999}""", "maxLength")]
    [InlineData("""{"enum":[]}""", "enum")]
    [InlineData("""{"type":"text"}""", "type")]
    public void A_schema_that_cannot_be_enforced_is_refused_by_name(string schema, string word) =>
        Assert.Contains(word, Assert.Throws<SchemaException>(() => Compile(schema)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("const", """{"const":"TEXT"}""")]
    [InlineData("enum", """{"enum":["a","TEXT"]}""")]
    [InlineData("properties", """{"type":"object","properties":{"TEXT":{"type":"null"}}}""")]
    public void A_text_that_is_too_long_is_refused_instead_of_exhausting_the_stack(string keyword, string schema) =>
        Assert.Matches(
            $"^{keyword} .* 200002 bytes; use at most 1000",
            Assert.Throws<SchemaException>(() => Compile(schema.Replace("TEXT", new('x', 200_000), StringComparison.Ordinal))).Message);

    [Fact]
    public void Values_that_begin_with_each_other_and_long_names_are_matched()
    {
        string[] values = [.. Enumerable.Range(1, 900).Select(n => new string('a', n))];
        string name = new('n', 900);
        Grammar grammar = Compile(new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                [name] = new JsonObject { ["enum"] = new JsonArray([.. values.Select(v => JsonValue.Create(v))]) },
            },
        }.ToJsonString());

        foreach ((int length, bool fits) in new[] { (1, true), (450, true), (900, true), (901, false), (0, false) })
        {
            Assert.Equal(fits, Matches(grammar, $$"""{"{{name}}":"{{new string('a', length)}}"}"""));
        }
    }

    [Fact]
    public void Texts_after_which_the_same_may_follow_lead_to_one_place()
    {
        GrammarPlace free = GrammarPlace.Start(Compile("""{"type":"string"}""")).After("\"a"u8)!;
        GrammarPlace limited = GrammarPlace.Start(Compile("""{"type":"string","maxLength":3}""")).After("\"a"u8)!;

        Assert.Same(free, free.After("bc \\n é🦊"u8));
        Assert.NotSame(limited, limited.After("b"u8));
        Assert.Same(limited.After("b"u8), limited.After("é"u8));
        Assert.Null(limited.After("bcd"u8));
    }

    [Fact]
    public void A_schema_that_is_too_ambiguous_is_the_error_of_the_client()
    {
        string[] options = [.. Enumerable.Range(0, 150).Select(i => $$"""{"type":"string","minLength":{{i}}}""")];
        string any = $$"""{"anyOf":[{{string.Join(',', options)}}]}""";
        Grammar grammar = Compile($$"""{"anyOf":[{{string.Join(',', Enumerable.Repeat(any, 30))}}]}""");

        SchemaException failure = Assert.Throws<SchemaException>(() => GrammarPlace.Start(grammar).After("\"aa"u8));

        Assert.Equal((400, "unsupported_schema"), (ApiException.Of(failure).Status, ApiException.Of(failure).Code));
    }

    [Fact]
    public void A_grammar_ends_where_nothing_may_follow()
    {
        GrammarPlace place = GrammarPlace.Start(Compile("""{"enum":["a"]}""")).After("\"a\""u8)!;

        Assert.True(place.CanEnd);
        Assert.True(place.IsOver);
    }

    static Grammar Compile(string schema)
    {
        using JsonDocument json = JsonDocument.Parse(schema);
        return SchemaCompiler.Compile(json.RootElement);
    }

    static bool Matches(Grammar grammar, string text) =>
        GrammarPlace.Start(grammar).After(Encoding.UTF8.GetBytes(text)) is { CanEnd: true };
}
