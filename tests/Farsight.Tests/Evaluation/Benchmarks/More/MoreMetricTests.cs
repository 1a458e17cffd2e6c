using System.Text.Json;
using Farsight.Evaluation.Benchmarks.FailSafeQa;
using Farsight.Evaluation.Benchmarks.GraphWalks;
using Farsight.Evaluation.Benchmarks.HoloBench;
using Farsight.Evaluation.Benchmarks.Judged;
using Farsight.Evaluation.Benchmarks.LongProc;
using Farsight.Evaluation.Benchmarks.M4le;
using Farsight.Evaluation.Benchmarks.Mrcr;
using Farsight.Evaluation.Benchmarks.NitiBench;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;
using Farsight.Tests.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Benchmarks.More;

/// <summary>Cases worked out by hand, which a clone without the shared material checks as well.</summary>
public sealed class MoreMetricTests
{
    [SharedFact("evaldata/more/longproc_travel_planning.json")]
    public void The_search_for_a_travel_plan_is_written_as_the_official_program_writes_it()
    {
        string expected = EvalGoldens.Json("evaldata/more/longproc_travel_planning.json").GetProperty("cases").EnumerateArray()
            .Select(c => c.GetProperty("input"))
            .First(i => i.TryGetProperty("variant", out JsonElement v) && v.GetString() == "full").GetProperty("output").GetString()!;

        Assert.Equal(expected.Trim(), TravelSearch.Procedure(new(JsonElement.Parse("""
            {"num_cities": 3, "total_days": 10, "constraints": [
              {"type": "duration", "city": "Turin", "num_days": 3}, {"type": "duration", "city": "Riga", "num_days": 4},
              {"type": "duration", "city": "Porto", "num_days": 5}, {"type": "fixed", "city": "Porto", "start_day": 6, "end_day": 10}],
             "connected_cities": [["Turin", "Riga"], ["Riga", "Turin"], ["Turin", "Porto"]]}
            """), "the test")));
    }

    [Theory]
    [InlineData("Final Answer: [a, , c,]", 2, 0.5)] // "Final Answer: [a" and c: one of two, of two right ones
    [InlineData("Final Answer: []", 1, 0)]
    public void An_empty_node_of_a_walk_does_not_count_by_any_rule(string response, int named, double cardF1)
    {
        string[] gold = ["a", "c"];

        Assert.Equal(named, GraphWalksScore.ByCard(response)!.Count);
        Assert.Equal(cardF1, GraphWalksScore.F1(GraphWalksScore.ByCard(response), gold));
        Assert.Equal(2 * cardF1, GraphWalksScore.F1(GraphWalksScore.Strict(response), gold));
    }

    [Fact]
    public void Progress_of_a_procedure_counts_one_line_less_officially()
    {
        string procedure = "<Solving Procedure>\nOne.\nTwo.\nThree.";

        Assert.Equal(0.75, TravelPlan.Progress(procedure, procedure));
        Assert.Equal(1, TravelPlan.Progress(procedure, procedure, MetricMode.Clean));
        Assert.Equal(0.5, TravelPlan.Progress("<Solving Procedure>\nOne.\nOther.", procedure));
    }

    [Fact]
    public void Of_two_citations_that_entail_together_only_the_needed_one_counts()
    {
        EntailedCitations citations = new(["Ann ran and Bo sat [1][2]."], ["Passage: Ann ran and Bo sat.", "Passage: It rained."]);
        List<string> premises = [];

        foreach ((string premise, string claim) in citations.Questions(() => premises[^1].Contains("Ann", StringComparison.Ordinal)))
        {
            premises.Add(premise);
            Assert.Equal("Ann ran and Bo sat.", claim);
        }

        Assert.Equal(4, premises.Count); // together, the first, the second, and the first without the second
        Assert.Equal((1, 0.5), (citations.Score!.Value.Recall, citations.Score.Value.Precision));
    }

    [Theory]
    [InlineData("Entailment.", true)]
    [InlineData("Not a contradiction; neutral", false)]
    [InlineData("yes", null)]
    public void The_last_label_of_a_reply_is_the_judgment(string reply, bool? expected) =>
        Assert.Equal(expected, CitationTask.Read(reply));

    [Fact]
    public void The_official_means_of_citations_leave_out_answers_without_a_sentence()
    {
        using TaskData data = new();
        new Helmet.HelmetFixture().Write(data);
        IJudgedTask task = (IJudgedTask)EvalTaskCatalog.Get("helmet_alce_asqa");
        EvalExample example = task.Examples(data.Setting).First();
        EvalScore cited = task.Score(example, ["A dog [1]."], ["entailment"])!, empty = task.Score(example, [""], [])!;

        EvalScore all = ((IAggregatedTask)task).Aggregate([new("a", example.Groups, cited), new("b", example.Groups, empty)]);

        Assert.Equal((1, 0, 0.5), (cited.Value, empty.Value, all.Value));
        Assert.Equal((0.5, 1), (all.Beside["citation recall"], all.Beside["official citation recall"]));
        Assert.Equal((0.5 + 1 + 1) / 3, all.Beside["official"], 12); // half of the answers, and the citations of the one with a sentence
    }

