using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Models;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Report;

namespace Farsight.Tests.Evaluation.Core;

public sealed class HeadScoresTests : IDisposable
{
    const string Mistral = "evaldata/retrieval_head/head_score_Mistral-7B-v0.2-hf.json.gz";

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Expected: Python's sorted(…, key=mean, reverse=True) over the published file.</summary>
    [SharedFact(Mistral), Trait("Category", "Golden")]
    public void Published_scores_have_the_ranking_that_the_original_makes_of_them()
    {
        HeadScores scores = HeadScores.Read(SharedMaterial.PathOf(Mistral));

        Assert.Equal((32, 32, 362), (scores.Layers, scores.Heads, scores.Runs));
        Assert.Equal(
            "18-0 12-7 12-6 18-2 18-3 18-1 30-8 28-0 19-9 19-8 17-26 19-10 29-10 2-23 31-4 14-31 19-17 13-5 15-8 19-19",
            string.Join(' ', scores.Ranking.Take(20).Select(r => HeadMask.Name(r.Head))));
        Assert.Equal("3eb07f89f88d3f862fa29b79b00145d2b40d1bbbccd11f0240ead0953f82c699", Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(' ', scores.Ranking.Select(r => HeadMask.Name(r.Head)))))));
        Assert.Equal(0.9427418684833578, scores.Ranking[0].Score, 12);
        Assert.Equal(0.5905631828189245, scores.Retrieval, 12);
        Assert.Equal(43, scores.RetrievalHeads.Count);
    }

    [SharedFact(Mistral), Trait("Category", "Golden")]
    public void A_file_that_was_read_is_written_with_the_same_numbers()
    {
        HeadScores scores = HeadScores.Read(SharedMaterial.PathOf(Mistral));
        scores.Write(_folder["copy.json"]);

        Assert.Equal(scores.Ranking, HeadScores.Read(_folder["copy.json"]).Ranking);
        using GZipStream original = new(File.OpenRead(SharedMaterial.PathOf(Mistral)), CompressionMode.Decompress);
        Dictionary<string, double[]> expected = JsonSerializer.Deserialize<Dictionary<string, double[]>>(original)!,
            copy = JsonSerializer.Deserialize<Dictionary<string, double[]>>(File.ReadAllText(_folder["copy.json"]))!;
        Assert.Equal(expected.Count, copy.Count);
        Assert.All(expected, head => Assert.Equal(head.Value, copy[head.Key]));
    }

    [Fact]
    public void Runs_in_which_the_needle_was_not_found_are_left_out()
    {
        HeadScores scores = HeadScores.Of([
            Run(counted: 1, ("0-1", 0.5)),
            Run(counted: 0, ("1-0", 1)),
            Run(counted: 1, ("0-1", 1), ("1-2", 0.25)),
            Other(),
        ])!;

        scores.Write(_folder["head_scores.json"]);

        Assert.Equal(
            "{\"0-0\":[0,0],\"0-1\":[0.5,1],\"0-2\":[0,0],\"1-0\":[0,0],\"1-1\":[0,0],\"1-2\":[0,0.25]}",
            File.ReadAllText(_folder["head_scores.json"]));
        Assert.Equal([new(0, 1), new(1, 2)], HeadScores.Read(_folder.Path).RetrievalHeads);
        Assert.Equal((0.75 + 0.125) / 6, scores.Retrieval, 12); // a model of fewer than ten heads: all of them
    }

    [Fact]
    public void Without_runs_there_is_nothing() => Assert.Null(HeadScores.Of([Other()]));

    [Theory]
    [
        InlineData("[1, 2]"),
        InlineData("{}"),
        InlineData("{\"a\": [1]}"),
        InlineData("{\"0-0\": 3}"),
        InlineData("{\"0-0\": [\"x\"]}"),
        InlineData("{\"0-0\": [1")
    ]
    public void A_file_of_something_else_is_said(string content)
    {
        File.WriteAllText(_folder["x.json"], content);

        Assert.Contains("x.json holds no scores of heads", Assert.Throws<InputException>(() => HeadScores.Read(_folder["x.json"])).Message);
    }

    [Fact]
    public void A_missing_file_is_said() =>
        Assert.Contains(
            "does not exist; evaluate the task retrieval-heads with an output directory first",
            Assert.Throws<InputException>(() => HeadScores.Read(_folder["none"])).Message);

    [Fact]
    public void A_mask_names_the_best_heads_or_others()
    {
        ModelConfig config = SmallModel.Config(); // 2 layers of 4 heads
        HeadScores scores = HeadScores.Of([
            Run(counted: 1, ("1-2", 0.5), ("0-3", 0.25), ("1-3", 0.05)) with
            {
                Beside = Sized(4, ("1-2", 0.5), ("0-3", 0.25), ("1-3", 0.05)),
            },
        ])!;

        Assert.Equal([new(1, 2), new(0, 3)], HeadMask.Heads("top:2", scores, config, 1));
        Assert.Equal([new(1, 3), new(0, 0)], HeadMask.Heads("1-3, 0-0,1-3", null, config, 1));
        IReadOnlyList<AttentionHead> drawn = HeadMask.Heads("random:6", scores, config, 1);
        Assert.Equal(6, drawn.Distinct().Count());
        Assert.Empty(drawn.Intersect(scores.RetrievalHeads));
        Assert.Equal(drawn, HeadMask.Heads("random:6", scores, config, 1));
        Assert.NotEqual(drawn, HeadMask.Heads("random:6", scores, config, 2));
    }

    [Theory]
    [
        InlineData("top:2", "heads require the scores of all heads, which are missing"),
        InlineData("top:0", "names no heads"),
        InlineData("best", "names no heads")
    ]
    [
        InlineData("random:9", "Only 8 heads are there; 9 cannot be drawn"),
        InlineData("0-4", "The model has no head 0-4; it has 2 layers of 4 heads")
    ]
    public void A_mask_that_cannot_be_is_said(string mask, string message) =>
        Assert.Contains(message, Assert.Throws<InputException>(() => HeadMask.Heads(mask, null, SmallModel.Config(), 1)).Message);

    [Fact]
    public void Scores_of_another_model_are_refused() =>
        Assert.Contains(
            "The scores are of a model with 2 layers of 3 heads, this one has 2 of 4",
            Assert
                .Throws<InputException>(() =>
                    HeadMask.Heads("top:1", HeadScores.Of([Run(counted: 1, ("0-1", 0.5))]), SmallModel.Config(), 1))
                .Message);

    [Fact]
    public void The_report_shows_every_head()
    {
        HeadScores scores = HeadScores.Of([Run(counted: 1, ("0-1", 0.5), ("1-2", 0.25))])!;

        string html = ReportWriter.Html(new() { Title = "t", Heads = [new("<base>", scores)] });

        Assert.Contains("&lt;base&gt;: mean of the ten best 13 %, 2 of 6 are retrieval heads, 1 run", html);
        Assert.Contains("<title>layer 0, head 1: 50 %</title>", html);
        Assert.Equal(6, System.Text.RegularExpressions.Regex.Count(html, "<title>layer \\d, head \\d: "));
        string svg = html[html.IndexOf("<svg", StringComparison.Ordinal)..(html.IndexOf("</svg>", StringComparison.Ordinal) + 6)];
        Assert.Equal("svg", System.Xml.Linq.XElement.Parse(svg).Name.LocalName);
    }

    static EvalRecord Run(int counted, params (string Head, double Score)[] scores) =>
        Other() with { Beside = new Dictionary<string, double>(Sized(3, scores)) { ["counted"] = counted } };

    static Dictionary<string, double> Sized(int heads, params (string Head, double Score)[] scores) =>
        new(scores.Select(s => new KeyValuePair<string, double>(s.Head, s.Score)))
        {
            ["counted"] = 1,
            ["recall"] = 1,
            ["layers"] = 2,
            ["heads"] = heads,
        };

    static EvalRecord Other() => new("m", "t", 1, "1", "", 0, new Dictionary<string, double>());
}
