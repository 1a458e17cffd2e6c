using System.Numerics;
using Farsight.Evaluation.Benchmarks.AdaLEval;
using Farsight.Evaluation.Benchmarks.BabiLong;
using Farsight.Evaluation.Benchmarks.InfiniteBench;
using Farsight.Evaluation.Benchmarks.LCiteEval;
using Farsight.Evaluation.Benchmarks.LEval;
using Farsight.Evaluation.Benchmarks.LongBenchV2;
using Farsight.Evaluation.Benchmarks.LongGenBench;
using Farsight.Evaluation.Benchmarks.LongIns;
using Farsight.Evaluation.Benchmarks.LongProc;
using Farsight.Evaluation.Benchmarks.LooGle;
using Farsight.Evaluation.Benchmarks.NeedleBench;
using Farsight.Evaluation.Benchmarks.Ruler;
using Farsight.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Metrics;

/// <summary>Cases worked out by hand from each benchmark's rules; the golden tests hold them against the official programs.</summary>
public sealed class BenchmarkScoreTests
{
    [Fact]
    public void Ruler_finds_references_whatever_the_case()
    {
        Assert.Equal("a\nb", RulerMatch.Prepare(" \0a\x01" + "b\t"));
        Assert.Equal(0.5, RulerMatch.All("the number is 12345", ["12345", "999"]));
        Assert.Equal(1, RulerMatch.Any("PARIS it is", ["paris", "rome"]));
        Assert.Equal(1, RulerMatch.All("912345", ["12345"]));
        Assert.Equal(0, RulerMatch.All("912345", ["12345"], MetricMode.Clean));
        Assert.Throws<ArgumentException>(() => RulerMatch.All("x", []));
        Assert.Equal(66.67, RulerMatch.Percent([1, 1, 0]));
    }

    [Theory]
    [InlineData("hallway", "In the hallway. Not the kitchen", true)]
    [InlineData("hallway", "hallway or kitchen", false)]
    [InlineData("hallway", "garden hallway", true)] // the garden is in the question
    [InlineData("hallway", "", false)]
    [InlineData("hallway,kitchen", "kitchen and hallway", true)]
    public void BabiLong_asks_for_the_target_alone(string target, string output, bool right) =>
        Assert.Equal(right, BabiLongAnswer.IsCorrect(target, output, "Where was it before the garden?", ["hallway", "kitchen", "garden"]));

    [Fact]
    public void BabiLong_finds_labels_inside_words_only_officially()
    {
        Assert.True(BabiLongAnswer.IsCorrect("no", "I know", "Is it?", ["no", "yes"]));
        Assert.False(BabiLongAnswer.IsCorrect("no", "I know", "Is it?", ["no", "yes"], MetricMode.Clean));
    }

    [Fact]
    public void LongBench_v2_compensates_what_it_cannot_read()
    {
        Assert.Equal(1, LongBenchV2Answer.Score("**The correct answer is (B)**", "B"));
        Assert.Equal(0.25, LongBenchV2Answer.Score("B", "B", compensated: true));
        Assert.Equal("A", LongBenchV2Answer.Extract("The correct answer is Apple"));
        Assert.Null(LongBenchV2Answer.Extract("The correct answer is Apple", MetricMode.Clean));
    }

    [Theory]
    [InlineData("B. here", true, true)]
    [InlineData("the answer is: B", true, true)]
    [InlineData("the answer:B", false, true)] // one character is left out after the phrase
    [InlineData("Maybe AB or B", false, true)] // "AB" is a part of "ABCD"
    [InlineData("the bank", true, true)]
    [InlineData("", false, false)]
    [InlineData("answer is", false, false)]
    public void InfiniteBench_reads_a_choice(string prediction, bool official, bool clean)
    {
        Assert.Equal(official, InfiniteBenchScore.Choice(prediction, ["the bank", "B"]));
        Assert.Equal(clean, InfiniteBenchScore.Choice(prediction, ["the bank", "B"], MetricMode.Clean));
    }

