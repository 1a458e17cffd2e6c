using System.Diagnostics;
using System.Text.Json.Nodes;
using Farsight.Engine.Numerics;
using Farsight.Text.Templates;

namespace Farsight.Tests.Text.Templates;

/// <summary>Whatever a template does, it ends soon, in a text or in one sentence. A failure names its seed.</summary>
public sealed class TemplateFuzzTests
{
    const int Count = 60;

    static readonly TimeSpan s_most = TimeSpan.FromSeconds(60); // of a loaded machine; each takes milliseconds to two seconds

    /// <summary>Long texts, long lists and values that hold each level twice: 2⁶⁰ items for a walk that does not count.</summary>
    const string Values =
        "{% set n = namespace(x=[1, 'a'], y=[1, 'a'], d={'k': 1}, e={'k': 1}) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}"
        + "{% set n.y = [n.y, n.y] %}{% set n.d = {'a': n.d, 'b': n.d} %}{% set n.e = {'a': n.e, 'b': n.e} %}{% endfor %}"
        + "{% set s = 'aB c' * 200000 %}{% set l = range(50000) | list %}{% set t = (n.x, n.y) %}{% set f = 1.5 %}";

    static readonly string[] s_atoms = ["n.x", "n.y", "n.d", "n.e", "s", "l", "t", "f", "3", "'a'", "''", "none", "true", "[n.x, n.y]",
        "{'k': n.d}", "messages", "-1", "u"];

    static readonly string[] s_operators = ["==", "!=", "<", "<=", ">", ">=", "in", "not in", "+", "-", "*", "//", "%", "~", "and", "or"];

    static readonly string[] s_arguments = ["", "()", "(n.x)", "(n.y)", "('a')", "(attribute='a')", "(2)", "('a', s)", "(s)", "(l)"];

    /// <summary>Every filter, test and method with every kind of value and drawn arguments.</summary>
    [Theory]
    [InlineData("filter")]
    [InlineData("test")]
    [InlineData("method")]
    [Trait("Category", "Slow")]
    public void Every_operation_ends_soon_on_values_that_share_their_parts_and_on_long_ones(string kind)
    {
        string[] operations = kind switch
        {
            "filter" => [.. TemplateFilters.All.Keys.SelectMany(f => All(" | " + f, "n.x", "n.d", "[n.x, n.y]", "s", "l"))],
            "test" => [.. TemplateTests.All.Keys.SelectMany(t => All(" is " + t, "n.x", "n.d", "s"))],
            _ =>
            [
                .. StringMethods.All.Keys.SelectMany(m => All("." + m, "s")),
                .. CollectionMethods.OfList.Keys.SelectMany(m => All("." + m, "n.x", "l")),
                .. CollectionMethods.OfDict.Keys.SelectMany(m => All("." + m, "n.d")),
            ],
        };
        foreach ((int seed, string operation) in operations.Index())
        {
            SeededRandom random = SeededRandom.For(seed, $"template {kind}", 0);
            string use = operation + random.Pick(s_arguments);
            Run(random.Next(8) == 0 ? $"{{% for i in range(100000) %}}{{% set r = {use} %}}{{% endfor %}}" : $"{{% set r = {use} %}}", use);
        }

        static IEnumerable<string> All(string use, params string[] values) => values.Select(v => v + use);
    }

    [Fact]
    public void Random_expressions_end_soon_in_a_text_or_one_sentence()
    {
        string[] filters = [.. TemplateFilters.All.Keys.Order(StringComparer.Ordinal)];
        string[] tests = [.. TemplateTests.All.Keys.Order(StringComparer.Ordinal)];
        for (int seed = 0; seed < Count; seed++)
        {
            SeededRandom random = SeededRandom.For(seed, "template", 0);
            string expression = Expression(ref random, 3, filters, tests);
            Run($"{{{{ {expression} }}}}", $"seed {seed}: {expression}");
        }
    }

    [Fact]
    public void Mutated_templates_end_soon_in_a_text_or_one_sentence()
    {
        byte[] sound = System.Text.Encoding.UTF8.GetBytes(
            "{% macro m(a, b=1) %}{{ a | default('x') }}{% endmacro %}{% for m in messages if m.role is defined %}{{ loop.index }}"
            + "{%- set x = m['content'][1:] -%}{{ x.split('a')[0] ~ m(1, b=2) }}{% else %}none{% endfor %}{# c #}"
            + "{{ {'a': [1, 2.5]} | tojson }}");
        int number = 0;
        foreach (byte[] variant in Mutations.OfBytes(sound, sound.Length, Count))
        {
            Run(System.Text.Encoding.UTF8.GetString(variant), $"variant {number++}");
        }
    }

    static string Expression(ref SeededRandom random, int depth, string[] filters, string[] tests)
    {
        if (depth == 0)
        {
            return random.Pick(s_atoms);
        }
        string left = Expression(ref random, depth - 1, filters, tests);
        return random.Next(5) switch
        {
            0 => $"({left} {random.Pick(s_operators)} {Expression(ref random, depth - 1, filters, tests)})",
            1 => $"({left} | {random.Pick(filters)})",
            2 => $"({left} | {random.Pick(filters)}({random.Pick(s_atoms)}))",
            3 => $"({left} is {random.Pick(tests)})",
            _ => $"[{left}, {random.Pick(s_atoms)}]",
        };
    }

    static void Run(string template, string what)
    {
        long started = Stopwatch.GetTimestamp();
        try
        {
            ChatTemplate parsed = ChatTemplate.Parse(Values + template, "t");
            parsed.Render(
                [new JsonObject { ["role"] = "user", ["content"] = "a b" }], true, new Dictionary<string, string>(),
                new DateTime(2024, 7, 6));
        }
        catch (TemplateException e)
        {
            Assert.DoesNotContain('\n', e.Message);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{what}: {e.GetType().Name}: {e.Message}", e);
        }
        Assert.True(Stopwatch.GetElapsedTime(started) < s_most, what);
    }
}
