using System.Text.Json.Nodes;
using Farsight.Evaluation.Core;
using Farsight.Workflows.Study;

namespace Farsight.Tests.Workflows.Study;

/// <summary>Which columns the table of a study has.</summary>
public sealed class StudyColumnTests : IDisposable
{
    readonly StudyFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void A_metric_beside_the_score_gets_its_own_columns_and_changes_no_measurement()
    {
        StudyVerdict plain = _files.Run("out", Words);

        StudyVerdict verdict = _files.Run("out", s =>
        {
            Words(s);
            s["measure"]![0]!["metrics"] = new JsonArray("value", "nothing of this name");
        });

        Assert.Equal(
            plain.Cells.Select(c => (c.Variant, c.Length, c.Mean, c.Low, c.High)),
            verdict.Cells.Where(c => c.Metric is null).Select(c => (c.Variant, c.Length, c.Mean, c.Low, c.High)));
        Assert.Equal(plain.Cells.Count, verdict.Cells.Count(c => c.Metric == "value"));
        Assert.Equal(plain.Differences.Count, verdict.Differences.Count(d => d.Metric == "value"));
        Assert.DoesNotContain(verdict.Cells, c => c.Metric == "nothing of this name");
        Assert.Contains("words: value", File.ReadAllText(verdict.ReportPath), StringComparison.Ordinal);
    }

    [Fact]
    public void A_pooled_column_has_the_mean_over_the_examples_of_all_lengths()
    {
        StudyVerdict plain = _files.Run("out", Words);

        StudyVerdict verdict = _files.Run("out", s =>
        {
            Words(s);
            s["measure"]![0]!["pooled"] = true;
        });

        Assert.Equal(
            plain.Cells.Select(c => (c.Variant, c.Length, c.Mean, c.Low, c.High)),
            verdict.Cells.Where(c => c.Length is not null).Select(c => (c.Variant, c.Length, c.Mean, c.Low, c.High)));
        StudyCell pooled = verdict.Cells.Single(c => c.Variant == "logo" && c.Length is null);
        string evaluation = Directory.GetDirectories(_files.In("out/eval/logo/seed-1")).Single();
        IReadOnlyList<EvalRecord> answers = EvalFiles.ReadResults(evaluation).Examples;
        Assert.Equal((answers.Count, answers.Average(a => a.Score)), (pooled.Examples, pooled.BySeed[0]));
        Assert.Contains("words all lengths", File.ReadAllText(verdict.ReportPath), StringComparison.Ordinal);
    }

    static void Words(JsonObject study) => study["measure"]![0]!["tasks"] = new JsonArray("needle/words");
}
