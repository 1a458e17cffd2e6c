using System.Text;
using System.Text.Json;
using Farsight.Server.Constraints;

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
