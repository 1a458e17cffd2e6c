using System.Text.Json.Nodes;
using Farsight.Text.Templates;

namespace Farsight.Tests.Text.Templates;

/// <summary>Small templates of ours, as Jinja evaluates them (Golden/jinja.jsonl says which and how it was set).</summary>
public sealed class JinjaTests
{
    static readonly DateTime s_now = new(2024, 7, 6, 9, 5, 3);
    static readonly JsonNode[] s_lines =
    [
        .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Golden/jinja.jsonl")).Select(l => JsonNode.Parse(l)!),
    ];

    public static TheoryData<int> Lines() => [.. Enumerable.Range(1, s_lines.Length - 1)];

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_template_gives_what_Jinja_gives(int line)
    {
        string template = s_lines[line]["template"]!.GetValue<string>();
        if (s_lines[line]["expected"]?.GetValue<string>() is { } expected)
        {
            Assert.Equal(expected, Render(template));
        }
        else
        {
            TemplateException e = Assert.Throws<TemplateException>(() => Render(template));
            Assert.StartsWith("the test's template, line 1", e.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("a\n{{ b", "line 2: the tag is not closed with '}}'")]
    [InlineData("\n\n{% include 'x' %}", "line 3: the tag 'include' is not supported")]
    [InlineData("{{ x | nope }}", "the filter 'nope' is not supported")]
    [InlineData("{{ x is nope }}", "the test 'is nope' is not supported")]
    [InlineData("{% for x in y %}\n", "line 1: 'for' has no 'endfor'")]
    [InlineData("\n{{ a.99999999999999999999 }}", "line 2: the integer 99999999999999999999 has more than 64 bits")]
    [InlineData("{{ messages.append(1) }}", "'append' is called, but it is an undefined value ('list object' has no attribute 'append')")]
    [InlineData("{{ strftime_now('%Q') }}", "'strftime_now' does not know '%Q'")]
    [InlineData("{{ 'x' + 1 }}", "'+' does not work between a string and an integer")]
    [InlineData("{{ nothing.content }}", "'nothing' is undefined")]
    public void What_cannot_be_evaluated_is_named(string template, string problem) =>
        Assert.Contains(problem, Assert.Throws<TemplateException>(() => Render(template)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}")]
    [InlineData("{% set ns = namespace(s='xxxxxxxxxxxxxxxx') %}{% for a in range(1000) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}")]
    [InlineData("{% set ns = namespace(s=[1]) %}{% for a in range(1000) %}{% set ns.s = ns.s + ns.s %}{% endfor %}")]
    [InlineData("{{ 'x' * 9999999999 }}")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}")]
    [InlineData("{{ 10 ** 10 ** 10 }}")]
    [InlineData(
        "{% for a in range(100000) %}{{ 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' * 100 }}{% endfor %}"
    )]
    public void Endless_work_is_refused(string template) => Assert.Null(Assert.Throws<TemplateException>(() => Render(template)).Refusal);

    /// <summary>Two values of equal content that hold each level twice: 2⁶⁰ items for a walk that does not count its steps.</summary>
    const string Shared =
        "{% set n = namespace(x=[1], y=[1], d={'a': 1}, e={'a': 1}) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}"
        + "{% set n.y = [n.y, n.y] %}{% set n.d = {'a': n.d, 'b': n.d} %}{% set n.e = {'a': n.e, 'b': n.e} %}{% endfor %}";

    [Theory]
    [InlineData("{{ n.x == n.y }}")]
    [InlineData("{{ n.x != n.y }}")]
    [InlineData("{{ n.x < n.y }}")]
    [InlineData("{{ n.x >= n.y }}")]
    [InlineData("{{ n.d == n.e }}")]
    [InlineData("{{ n.x in [n.y] }}")]
    [InlineData("{{ n.d not in [n.e] }}")]
    [InlineData("{{ n.x is eq(n.y) }}")]
    [InlineData("{{ n.x is ne(n.y) }}")]
    [InlineData("{{ n.x is lt(n.y) }}")]
    [InlineData("{{ n.x is in([n.y]) }}")]
    [InlineData("{{ [n.x, n.y] | sort }}")]
    [InlineData("{{ [n.x, n.y] | unique | list }}")]
    [InlineData("{{ [n.x, n.y] | max }}")]
    [InlineData("{{ [{'k': n.x}, {'k': n.y}] | groupby('k') }}")]
    [InlineData("{{ {'a': n.x, 'b': n.y} | dictsort(by='value') }}")]
    [InlineData("{{ [n.x].index(n.y) }}")]
    [InlineData("{{ [n.x].count(n.y) }}")]
    [InlineData("{% for v in [n.x, n.y] %}{{ loop.changed(v) }}{% endfor %}")]
    [InlineData("{{ [n.x] | select('eq', n.y) | list }}")]
    [InlineData("{{ n.x | tojson }}")]
    [InlineData("{{ n.x | string }}")]
    [InlineData("{{ n.x ~ '' }}")]
    [InlineData("{{ '%s' % (n.x,) }}")]
    [InlineData("{{ '{}'.format(n.d) }}")]
    [InlineData("{{ [n.x] | join(',') }}")]
    [InlineData("{{ n.x }}")]
    public void Values_that_share_their_parts_exhaust_the_budget_of_steps(string use) =>
        Assert.Contains("takes too many steps", Assert.Throws<TemplateException>(() => Render(Shared + use)).Message);

    [Theory]
    [InlineData("{% set s = 'a' * 4000000 %}{% for i in range(100000) %}{% set t = 'x %s' | format(s) %}{% endfor %}")]
    [InlineData("{% set s = 'a\n' * 200000 %}{% for i in range(1000) %}{% set t = s | indent(2) %}{% endfor %}")]
    [InlineData("{% set s = 'a' * 4000000 %}{% for i in range(100000) %}{% set t = s[1:] %}{% endfor %}")]
    [InlineData("{% set s = 'a' * 4000000 %}{% for i in range(100000) %}{% set t = s | title %}{% endfor %}")]
    [InlineData("{% set s = 'a ' * 400000 %}{% for i in range(100000) %}{% set t = s | wordcount %}{% endfor %}")]
    [InlineData("{% set s = 'a' * 4000000 %}{% set l = [s, s, s, s] %}{% for i in range(10000) %}{% set t = l | join %}{% endfor %}")]
    [InlineData("{% set l = range(100000) | list %}{% for i in range(100000) %}{% set t = l | batch(1) %}{% endfor %}")]
    [InlineData("{% set p = '0.' * 500000 %}{% for i in range(100000) %}{% set t = ['x'] | map(attribute=p) | list %}{% endfor %}")]
    [InlineData("{% set s = 'a' * 4000000 %}{{ range(100000) | map('string') | map('replace', 'a', s) | list }}")]
    [InlineData("{% set s = 'aB' * 2000000 %}{% for i in range(100000) %}{% set t = [s, s] | sort %}{% endfor %}")]
    [InlineData("{% set s = 'aB' * 2000000 %}{% for i in range(100000) %}{% set t = [s] | map('upper') | list %}{% endfor %}")]
    [InlineData("{% set s = 'aB' * 2000000 %}{% for i in range(100000) %}{% set t = [s] | select('upper') | list %}{% endfor %}")]
    [InlineData("{% set s = 'a' * 4000000 %}{% for i in range(100000) %}{% set t = {s: 1} %}{% endfor %}")]
    [InlineData("{% set s = 'a' * 4000000 %}{% set d = {1: 1} %}{% for i in range(100000) %}{% set t = d[s] %}{% endfor %}")]
    [InlineData("{% set s = 'a' * 4000000 %}{% set d = {1: 1} %}{% for i in range(100000) %}{% set t = s in d %}{% endfor %}")]
    [InlineData("{% set s = 'a' * 4000000 %}{% for i in range(100000) %}{% set t = s.startswith((s, s)) %}{% endfor %}")]
    [InlineData(
        "{% macro m(a, b, c) %}{% endmacro %}"
        + "{% for i in range(100000) %}{% for j in range(100000) %}{{ m(1, b=2, c=3) }}{% endfor %}{% endfor %}"
    )]
    [InlineData(
        "{% for h in range(100000) %}{% for i in range(100000) %}"
        + "{% for j in [1, [2, [3]]] recursive %}{{ loop(j) if j is iterable }}{% endfor %}{% endfor %}{% endfor %}"
    )]
    public void Every_operation_has_a_cost(string template) =>
        Assert.Contains("takes too many steps", Assert.Throws<TemplateException>(() => Render(template)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{% set s = 'a' * 4000000 %}{% for c in s %}{% endfor %}", "a list has more than")]
    [InlineData("{% set s = 'a' * 4000000 %}{% set t = s | list %}", "a list has more than")]
    [InlineData("{% set s = 'a\n' * 4000000 %}{% set t = s.splitlines() %}", "a list has more than")]
    [InlineData("{% set s = 'a,' * 4000000 %}{% set t = s.split(',') %}", "a list has more than")]
    [InlineData("{% set s = 'a,' * 4000000 %}{% set t = s.rsplit(',', 4000000) %}", "a list has more than")]
    [InlineData("{% set s = ' ' * 4000000 %}{{ range(1000) | list | tojson(indent=s) }}", "the template writes more than")]
    public void Results_that_fill_the_memory_are_refused(string template, string problem) =>
        Assert.Contains(problem, Assert.Throws<TemplateException>(() => Render(template)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_conversation_of_a_million_characters_in_a_thousand_messages_is_within_the_budget()
    {
        JsonArray messages =
        [
            .. Enumerable.Range(0, 1000).Select(i => new JsonObject { ["role"] = "user", ["content"] = new string('x', 1000) }),
        ];
        string source = "{% for m in messages %}<|{{ m.role }}|>{{ m.content | trim }}"
            + "{{ m.content.split() | join(' ') | length }}\n{% endfor %}";

        MarkedText text = ChatTemplate.Parse(source, "t").Render(messages, false, new Dictionary<string, string>(), s_now);

        Assert.Equal(1000 * (1000 + "<|user|>1000\n".Length), text.Value.Length);
    }

    [Theory]
    [InlineData("{{ bos }}", "'bos' is undefined")]
    [InlineData("{{ 'a' ~ bos }}", "'bos' is undefined")]
    [InlineData("{{ ['a', bos] | join }}", "'bos' is undefined")]
    [InlineData("{{ bos | trim }}", "'bos' is undefined")]
    [InlineData("\n{% set x = bos %}{{ x }}{{ bos }}", "line 2: 'bos' is undefined")]
    [InlineData("{% if bos is defined %}{{ bos }}{% endif %}", null)]
    [InlineData("{% if bos %}{{ bos }}{% endif %}", null)]
    [InlineData("{{ bos | default('') }}", null)]
    [InlineData("{{ bos or '' }}", null)]
    [InlineData("{{ {}.missing }}", null)] // an optional key of a message
    public void A_name_that_is_undefined_is_reported_where_text_is_rendered_from_it(string template, string? notice)
    {
        List<string> notices = [];

        string text = ChatTemplate.Parse(template, "t")
            .Render([], false, new Dictionary<string, string>(), s_now, notice: notices.Add).Value;

        Assert.Equal(template.Contains("'a'", StringComparison.Ordinal) ? "a" : "", text.Trim());
        Assert.Equal(notice is null ? 0 : 1, notices.Count);
        Assert.All(notices, n => Assert.Contains(notice!, n, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{{ 'a b  c '.split() }}", "['a', 'b', 'c']")]
    [InlineData("{{ ' a b  c '.split(none, 1) }}", "['a', 'b  c ']")]
    [InlineData("{{ 'a,b,c'.rsplit(',', 1) }}", "['a,b', 'c']")]
    [InlineData("{{ 'a,b,c'.rsplit(',', 9) }}", "['a', 'b', 'c']")]
    [InlineData("{{ 'abc' | first }}{{ 'abc' | last }}", "ac")]
    [InlineData("{{ {1: 'a', 1.0: 'b', true: 'c', -0.0: 'd', 0: 'e'} }}", "{1: 'c', -0.0: 'e'}")]
    public void Values_are_those_of_Python(string template, string expected) => Assert.Equal(expected, Render(template));

    [Theory]
    [InlineData("😀😀 think|answer it", "answer it")]
    [InlineData("think|😀", "😀")]
    public void A_thought_is_cut_from_a_message_at_the_position_that_find_returns(string content, string expected)
    {
        ChatTemplate template = ChatTemplate.Parse("{{ messages[0].content[messages[0].content.find('|') + 1:] }}", "t");
        JsonArray messages = [new JsonObject { ["role"] = "user", ["content"] = content }];

        MarkedText text = template.Render(messages, false, new Dictionary<string, string>(), s_now);

        Assert.Equal((expected, true), (text.Value, text.IsMarked));
    }

    [Theory]
    [InlineData("{{ 'abc'.partition('') }}")]
    [InlineData("{{ 'a'.ljust(3, 'xy') }}")]
    [InlineData("{{ '%.101f' % 1 }}")]
    [InlineData("{{ '%d' % 'x' }}")]
    public void Arguments_that_Python_refuses_or_that_are_too_large_are_refused(string template) =>
        Assert.Throws<TemplateException>(() => Render(template));

    [Theory]
    [InlineData("{{ n.x == n.x }}", "True")]
    [InlineData("{{ n.d != n.d }}", "False")]
    [InlineData("{{ [n.x, n.x] == [n.x, n.x] }}", "True")]
    [InlineData("{{ n.x in [n.x] }}", "True")]
    [InlineData("{{ n.x <= n.x }}", "True")]
    [InlineData("{{ [n.x].index(n.x) }}", "0")]
    public void A_list_or_dict_equals_itself_without_a_visit(string use, string expected) => Assert.Equal(expected, Render(Shared + use));

    [Theory]
    [InlineData("s.upper()")]
    [InlineData("s.count('b')")]
    [InlineData("s.find('b')")]
    [InlineData("s.isalpha()")]
    [InlineData("s | lower")]
    [InlineData("s | length")]
    [InlineData("s[0]")]
    [InlineData("s == s ~ ''")]
    [InlineData("s < s ~ ''")]
    [InlineData("s is lower")]
    [InlineData("s.replace('b', '')")]
    public void Operations_on_long_strings_cost_their_length(string use)
    {
        string loop = $"{{% set s = 'a' * 4000000 %}}{{% for i in range(100000) %}}{{% set t = {use} %}}{{% endfor %}}";

        Assert.Contains("takes too many steps", Assert.Throws<TemplateException>(() => Render(loop)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_search_for_a_long_repeated_text_costs_the_product_of_the_lengths() =>
        Assert.Contains(
            "takes too many steps",
            Assert.Throws<TemplateException>(() => Render("{{ ('a' * 2000000).find('a' * 1000000 ~ 'b') }}")).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("(", ")")]
    [InlineData("[", "]")]
    [InlineData("-", "")]
    [InlineData("not ", "")]
    [InlineData("1 + ", "")]
    [InlineData("a.", "a")]
    [InlineData("x|upper|", "upper")]
    [InlineData("1 if 1 else ", "")]
    public void Deep_nesting_never_exhausts_the_stack(string open, string close)
    {
        string template = $"{{{{ {string.Concat(Enumerable.Repeat(open, 100_000))}1{string.Concat(Enumerable.Repeat(close, 100_000))} }}}}";
        Assert.Throws<TemplateException>(() => Render(template));
    }

    [Fact]
    public void Deeply_nested_blocks_never_exhaust_the_stack() =>
        Assert.Throws<TemplateException>(() =>
            Render(string.Concat(Enumerable.Repeat("{% if 1 %}", 50_000)) + string.Concat(Enumerable.Repeat("{% endif %}", 50_000))));

    static string Render(string template) => ChatTemplate.Parse(template, "the test's template")
        .Render([], addGenerationPrompt: false, new Dictionary<string, string>(), s_now, s_lines[0]["variables"]!.AsObject()).Value;
}
