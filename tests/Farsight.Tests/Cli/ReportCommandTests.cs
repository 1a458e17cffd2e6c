using System.Text.Json;
using Farsight.Evaluation.Core;
using Farsight.Tests.Evaluation.Core;

namespace Farsight.Tests.Cli;

public sealed class ReportCommandTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Two_evaluations_make_a_page_with_Markdown_and_JSON_beside_it()
    {
        Evaluate("base", _ => "I do not know.");
        Evaluate("logo", ScriptedCompleter.Read);

        (int code, string output, string error) = await CommandLine.Run(
            "report",
            _folder["base"],
            _folder["logo"],
            "--out",
            _folder["pages/both.html"]);

        Assert.Equal((0, ""), (code, error));
        Assert.Contains("both.md", output);
        string page = File.ReadAllText(_folder["pages/both.html"]), text = File.ReadAllText(_folder["pages/both.md"]);
        Assert.Contains("<title>logo against base</title>", page);
        Assert.Contains("<td><strong>better</strong></td>", page);
        // w = 1.96² / (8 + 1.96²) = 0.324, the upper end of Wilson's interval of 0 of 8: the interval is 1 (1 − w) ± w.
        Assert.Contains("| needle/single | 0.0 | 100.0 | +100.0 (+35.1 to +100.0) | better | 8 |", text);
        JsonElement json = JsonDocument.Parse(File.ReadAllText(_folder["pages/both.json"])).RootElement;
        Assert.Equal(["base", "logo"], json.GetProperty("runs").EnumerateArray().Select(r => r.GetProperty("name").GetString()));
        Assert.False(json.GetProperty("runs")[0].TryGetProperty("examples", out _));
        Assert.Equal("better", json.GetProperty("differences")[0].GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task Evaluations_without_a_common_example_are_shown_and_it_is_said()
    {
        Evaluate("base", ScriptedCompleter.Read);
        Evaluate("other", ScriptedCompleter.Read, "needle/words");

        (int code, _, _) = await CommandLine.Run("report", _folder["base"], _folder["other"], "--out", _folder["both.html"]);

        Assert.Equal(0, code);
        Assert.Contains("have no example in common", File.ReadAllText(_folder["both.html"]));
    }

    [Theory]
    [InlineData("nowhere/results.json does not exist", "nowhere/results.json", "--out", "page.html")]
    [InlineData("must end in .html", "nowhere", "--out", "page.pdf")]
    [InlineData("--name has 1 names for 2 runs", "a", "b", "--name", "x", "--out", "page.html")]
    [InlineData("--name contains a name twice", "a", "b", "--name", "x", "x", "--out", "page.html")]
    [InlineData("A run is listed twice", "a", "a", "--out", "page.html")]
    public async Task What_is_wrong_is_said(string message, params string[] args)
    {
        (int code, _, string error) = await CommandLine.Run(["report", .. args]);

        Assert.Equal(2, code);
        Assert.Contains(message, error);
    }

    [Theory]
    [InlineData("report"), InlineData("compare")]
    public async Task An_evaluation_that_was_not_finished_is_told_from_none(string command)
    {
        Directory.CreateDirectory(_folder["half"]);
        File.WriteAllText(_folder["half/examples.jsonl"], "");

        string[] args = command == "report" ? [_folder["half"], "--out", _folder["page.html"]] : [_folder["half"], _folder["half"]];
        Assert.Contains("holds an unfinished evaluation", (await CommandLine.Run([command, .. args])).Error);
    }

    [Fact]
    public async Task Results_of_something_else_are_refused()
    {
        File.WriteAllText(_folder["results.json"], "{\"model\": 1}");

        (int code, _, string error) = await CommandLine.Run("report", _folder["results.json"], "--out", _folder["page.html"]);

        Assert.Equal(2, code);
        Assert.Contains("is not an evaluation's results.json", error);
        Assert.False(File.Exists(_folder["page.html"]));
    }

    [Fact]
    public async Task The_command_is_recorded_without_what_changes_no_numbers()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        server.Text = _ => "nothing";

        (int code, _, string error) = await CommandLine.Run(
            "eval", "--task", "needle", "--length", "512", "--depths", "1", "--samples", "1", "--out", _folder["out dir"], "--threads", "1",
            "--endpoint", server.Url, "--endpoint-model", "a model", "--tokenizer", "models/tiny");

        Assert.Equal((0, ""), (code, code == 0 ? "" : error));
        Assert.Equal(
            $"farsight eval --task needle --length 512 --depths 1 --samples 1 --endpoint {server.Url} "
                + "--endpoint-model 'a model' --tokenizer models/tiny",
            EvalFiles.ReadResults(_folder["out dir"]).Command);
        Assert.Contains("--endpoint-model &#39;a model&#39;", File.ReadAllText(_folder["out dir/report.html"]));
    }

    void Evaluate(string directory, Func<Farsight.Alignment.Answering.CompletionRequest, string> answer, string task = "needle") =>
        EvalSamples.Runner(new ScriptedCompleter(answer)).Run(EvalSamples.Plan(task), _folder[directory]);
}
