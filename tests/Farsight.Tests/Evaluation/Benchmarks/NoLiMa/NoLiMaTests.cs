using Farsight.Evaluation.Benchmarks.NoLiMa;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Tests.Evaluation.Benchmarks.NoLiMa;

public sealed class NoLiMaTests
{
    [Theory]
    [InlineData(1000, 0.5, 0.5, 0.3)] // 0.1 free on the left and on the right: the middle of 0.2 is the end of the left part
    [InlineData(1000, 0.5, 0.75, 0.75)]
    [InlineData(1000, 0, 0.5, 0.5)] // only the right is free, 0.2 behind the needle
    [InlineData(1000, 1, 0.5, 0.5)]
    [InlineData(250, 0.5, 0.9, 0.7)]
    [InlineData(250, 0.6, 0.9, 0.5)]
    [InlineData(250, 0.8, 0.9, 0.6)]
    public void A_distractor_keeps_away_from_the_needle_and_from_the_ends(int length, double depth, double drawn, double expected) =>
        Assert.Equal(expected, NoLiMaHaystack.DistractorDepth(length, depth, drawn), 12);

    [Fact]
    public void A_distractor_stands_in_the_window_of_the_needle()
    {
        NoLiMaHaystack haystack = new(
            string.Concat(Enumerable.Range(0, 300).Select(i => $"Line {i} of a plain book.\n")), new CharacterText());

        string window = haystack.With("The needle.", 2000, 0.1, "The distractor.", new NumpyRandom(7));

        double at = new NumpyRandom(7).NextDouble() * 0.5; // 1 − (0.1 + 0.4) is free, all of it on the right
        Assert.Equal(1, window.Split("The needle.").Length - 1);
        Assert.InRange(window.IndexOf("The needle.", StringComparison.Ordinal) / 2000.0, 0.08, 0.12);
        Assert.InRange(window.IndexOf(" The distractor.\n", StringComparison.Ordinal) / 2000.0, at + 0.28, at + 0.34);
    }

    [Fact]
    public void The_base_score_averages_the_best_short_length_of_each_pair_and_the_effective_length_has_85_percent_of_it()
    {
        static CellResult Cell(int length, double mean) => new(
            new Dictionary<string, string> { [EvalExample.Length] = $"{length}" },
            10, 0, mean, null, null, new Dictionary<string, double>());
        static EvalRecord Answer(int length, string pair, double score, int book = 0) => new(
            "m", "nolima_default", 1, $"{length}-{pair}-{book}-0.5", "", score, new Dictionary<string, double>())
        {
            Groups = new Dictionary<string, string> { [EvalExample.Length] = $"{length}" },
        };
        CellResult[] lengths = [Cell(250, 0.75), Cell(1000, 0.25), Cell(4000, 0.75), Cell(8000, 0.7)];
        TaskResult result = new("nolima_default", 1, "", "", 0, Cell(0, 0.7), lengths, []) { Benchmark = "nolima" };
        EvalRecord[] examples =
        [
            Answer(250, "0401-T1-onehop", 1), Answer(250, "0401-T1-onehop", 0, book: 1), // 0.5
            Answer(1000, "0401-T1-onehop", 1), Answer(1000, "0401-T1-onehop", 0.5, book: 1), // 0.75, the best
            Answer(250, "0401-T1-twohop", 1), Answer(1000, "0401-T1-twohop", 0), // 1
            Answer(4000, "0401-T1-onehop", 1), // too long for the base score
        ];

        BenchmarkMean[] means = [.. ((IEvalTaskFamily)new NoLiMaTasks()).Means([result], examples)];

        Assert.Equal([0.875, 0.75], means.Select(m => m.Mean)); // (0.75 + 1) / 2, of which 85 % are 0.744
        Assert.Contains("effective length of 4,000 tokens", means[1].Name);
    }
}
