using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Report;
using Farsight.Tests.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Report;

public sealed partial class ReportTests
{
    [Fact]
    public void The_report_shows_every_cell_of_every_variant()
    {
        string html = ReportWriter.Html(Model());

        Assert.Equal(2 * 2 * 2, Regex.Count(html, "<title>\\d+ tokens, depth \\d+ %: ")); // variants × lengths × depths
        Assert.Contains("<title>1200 tokens, depth 100 %: 100 % of 2</title>", html);
        Assert.Contains("<title>1200 tokens, depth 100 %: 0 % of 2</title>", html);
        Assert.Contains("<td><strong>100.0</strong><small>51–100</small></td>", html); // Wilson, 4 of 4
    }

    [Fact]
    public void A_task_without_depths_has_its_table_and_no_map()
    {
        string html = ReportWriter.Html(
            new()
            {
                Title = "t",
                Tasks =
                [
                    new(
                        "RULER: variable tracking",
                        "",
                        [new("base", [])],
                        [],
                        [
                            new(
                                ["by length"],
                                [
                                    [new("7")],
                                ]),
                        ]),
                ],
            });

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
            Subject = Evil(),
            Sections =
            [
                new(Evil(), Evil())
                {
                    Facts = [new(Evil(), Evil())],
                    Tables =
                    [
                        new(
                            [Evil()],
                            [
                                [new(Evil())],
                            ]),
                    ],
                    Charts = [new(Evil(), Evil(), Evil(), [new(Evil(), [new(1, 1)])]) { Marks = [new(1, Evil())] }],
                    Samples = [new(Evil(), Evil(), Evil(), [new(Evil(), Evil(), null)]) { AnswerName = Evil() }],
                },
            ],
            Headlines = [new(Evil(), Evil(), Evil())],
            Overview =
            [
                new(
                    [Evil()],
                    [
                        [new(Evil(), Evil())],
                    ])
                {
                    Caption = Evil(),
                },
            ],
            Differences =
            [
                new(
                    [Evil()],
                    [
                        [new(Evil())],
                    ]),
            ],
            Tasks =
            [
                new(
                    Evil(),
                    Evil(),
                    [new(Evil(), [new(512, 0, 1, 1)])],
                    [new(Evil(), Evil(), Evil(), [new(Evil(), [new(1, 1)])])],
                    [
                        new(
                            [Evil(), Evil()],
                            [
                                [new(Evil()), new(Evil(), Evil())],
                            ]),
                    ]),
            ],
            Training = [new(Evil(), Evil(), Evil(), [new(Evil(), [new(1, 1)])])],
            Samples = [new(Evil(), Evil(), Evil(), [new(Evil(), Evil(), 0.5)])],
            Worst = [new(Evil(), Evil(), [new(Evil(), Evil(), Evil(), [Evil()], [new(Evil(), Evil())])])],
            Failures = [new(Evil(), Evil())],
            NotRun = [new(Evil(), Evil())],
            Settings = [new(Evil(), Evil())],
            Provenance = [new(Evil(), [new(Evil(), Evil())])],
        };

        string html = ReportWriter.Html(model);

        Assert.DoesNotContain("<b>", html);
        Assert.Equal(67, made);
        Assert.All(Enumerable.Range(1, made), i => Assert.Contains($"&lt;b&gt;{i}&amp;&quot;x&quot;", html));

