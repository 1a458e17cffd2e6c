using Farsight.Evaluation.Benchmarks.LongProc;
using Farsight.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Benchmarks.LongProc;

/// <summary>Cases worked out by hand; the golden tests compare with the official program.</summary>
public sealed class LongProcScoreTests
{
    [Fact]
    public void LongProc_paths_count_the_first_wrong_line_only_officially()
    {
        Assert.Equal(new(1, 1, 1), LongProcTraces.Path("<Route>\na\nb\n</Route>", "a\nb"));
        Assert.Equal(new(0, 0.5, 1), LongProcTraces.Path("<Route>x</Route>", "a\nb"));
        Assert.Equal(new(0, 0, 1), LongProcTraces.Path("<Route>x</Route>", "a\nb", MetricMode.Clean));
        Assert.Equal(default, LongProcTraces.Path("a\nb", "a\nb"));
    }

    [Fact]
    public void LongProc_beliefs_leave_out_filler_words() =>
        Assert.Equal(new(0, 0.5, 1), LongProcTraces.Beliefs("- STEP 1: the Kitchen!\n- step 2: hall", "- Step 1: kitchen\n- Step 2: bed"));

    [Theory]
    [InlineData("1 + 2 = 3\n3 * 4 = 12\n12 - 5 = 7", true)]
    [InlineData("1 + 2 = 3\n3 * 4 = 12\n12 - 5 = 8", false)]
    [InlineData("1 + 1 = 2\n2 * 4 = 8\n8 - 5 = 3", false)]
    [InlineData("1 + 2 = \n3 * 4 = 12\n12 - 5 = 7", false)]
    [InlineData("7", false)]
    [InlineData("1 / 0 = 0\n3 * 4 = 12\n12 - 5 = 7", false)]
    public void LongProc_equations_must_use_the_numbers_at_hand(string solution, bool right) =>
        Assert.Equal(right, LongProcCountdown.IsSolution(solution, [1, 2, 4, 5], 7));

    [Fact]
    public void LongProc_searches_count_steps_before_the_first_wrong_one()
    {
        const string Reference =
            "# Search Procedure\nstart\n|- Pick two numbers (1, 2)\n |- Try 1 + 2 = 3. drop this branch\n |- Try 2 - 1 = 1. Add";
        double Partial(string search, MetricMode mode) =>
            LongProcCountdown.Score("# Search Procedure\n" + search, [1, 2], 3, Reference, mode).Partial;
        Assert.Equal(1.0 / 3, Partial("start\n|- Pick two numbers (1, 2)\n |- Try 1 + 2 = 3. Add", MetricMode.Official));
        Assert.Equal(2.0 / 3, Partial("start\n|- Pick two numbers (1, 2)\n |- Try 1 + 2 = 9. drop this branch", MetricMode.Clean));
        Assert.Equal(1.0 / 3, Partial("start\n|- Pick two numbers (1, 2)\n |- Try 1 + 2 = 9. drop this branch", MetricMode.Official));
        Assert.Equal(0, Partial("other", MetricMode.Clean));
    }

    [Fact]
    public void LongProc_tables_are_sets_of_rows()
    {
        (PrecisionRecall rows, double found) = LongProcTable.Score("```tsv\nA\tB\n1\tThe x!\n2\ty\n```", "a\tb\n3\tz\n1\tX");
        Assert.Equal((0.5, 0.5, 1.0), (rows.Precision, rows.Recall, found));
        Assert.Equal(0, LongProcTable.Score("nothing", "a\tb\n3\tz").Extraction);
        Assert.Equal(0, LongProcTable.Score("a\ta\n3\tz", "a\tb\n3\tz").Extraction);
    }
}
