using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.Helmet;

/// <summary>Tests the means of HELMET's categories.</summary>
public sealed class HelmetMeansTests
{
    // Tasks and scores by category; the scores of a category have the mean at the end.
    static readonly (string[] Tasks, double[] Scores, double Mean)[] s_categories =
    [
        (["helmet_json_kv", "niah_multikey_2", "niah_multikey_3", "niah_multivalue"], [1, 0.8, 0.6, 0.4], 0.7),
        (["helmet_rag_nq", "helmet_rag_triviaqa", "helmet_rag_hotpotqa", "helmet_rag_popqa"], [0.1, 0.2, 0.3, 0.4], 0.25),
        (["helmet_msmarco_rerank_psg"], [0.3], 0.3),
        (["helmet_icl_trec_coarse", "helmet_icl_trec_fine", "helmet_icl_banking77", "helmet_icl_clinic150", "helmet_icl_nlu"],
            [0.5, 0.5, 0.5, 0.5, 1], 0.6),
        (["helmet_alce_asqa", "helmet_alce_qampari"], [0, 0.1], 0.05),
        (["helmet_narrativeqa", "helmet_infbench_qa", "helmet_infbench_choice"], [0, 0.3, 0.6], 0.3),
        (["helmet_infbench_sum", "helmet_multi_lexsum"], [0.2, 0.4], 0.3),
    ];

    readonly IEvalTaskFamily _family = EvalTaskCatalog.Families.Single(f => f.Tasks.Any(t => t.Card.Name == "helmet_json_kv"));

    [Fact]
    public void The_overall_mean_is_that_of_seven_categories()
    {
        BenchmarkMean[] means = [.. _family.Means([.. s_categories.SelectMany(c => c.Tasks.Zip(c.Scores, Result))])];

        Assert.Equal(
            ["helmet recall", "helmet RAG", "helmet labels", "helmet citations", "helmet long questions", "helmet summaries", "helmet"],
            means.Select(m => m.Name));
        Assert.Equal(s_categories.Where(c => c.Tasks.Length > 1).Select(c => c.Mean), means[..6].Select(m => Math.Round(m.Mean, 12)));
        Assert.Equal(2.5 / 7, means[6].Mean, 12);
        Assert.Equal(21, means[6].Tasks.Count);
        Assert.All(means[6].Tasks, t => Assert.Equal(t, EvalTaskCatalog.Get(t).Card.Name));
    }

    [Fact]
    public void A_category_that_was_not_run_whole_has_no_mean_and_neither_has_the_benchmark()
    {
        TaskResult[] results = [.. s_categories.SelectMany(c => c.Tasks.Zip(c.Scores, Result)).Where(r => r.Task != "niah_multivalue")];

        Assert.Equal(
            ["helmet RAG", "helmet labels", "helmet citations", "helmet long questions", "helmet summaries"],
            _family.Means(results).Select(m => m.Name));
        Assert.Empty(_family.Means([Result("helmet_rag_nq", 1)]));
    }

    static TaskResult Result(string task, double mean) =>
        new(task, 1, "", "", null, new(new Dictionary<string, string>(), 1, 0, mean, null, null, new Dictionary<string, double>()), [], []);
}
