using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Workflows.Timing.Importance;

namespace Farsight.Tests.Workflows.Timing.Importance;

/// <summary>The figures of docs/synthesis.md.</summary>
public sealed class ImportanceBenchmarkTests
{
    [Fact]
    public void Equal_scores_are_in_random_order()
    {
        RankCase one = new(["a", "b", "c", "d"], [new("q", "a", [2])]);

        Assert.Equal(
            new RankQuality(1, 0.25, 0.75, 1, (1 + (1 / 2.0) + (1 / 3.0) + (1 / 4.0)) / 4, 0, 1, 0),
            RankQuality.Of(
                [one],
                1,
                _ =>
                    [
                        [0, 0, 0, 0],
                    ]));
        Assert.Equal(
            new RankQuality(1, 0, 1, 1, (1 / 2.0 + 1 / 3.0) / 2, 1, 0, 3),
            RankQuality.Of(
                [one],
                1,
                _ =>
                    [
                        [5, 0, 1, 1],
                    ]));
    }

    [Fact]
    public void Facts_of_invented_documents_are_found_better_than_by_bm25()
    {
        IReadOnlyList<RankCase> cases = RankSets.Fiction(3, 7);

        Assert.InRange(Top1("evidence", cases), Math.Max(0.99, Top1("bm25", cases)), 1);
        Assert.InRange(cases.Sum(c => c.Questions.Count), 300, 1000);
    }

    [SharedFact("evaldata/ruler/squad_dev_plus_test_contexts.json.gz")]
    [Trait("Category", "Golden")]
    public void Paragraphs_of_squad_are_found_better_than_by_bm25()
    {
        IReadOnlyList<RankCase> cases = RankSets.Squad(SharedMaterial.PathOf("evaldata/ruler/squad_dev_plus_test_contexts.json.gz"));

        Assert.Equal(2910, cases.Sum(c => c.Questions.Count));
        Assert.InRange(Top1("evidence", cases), 0.965, 1);
        Assert.InRange(Top1("bm25", cases), 0.935, 0.95); // a weak baseline would make it easy
        RankCase[] unseen = [.. cases.Where((_, i) => i % 2 == 1)]; // its weights were set on the others
        Assert.InRange(Top1("evidence", unseen), Top1("bm25", unseen) + 0.02, 1);
    }

    [SharedFact("evaldata/ruler/hotpotqa_train100.json")]
    [Trait("Category", "Golden")]
    public void Both_paragraphs_of_hotpotqa_are_found_better_than_by_bm25()
    {
        string[] files = ["hotpotqa_dev_distractor_first100.json", "hotpotqa_train100.json"];
        RankCase[] unseen =
        [
            .. files.SelectMany(f => RankSets.Hotpot(SharedMaterial.PathOf($"evaldata/ruler/{f}"))).Where((_, i) => i % 2 == 1),
        ];

        Assert.InRange(Top1("bm25", unseen), 0.75, 1);
        Assert.InRange(Top1("evidence", unseen), Top1("bm25", unseen) + 0.02, 1);
    }

    [SharedFact("evaldata/liconbench/fewnerd_test_1800.json.gz")]
    [Trait("Category", "Golden")]
    public void Names_are_those_that_people_marked()
    {
        SpanQuality quality = SpanQuality.OfFewNerd(SharedMaterial.PathOf("evaldata/liconbench/fewnerd_test_1800.json.gz"));

        Assert.Equal((1801, 5894), (quality.Sentences, quality.Marked));
        Assert.InRange(quality.F1, 0.72, 1);
        Assert.InRange((double)quality.MarkedTouched / quality.Marked, 0.93, 1);
    }

    static double Top1(string scorer, IReadOnlyList<RankCase> cases) => RankQuality.Of(cases, 1, c =>
    {
        IChunkScores read = ChunkScorers.Open(scorer).Read(c.Chunks, CancellationToken.None);
        return c.Questions.Select(q => read.Scores(q.Question, q.Answer, CancellationToken.None));
    }).Top1;
}