    [Theory]
    [InlineData("passkey", "The key is 123.", "123", 1)]
    [InlineData("number_string", "none", "123", 0)]
    [InlineData("kv_retrieval", "\"a-b\".", "a-b", 1)]
    [InlineData("longdialogue_qa_eng", "It is Bob.", "BOB", 1)]
    [InlineData("longbook_qa_eng", "the red dog", "red", 2.0 / 3)]
    [InlineData("longbook_qa_chn", "红狗。", "红", 2.0 / 3)]
    [InlineData("longbook_sum_eng", "a b", "a b", 1)]
    [InlineData("math_find", "it is 3.5", "3.5", 1)]
    [InlineData("math_find", "it is 9.5", "9", 0)]
    [InlineData("code_run", "x = `-4`.", "-4", 1)]
    public void InfiniteBench_scores_by_task(string task, string prediction, string label, double score) =>
        Assert.Equal(score, InfiniteBenchScore.Score(task, prediction, [label]), 15);

    [Fact]
    public void InfiniteBench_reads_functions_and_sequences()
    {
        Assert.Equal(1, InfiniteBenchScore.Score("code_debug", "The answer is: Option B. f", ["f", "B"]));
        Assert.Equal(0, InfiniteBenchScore.Score("code_debug", "It is f", ["f", "B"]));
        Assert.Equal(0.5, InfiniteBenchScore.Score("math_calc", "1, 2, 4", ["1", "2", "3", "4"]));
        Assert.Equal(0.5, InfiniteBenchScore.MathCalc("9 1 2", ["1", "2", "3", "4"], firstIsRepeated: true));
        Assert.Throws<ArgumentException>(() => InfiniteBenchScore.Score("none", "x", ["x"]));
    }

    [Fact]
    public void LEval_gives_a_quarter_for_some_of_several_letters()
    {
        Assert.Equal(1, LEvalExam.Score("coursera", "BD. because", "BD"));
        Assert.Equal(0.25, LEvalExam.Score("coursera", "B", "BD"));
        Assert.Equal(0, LEvalExam.Score("coursera", "BC", "BD"));
        Assert.Equal("A", LEvalExam.Letters("hm", several: true));
        Assert.Equal("", LEvalExam.Letters("hm", several: true, MetricMode.Clean));
        Assert.Equal("None", LEvalExam.Letters(" ", several: false));
        Assert.Equal("C", LEvalExam.Letters("option C", several: false));
    }

    [Fact]
    public void LEval_reads_numbers_code_and_judgements()
    {
        Assert.Equal(1, LEvalExam.Score("gsm100", "So 3 + 4 = 7. The answer is 7.", "The answer is 7"));
        Assert.Equal("1200", LEvalExam.Number("It costs 5 and then $1,200.50\n\n9"));
        Assert.Equal(1, LEvalExam.Score("codeU", "the final output of the code will be [1, 2]", "[1 2]"));
        Assert.Equal(1, LEvalExam.Score("other", "It Is  Paris", "is paris"));
        Assert.Equal(("true", "<error>"), LEvalExam.Judgement("True. [fact: unknown]"));
        Assert.Equal(("true", "false"), LEvalExam.ReferenceJudgement("True [fact: False]"));
    }

    [Fact]
    public void LooGle_compares_masks_and_texts()
    {
        Dictionary<string, string> masks = new() { ["<mask-0>"] = "New York", ["<mask-1>"] = "Bob" };
        Assert.Equal((1, 2), LooGleScore.ClozeMatches(masks, "{'<mask-0>': 'York', '<mask-1>': 'Bob'}"));
        Assert.Equal((0, 0), LooGleScore.ClozeMatches(masks, "Bob"));
        Assert.Equal((1, 1), LooGleScore.BleuScores("a b c d", "a b c d"));
        Assert.Equal((1.0, 0.0, 1.0), LooGleScore.RougeRecalls("None", ""));
    }