        string Evil() => $"<b>{++made}&\"x\"";
    }

    [Fact]
    public void The_page_is_well_formed_and_needs_nothing_from_outside()
    {
        string html = ReportWriter.Html(Model());

        Assert.DoesNotMatch("src=|href=\"[^#]|url\\(|@import|<script|https?:", html);
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

    [Fact]
    public void A_chart_of_very_small_numbers_has_their_ticks()
    {
        LineChart chart = new("t", "step", "learning rate", [new("a", [new(0, 1e-7), new(1, 5e-7)])]);

        string html = ReportWriter.Html(new() { Title = "t", Training = [chart] });

        Assert.Contains(">1e-7</text>", html);
        Assert.Contains(">3e-7</text>", html);
    }

    [Fact]
    public void A_single_step_far_away_does_not_set_the_axis_of_a_long_curve_and_is_drawn_up_to_the_border()
    {
        ChartPoint[] points = [.. Enumerable.Range(0, 200).Select(i => new ChartPoint(i, i == 77 ? 1000 : 1 + i % 2))];

        string html = ReportWriter.Html(new() { Title = "t", Training = [new("t", "x", "y", [new("a", points)])] });

        Assert.DoesNotContain(">1000</text>", html);
        Assert.DoesNotMatch(",-[0-9]", html); // above the drawing
    }

    [Fact]
    public void Intervals_of_several_series_lie_side_by_side()
    {
        LineChart chart = new("t", "x", "y", [new("a", [new(1, 2, 1, 3)]), new("b", [new(1, 2, 1, 3)])]);

        string html = ReportWriter.Html(new() { Title = "t", Training = [chart] });

        Assert.Contains("transform=\"translate(-2.5 0)\"", html);
        Assert.Contains("transform=\"translate(2.5 0)\"", html);
    }

    [Fact]
    public void A_place_can_be_marked_in_a_chart_and_a_second_label_close_to_it_is_left_out()
    {
        ChartPoint[] points = [.. Enumerable.Range(0, 101).Select(i => new ChartPoint(i, i))];
        LineChart chart = new("t", "x", "y", [new("a", points)]) { Marks = [new(50, "alarm"), new(52, "alarm"), new(99, "alarm")] };

        string html = ReportWriter.Html(new() { Title = "t", Training = [chart] });

        Assert.Equal(3, Regex.Count(html, "<line class=\"mark\""));
        Assert.Equal(2, Regex.Count(html, "<text class=\"mark"));
    }

    [Fact]
    public void Every_section_is_in_the_table_of_contents()
    {
        string html = ReportWriter.Html(Model());

        string[] targets = [.. Target().Matches(html).Select(m => m.Groups[1].Value)];
        Assert.Equal(Regex.Count(html, "<h2>"), targets.Length);
        Assert.All(targets, t => Assert.Contains($" id=\"{t}\"", html));
    }

    [Fact]
    public void Markdown_has_the_heat_maps_as_tables()
    {
        string text = ReportMarkdown.Of(Model());

        Assert.Contains("**LOGO, percent by depth and context length**", text);
        Assert.Contains("| 100 % | 100 | 100 |", text);
    }

    [Fact]
    public void The_worst_answers_are_those_that_lost_most_with_their_prompts_end()
    {
        EvalResults before = Run(ScriptedCompleter.Read), after = Run(_ => "I do not ``` know.");

        WorstAnswers worst = Assert.Single(EvalReport.Of("t", "", [new("base", before), new("LOGO", after)]).Worst);
        string text = ReportMarkdown.Of(EvalReport.Of("t", "", [new("base", before), new("LOGO", after)]));

        Assert.Equal(3, worst.Samples.Count);
        Assert.All(worst.Samples, s => Assert.EndsWith(": base 100.0, LOGO 0.0", s.Summary, StringComparison.Ordinal));
        Assert.All(worst.Samples, s => Assert.Contains(s.Question, s.PromptEnd, StringComparison.Ordinal));
        Assert.Contains("````text\n[question]", text); // a fence that the answer's own cannot close
        Assert.Empty(EvalReport.Of("t", "", [new("base", before)]).Worst);
    }

    [Fact]
    public void Results_of_earlier_versions_are_shown_too()
    {
        using TemporaryFolder folder = new();
        JsonObject json = JsonNode.Parse(EvalFiles.ToJson(Run(_ => "no")))!.AsObject();
        Assert.True(
            json.Remove("command")
                && json.Remove("lines")
                && json.Remove("means")
                && json["examples"]!.AsArray().All(e => e!.AsObject().Remove("prompt_end")));
        File.WriteAllText(folder["results.json"], json.ToJsonString());

        EvalResults results = EvalFiles.ReadResults(folder["results.json"]);

        Assert.Contains("Worst answers", ReportWriter.Html(EvalReport.Of("t", "", [new("base", results)])));
        Assert.Contains("\"prompt_end\": \"\"", EvalFiles.ToJson(results)); // and can be read again
    }

    [Fact]
    public void Only_an_interval_that_lies_apart_makes_a_best()
    {
        CellResult one = Cell(0.6, 0.5, 0.7), near = Cell(0.7, 0.65, 0.8), apart = Cell(0.9, 0.85, 0.95);
        MeasuredTask task = new([("a", new("t", 1, "t", "m", null, one, [], []))]);

        Assert.False(task.Cell(near, [one, near]).Strong);
        Assert.True(task.Cell(apart, [one, near, apart]).Strong);
        Assert.False(task.Cell(apart, [apart]).Strong);

        static CellResult Cell(double mean, double low, double high) =>
            new(new Dictionary<string, string>(), 9, 0, mean, low, high, new Dictionary<string, double>());
    }

    [Fact]
    public void Groups_and_benchmarks_have_tables()
    {
        TaskResult one = Task("a"), two = Task("b");
        string text = ReportMarkdown.Of(EvalReport.Of("t", "", [new("base", new("m", 1, "none", [one, two], []))]));

        Assert.Contains("**By subject**", text);
        Assert.Contains("| law | 25.0 (10–40) | 4 |", text);
        Assert.Contains("| mean of these tasks | 50.0 (39–61) |", text);
        Assert.Contains("| a | 25.0 (10–40) | 75.0 (60–90) |", text); // tasks by length

        static TaskResult Task(string name) =>
            new(
                name,
                1,
                name,
                "m",
                0.25,
                Cell(8, 0.5),
                [
                    Cell(4, 0.25, "length", "512"),
                    Cell(4, 0.75, "length", "1024"),
                    Cell(4, 0.25, "subject", "law"),
                    Cell(4, 0.75, "subject", "art"),
                ],
                [])
            {
                Benchmark = "both",
            };

        static CellResult Cell(int n, double mean, string? group = null, string value = "") =>
            new(
                group is null ? [] : new Dictionary<string, string> { [group] = value },
                n,
                0,
                mean,
                mean - 0.15,
                mean + 0.15,
                new Dictionary<string, double>());
    }

    [Theory]
    [InlineData(0, "#e97a6c"), InlineData(0.5, "#f6d97a"), InlineData(1, "#9edc9c")]
    public void Colors_go_from_red_to_light_green(double score, string color) => Assert.Equal(color, HeatMapSvg.Color(score));

    static EvalResults Run(Func<Farsight.Alignment.Answering.CompletionRequest, string> answer, params string[] tasks) =>
        EvalSamples.Runner(answer, prompt => -5 - prompt * 1e-4).Run(EvalSamples.Plan(["needle", .. tasks]));

    static ReportModel Model()
    {
        EvalResults before = Run(_ => "I do not know.", "perplexity"), after = Run(ScriptedCompleter.Read, "perplexity");
        SeededRandom random = SeededRandom.For(1, "curve", 0);
        ChartPoint[] curve = [.. Enumerable.Range(0, 300).Select(i => new ChartPoint(i, 1 / (1 + i * 0.1) + 0.1 * random.NextDouble()))];
        return EvalReport.Of("Before and after", "A lead.", [new("base", before), new("LOGO", after)],
            [new LineChart("Loss", "step", "loss", [new("LOGO", curve)])], [new("machine", "a small one")]);
    }

    [GeneratedRegex("<a href=\"#(part-[0-9]+)\">")]
    private static partial Regex Target();

    [GeneratedRegex("<svg.*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Drawing();
}
