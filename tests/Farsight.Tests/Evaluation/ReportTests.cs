using System.Text.RegularExpressions;
using System.Xml.Linq;
using Farsight.Alignment.Evaluation;
using Farsight.Alignment.Evaluation.Metrics;
using Farsight.Alignment.Evaluation.Report;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Evaluation;

public sealed partial class ReportTests
{
    [Fact]
    public void The_report_shows_every_cell_of_every_variant()
    {
        string html = ReportWriter.Html(Model());

        Assert.Equal(2 * 2 * 2, Regex.Count(html, "<title>\\d+ tokens, depth \\d+ %: ")); // variants × lengths × depths
        Assert.Contains("<title>1200 tokens, depth 100 %: 100 % of 2</title>", html);
        Assert.Contains("<title>1200 tokens, depth 100 %: 0 % of 2</title>", html);
        Assert.Contains("<td><strong>100</strong><small>51–100</small></td>", html); // Wilson, 4 of 4
    }

    [Fact]
    public void A_task_without_depths_has_its_table_and_no_map()
    {
        string html = ReportWriter.Html(new() { Title = "t", HeatMaps = [new("RULER: variable tracking", "", [new("base", [])], new(["by length"], [[new("7")]]))] });

        Assert.Contains("<h2>RULER: variable tracking</h2>", html);
        Assert.DoesNotContain("<svg", html);
    }

    [Fact]
    public void The_same_model_gives_the_same_bytes() =>
        Assert.Equal(ReportWriter.Html(Model()), ReportWriter.Html(Model()));

    [Fact]
    public void Every_string_is_escaped()
    {
        int made = 0;
        ReportModel model = new()
        {
            Title = Evil(),
            Lead = Evil(),
            Headlines = [new(Evil(), Evil(), Evil())],
            HeatMaps = [new(Evil(), Evil(), [new(Evil(), [new(512, 0, 1, 1)])], new([Evil(), Evil()], [[new(Evil()), new(Evil(), Evil())]]))],
            Perplexity = [new(Evil(), Evil(), Evil(), [new(Evil(), [new(1, 1)])])],
            Training = [new(Evil(), Evil(), Evil(), [new(Evil(), [new(1, 1)])])],
            Samples = [new(Evil(), Evil(), Evil(), [new(Evil(), Evil(), 0.5)])],
            Settings = [new(Evil(), Evil())],
        };

        string html = ReportWriter.Html(model);

        Assert.DoesNotContain("<b>", html);
        Assert.Equal(28, made);
        Assert.All(Enumerable.Range(1, made), i => Assert.Contains($"&lt;b&gt;{i}&amp;&quot;x&quot;", html));

        string Evil() => $"<b>{++made}&\"x\"";
    }

    [Fact]
    public void The_page_is_well_formed_and_needs_nothing_from_outside()
    {
        string html = ReportWriter.Html(Model());

        Assert.DoesNotMatch("(src|href)=|url\\(|@import|<script|https?:", html);
        Assert.All(Drawing().Matches(html), m => XElement.Parse(m.Value));
        Assert.Equal(Regex.Count(html, "<svg"), Regex.Count(html, "role=\"img\" aria-label=\"[^\"]+\">\n<title>|aria-hidden"));
    }

    [Fact]
    public void Numbers_that_are_not_finite_leave_no_mark()
    {
        LineChart chart = new("t", "x", "y", [new("a", [new(0, double.NaN), new(1, 2), new(2, double.PositiveInfinity)])]);

        string html = ReportWriter.Html(new() { Title = "t", Training = [chart] });

        Assert.DoesNotMatch("NaN|Infinity|∞", html);
        Assert.Equal(1, Regex.Count(html, "<circle"));
    }

    [Theory]
    [InlineData(0, "#e97a6c"), InlineData(0.5, "#f6d97a"), InlineData(1, "#9edc9c")]
    public void Colours_go_from_red_to_light_green(double score, string colour) => Assert.Equal(colour, HeatMapSvg.Colour(score));

    static ReportModel Model()
    {
        EvalPlan plan = EvalSamples.Plan("needle", "perplexity");
        EvalResults before = Run(_ => "I do not know."), after = Run(ScriptedCompleter.Read);
        SeededRandom random = SeededRandom.For(1, "curve", 0);
        ChartPoint[] curve = [.. Enumerable.Range(0, 300).Select(i => new ChartPoint(i, 1 / (1 + i * 0.1) + 0.1 * random.NextDouble()))];
        return EvalReport.Of("Before and after", "A lead.", [new("base", before), new("LOGO", after)],
            [new LineChart("Loss", "step", "loss", [new("LOGO", curve)])], [new("machine", "a small one")]);

        EvalResults Run(Func<Alignment.Generation.CompletionRequest, string> answer) =>
            EvalSamples.Runner(new ScriptedCompleter(answer), prompt => -5 - prompt * 1e-4).Run(plan);
    }

    [GeneratedRegex("<svg.*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Drawing();
}
