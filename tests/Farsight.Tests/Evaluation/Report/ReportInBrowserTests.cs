using System.Globalization;
using System.Net;
using System.Text.Json;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Report;
using Farsight.Tests.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Report;

/// <summary>The page as a browser lays it out: in a phone's width, in a window's, in dark.</summary>
[Trait("Category", "Slow")]
public sealed class ReportInBrowserTests : IDisposable
{
    // Elements that scroll by themselves may be wider than the page. Texts need a contrast of 4.5 : 1 (WCAG 2.1, 1.4.3).
    const string Measure = """
        const page = document.getElementById('page').contentDocument, view = page.defaultView, faults = [];
        const shown = page.documentElement;
        if (shown.scrollWidth > shown.clientWidth) faults.push(`the page is ${shown.scrollWidth} wide in a window of ${shown.clientWidth}`);
        const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
        const rgb = color => {
          canvas.clearRect(0, 0, 1, 1);
          canvas.fillStyle = color;
          canvas.fillRect(0, 0, 1, 1);
          return canvas.getImageData(0, 0, 1, 1).data;
        };
        const linear = v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
        const light = c => [0, 1, 2].map(i => linear(c[i] / 255)).reduce((a, v, i) => a + v * [0.2126, 0.7152, 0.0722][i], 0);
        const behind = e => {
          for (; e; e = e.parentElement) { const c = rgb(view.getComputedStyle(e).backgroundColor); if (c[3] > 0) return c; }
          return rgb('white');
        };
        let texts = 0;
        for (const e of page.body.querySelectorAll('*')) {
          const box = e.getBoundingClientRect();
          if (box.width === 0 || e.closest('svg')) continue;
          const name = `<${e.localName} class="${e.className}">`;
          if (box.right > shown.clientWidth + 1 && !e.closest('.scroll')) faults.push(`${name} ends at ${box.right}`);
          if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
          const a = light(rgb(view.getComputedStyle(e).color)), b = light(behind(e));
          const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
          texts++;
          if (contrast < 4.5) faults.push(`${name} has a contrast of ${contrast.toFixed(2)}`);
        }
        const drawings = [...page.querySelectorAll('svg')].filter(s => s.getBoundingClientRect().width > 0).length;
        document.title = JSON.stringify({ faults, texts, dark: light(behind(page.body)) < 0.2, drawings });
        """;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [ChromiumTheory]
    [InlineData(340, false), InlineData(1180, false), InlineData(340, true), InlineData(1180, true)]
    public async Task Nothing_sticks_out_and_everything_can_be_read(int width, bool isDark)
    {
        string report = ReportWriter
            .Html(Model())
            .Replace("<details", "<details open", StringComparison.Ordinal)
            .Replace(" open\"", "\"", StringComparison.Ordinal);
        File.WriteAllText(
            _folder["frame.html"],
            string.Create(
                CultureInfo.InvariantCulture,
                $"<!DOCTYPE html><html><body><iframe id=\"page\" style=\"border:0;width:{width}px;height:800px\" "
                    + $"srcdoc=\"{WebUtility.HtmlEncode(report)}\"></iframe>"
                    + $"<script>onload = () => {{ {Measure} }};</script></body></html>"));

        (string page, string log) = await Chromium.Open(
            _folder["frame.html"],
            _folder["profile"],
            isDark ? ["--blink-settings=preferredColorScheme=0"] : []);

        Assert.DoesNotContain("CONSOLE", log);
        string title = WebUtility.HtmlDecode(page.Split("<title>").Skip(1).FirstOrDefault()?.Split("</title>")[0] ?? "");
        Assert.True(title.StartsWith('{'), $"the page was not measured: {log}");
        JsonElement found = JsonDocument.Parse(title).RootElement;
        Assert.Equal([], found.GetProperty("faults").EnumerateArray().Select(f => f.GetString()));
        Assert.Equal(isDark, found.GetProperty("dark").GetBoolean());
        Assert.True(found.GetProperty("texts").GetInt32() > 200);
        Assert.True(found.GetProperty("drawings").GetInt32() >= 8);
    }

    /// <summary>Everything that a report may hold, some of it far too long.</summary>
    static ReportModel Model()
    {
        string endless = new('w', 400);
        string[] tasks = ["needle", "needle/words", "needle/several", "perplexity"];
        EvalResults before = Run(_ => $"<script>{endless}</script> ```"),
            after = Run(ScriptedCompleter.Read);
        EvalResults without = after with
        {
            Skipped = [new("ruler", 512, endless)],
            Command = $"farsight eval --model {endless}",
            Model = endless,
        };
        LineChart alarmed = new("Loss", "step", "nats", [new("LOGO", [.. Enumerable.Range(1, 9).Select(i => new ChartPoint(i, 1.0 / i))])])
        {
            Marks = [new(4, "alarm")],
        };
        ReportSection section = new("A section", endless)
        {
            Facts = [new(endless, endless)],
            Charts = [alarmed],
            Samples = [new("a sample", endless, endless, [new("step 4", endless, null)])],
            IsWarning = true,
        };
        return EvalReport.Of(
            $"Before and after {endless}",
            endless,
            [new("base", before), new("LOGO", without), new("a third with a longer name", after)],
            [new LineChart("Loss", "step", "loss", [new("LOGO", [.. Enumerable.Range(1, 300).Select(i => new ChartPoint(i, 1.0 / i))])])],
            [new("machine", endless)]) with
        {
            Sections = [section],
        };

        EvalResults Run(Func<Farsight.Alignment.Answering.CompletionRequest, string> answer) =>
            EvalSamples
                .Runner(answer, prompt => -5 - prompt * 1e-4)
                .Run(
                    EvalSamples.Plan(tasks) with
                    {
                        Lengths = [700, 800, 900, 1000, 1100, 1200],
                        Setting = EvalSamples.Setting with { Length = 1200, Haystack = EvalSamples.HaystackOf(30) },
                    });
    }
}