    [Fact]
    public void LCiteEval_reads_one_line_without_citations()
    {
        Assert.Equal("Paris London.", Citations.Remove("Paris [1] | London[22]."));
        Assert.Equal([1, 22], Citations.Numbers("Paris [1] London[22]."));
        Assert.Equal(1, LCiteEvalScore.Answer("Paris [1]\nmore", ["Rome", "paris"]).F1);
        Assert.Equal(1, LCiteEvalScore.Summary("Here is a summary: a b [1]", "a b"), 8);
        Assert.Equal(0, LCiteEvalScore.Summary("A summary", "A summary"));
        Assert.Equal(0.5, LCiteEvalScore.Needle("a x\nb", "a b"));
        (PrecisionRecall score, int cited) = LCiteEvalScore.NeedleCitation("it [3][2][1][1]", ["no", "here", "here"], "here");
        Assert.Equal((1.0 / 3, 1.0, 3), (score.Precision, score.Recall, cited));
    }

    [Fact]
    public void LCiteEval_counts_stars()
    {
        string[] passages = ["x", "The little penguin counted 15 ★", "The little penguin counted 7 ★"];
        (double accuracy, PrecisionRecall citation) = LCiteEvalScore.CountingStars(
            "Sure {\"little_penguin\": [15, 8, 7], \"passage_id\": [2, 2, 1]}",
            passages);
        Assert.Equal((0.5, 0.5, 0.5), (accuracy, citation.Precision, citation.Recall));
        Assert.Equal((0.0, default(PrecisionRecall)), LCiteEvalScore.CountingStars("none", passages));
    }

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

    [Fact]
    public void LongIns_compares_sets_of_numbers()
    {
        Assert.Equal(0.8, LongInsScore.Score("[1-3]", [1, 2, 3]), 15);
        Assert.Equal(0, LongInsScore.Score("1", []));
        Assert.Equal(1, LongInsScore.Score("1", [], MetricMode.Clean));
    }

    [Fact]
    public void AdaLEval_reads_designations_and_orders()
    {
        Assert.Equal("A12", AdaLEvalAnswer.Best("A12", 12));
        Assert.Equal("A5", AdaLEvalAnswer.Best("A2, not A5", 6));
        Assert.Equal("???", AdaLEvalAnswer.Best("A2, not A5", 6, MetricMode.Clean));
        Assert.True(AdaLEvalAnswer.IsRightOrder("Answer: [3, 1, 2, 4]", [3, 1, 2, 4]));
        Assert.True(AdaLEvalAnswer.IsRightOrder("3 then 1, 2, 4", [3, 1, 2, 4]));
        Assert.True(AdaLEvalAnswer.IsRightOrder("[3]", [3, 1, 2, 4]));
        Assert.False(AdaLEvalAnswer.IsRightOrder("[3]", [3, 1, 2, 4], MetricMode.Clean));
    }

    [Fact]
    public void NeedleBench_gives_a_fifth_for_similar_text()
    {
        Assert.Equal(100, NeedleBenchScore.Version1("x key y", "a needle", "key"));
        Assert.Equal(10, NeedleBenchScore.Version1("ab", "a b c d", "key"), 12);
        Assert.Equal(0, NeedleBenchScore.Version2("ab", "key"));
        Assert.Equal(6, NeedleBenchScore.Distance("abcdzzde xxxxxx", "abcdzzde"));
        Assert.Equal(0, NeedleBenchScore.Distance("abcdzzde xxxxxx", "abcdzzde", trim: true));
        Assert.Equal(100, NeedleBenchScore.Trace(@"\boxed{A} so \boxed{\text{James  Hill}}", "James Hill"));
        Assert.Equal("None", NeedleBenchScore.TraceAnswer(@"\boxed{James"));
    }

    [Fact]
    public void LongGenBench_keeps_the_first_part_of_a_number()
    {
        SortedDictionary<BigInteger, string> blocks = LongGenerationBlocks.Parse("#*# Week 1: a#*# Week 1: b#*# none#*# Week 9", "Week");
        Assert.Equal(" Week 1: a", blocks[1]);
        Assert.Equal(50, LongGenerationBlocks.CompletionRate(blocks, 2));
    }
}