    [Fact]
    public void Citations_of_laws_are_averaged_over_items_as_well_and_a_law_that_is_asked_twice_counts_once_in_a_failure()
    {
        IAggregatedTask task = (IAggregatedTask)EvalTaskCatalog.Get("nitibench_tax");
        EvalExample example = new("x", EvalPrompt.Of("?"), ["right"], 1)
        {
            Details = new Dictionary<string, IReadOnlyList<string>> { ["laws"] = ["L", "L"], ["sections"] = ["1", "1"] },
        };
        EvalScore Cited(string citations) => ((IJudgedTask)task).Score(
            example, [$$"""{"answer": "a", "citations": {{citations}}}"""], """{"coverage": "full-coverage"}""")!;

        EvalScore all = task.Aggregate(
        [
            new("a", example.Groups, Cited("""[{"law": "L", "section": "1"}]""")),
            new(
                "b", example.Groups, Cited("""[{"law": "L", "section": "2"}, {"law": "L", "section": "3"}, {"law": "M", "section": 4}]""")),
        ]);

        Assert.Equal(1, task.Failure(example).Beside["citations asked"]);
        Assert.Equal(0.5, all.Beside["macro citation F1"], 12);
        Assert.Equal(2 * 0.25 * 0.5 / 0.75, all.Beside["citation F1"], 12); // one right of four cited and two asked
    }

    [Theory]
    [InlineData("B", true)]
    [InlineData("(B) the butler", true)]
    [InlineData("B. The butler", true)]
    [InlineData("B man walked in. Answer: A", false)]
    [InlineData("A man walked in. Answer: B", true)]
    [InlineData("B man walked in.", false)]
    [InlineData("Reasons.\n答案：B", true)]
    public void A_detective_is_right_by_a_letter_alone_or_behind_the_word_answer(string reply, bool expected)
    {
        IGeneratedTask task = (IGeneratedTask)EvalTaskCatalog.Get("detectiveqa_en_answers");

        Assert.Equal(expected ? 1 : 0, task.Score(new EvalExample("x", EvalPrompt.Of("?"), ["B"], 1), reply).Value);
    }

    [Fact]
    public void Sections_are_cut_to_their_numbers_and_the_program_swaps_precision_and_recall()
    {
        Assert.Equal(new LawSection("Law", "12/1"), LawCitations.Cut("Law", "12/1 วรรคสอง"));
        Assert.Equal(new LawSection("ประมวลรัษฎากร", "บัญชีอัตราอากรแสตมป์ 4"), LawCitations.Cut("บัญชีอัตราอากรแสตมป์", "ลำดับ 4"));
        Assert.Equal((0.5, 1), (LawCitations.Of(1, 1, 2).Precision, LawCitations.Of(1, 1, 2).Recall)); // one right of one, of two asked
        Assert.Equal(1, LawCitations.Of(1, 1, 2, MetricMode.Clean).Precision);
    }

    [Fact]
    public void The_safety_judge_gets_risks_and_summary_swapped_in_the_official_mode_only()
    {
        using TaskData data = new();
        new LongSafety.LongSafetyFixture().Write(data);
        foreach ((string mode, string summary) in (ReadOnlySpan<(string, string)>)[("official", "RISKS"), ("clean", "SUMMARY")])
        {
            IJudgedTask task = (IJudgedTask)EvalTaskCatalog.Get($"longsafety_{mode}");
            EvalExample example = task.Examples(data.Setting).First();

            string asked = task.JudgeNext(example, ["one", "two"], ["RISKS", "SUMMARY"])![0].Content;

            Assert.Contains($"Summary of the context: {summary}", asked);
            Assert.Contains("Response: one", asked);
        }
    }

    [Fact]
    public void BLEU_over_texts_is_the_geometric_mean_of_the_clipped_shares_times_brevity()
    {
        M4leRule rule = new(M4leMetric.Bleu, IsChinese: false, []);

        Assert.Equal(1, CorpusBleu.Of([rule.Counts("a b c d e", ["a b c d e"])]), 12);
        // n-grams 5/5, 4/4, 3/3, 2/2 of 5 tokens, reference of 10
        Assert.Equal(Math.Exp(-1), CorpusBleu.Of([rule.Counts("a b c d e", ["a b c d e f g h i j"])]), 12);
        Assert.Equal(0, CorpusBleu.Of([rule.Counts("a b c", ["a b c"])]));
        Assert.Equal(["Hello", ",", "it", "costs", "3.50", "!"], CorpusBleu.Tokens("Hello, it costs 3.50!", isChinese: false));
        Assert.Equal(["红", "狗", "ok"], CorpusBleu.Tokens("红狗ok", isChinese: true));
    }

    [Fact]
    public void Recall_of_the_Chinese_package_counts_repeated_words() =>
        Assert.Equal(2 / 3.0, SentenceRouge.WholeL("甲 乙", "甲 乙 乙")!.Value.Recall, 12);

    [Fact]
    public void Robustness_and_grounding_combine_with_more_weight_on_grounding()
    {
        Assert.Equal(1.25 * 0.8 * 0.5 / ((0.25 * 0.5) + 0.8), FailSafeQuestions.Combined(0.8, 0.5), 12);
        Assert.Equal(0, FailSafeQuestions.Combined(0, 0));
    }

    [Fact]
    public void Rows_are_mixed_with_half_of_the_other_list_as_in_the_official_program() =>
        Assert.Equal(["a", "m1", "m2"], HoloBenchMerge.Merge(["m1", "m2"], ["a"], "middle"));

    [Fact]
    public void An_answer_without_the_random_string_scores_nothing() => Assert.Equal(0, MrcrScore.Grade(" x1poem", "x1poem", "x1"));

    [Fact]
    public void The_last_object_of_a_reply_is_read_and_objects_inside_it_are_not()
    {
        DataRecord last = JsonReply.LastObject("""{"a": 1} then {"b": {"c": 2}} {oops""")!;

        Assert.True(last.Has("b"));
        Assert.Null(JsonReply.LastObject("none"));
        Assert.Equal(2, JsonReply.LastList("""Sure: [{"id": 1}, {"id": 2}].""")!.Count);
    }
}
