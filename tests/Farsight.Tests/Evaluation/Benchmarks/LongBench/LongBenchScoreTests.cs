using Farsight.Evaluation.Benchmarks.LongBench;
using Farsight.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Benchmarks.LongBench;

/// <summary>Values computed by hand from the metrics' definitions.</summary>
public sealed class LongBenchScoreTests
{
    [Fact]
    public void Every_data_set_has_a_metric_and_an_empty_prediction_scores_nothing()
    {
        Assert.Equal(21, LongBenchScore.DataSets.Count);
        foreach (string set in LongBenchScore.DataSets)
        {
            string answer = set == "passage_retrieval_zh" ? "段落3" : "Paragraph 3";
            Assert.Equal(0, LongBenchScore.Score(set, "", [answer], [answer, "other"], new ByCharacter()));
            Assert.True(
                LongBenchScore.Score(set, set == "passage_count" ? "Paragraph 3" : answer, [answer], [answer, "other"], new ByCharacter())
                    > (set == "passage_count" ? -1 : 0.99),
                set);
        }
    }

    [Fact]
    public void An_unknown_data_set_is_a_mistake() => Assert.Throws<ArgumentException>(() => LongBenchScore.MetricOf("trec_e"));

    [Fact]
    public void F1_counts_shared_tokens_without_articles_and_punctuation()
    {
        PrecisionRecall score = TokenF1.OfAnswers("The big, red dog!", "a red dog barks");
        Assert.Equal(2.0 / 3, score.Precision);
        Assert.Equal(2.0 / 3, score.Recall);
        Assert.Equal(1, TokenF1.OfAnswers("x x y", ["none", "Y x X"]).F1);
    }

    [Fact]
    public void An_answer_of_articles_scores_only_in_clean_mode()
    {
        Assert.Equal(0, TokenF1.OfAnswers("A", "A").F1);
        Assert.Equal(1, TokenF1.OfAnswers("A", "A", MetricMode.Clean).F1);
        Assert.Equal(0, TokenF1.OfAnswers("", "").F1);
        Assert.Equal(1, TokenF1.OfAnswers("", "", MetricMode.Clean).F1);
    }

    [Fact]
    public void Classes_that_are_part_of_the_answer_are_dropped_by_the_official_program_only_in_part()
    {
        Assert.Equal(0.5, LongBenchClassification.Score("ABC", "ABC", ["A", "AB", "ABC"]));
        Assert.Equal(1, LongBenchClassification.Score("ABC", "ABC", ["A", "AB", "ABC"], MetricMode.Clean));
        Assert.Equal(0.5, LongBenchClassification.Score("cat or dog", "dog", ["cat", "dog", "cow"]));
        Assert.Equal(0, LongBenchClassification.Score("cat", "dog", ["cat", "dog"]));
    }

    [Fact]
    public void Rouge_counts_distinct_words_of_the_union_of_subsequences()
    {
        // LCS "the sat": 2 of 3 distinct words in both; F = 2·(4/9)/(4/3 + 1e-8).
        PrecisionRecall score = SentenceRouge.L("the cat sat", "the dog sat")!.Value;
        Assert.Equal(2.0 / 3, score.Precision);
        Assert.Equal(2 * (4.0 / 9) / ((4.0 / 3) + 1e-8), score.F1, 15);
        Assert.Equal(0.999999995, SentenceRouge.L("a b", "a b")!.Value.F1, 12);
        Assert.Null(SentenceRouge.L("...", "a"));
        Assert.Equal(0.5, SentenceRouge.N("a b c", "a b d", 2)!.Value.Recall);
        Assert.Equal(0.0, SentenceRouge.N("a", "a", 2)!.Value.F1);
    }

    [Fact]
    public void A_path_of_more_than_991_calls_scores_nothing_officially()
    {
        string Words(char letter, int count) => string.Join(' ', Enumerable.Range(0, count).Select(i => $"{letter}{i}"));
        string reference = Words('r', 10);
        // The path drops every other word of the longer text first: 980 steps, 10 matches, and the call that ends it.
        Assert.Equal(0, LongBenchRouge.Score($"{reference} {Words('p', 981)}", reference));
        Assert.True(LongBenchRouge.Score($"{reference} {Words('p', 980)}", reference) > 0);
        Assert.True(LongBenchRouge.Score($"{reference} {Words('p', 981)}", reference, MetricMode.Clean) > 0);
    }

    [Fact]
    public void Numbers_said_are_compared_as_text()
    {
        Assert.Equal(0.5, LongBenchNumbers.Count("3 or 4", "3"));
        Assert.Equal(0, LongBenchNumbers.Count("03", "3"));
        Assert.Equal(1, LongBenchNumbers.Retrieval("It is Paragraph 12.", "Paragraph 12"));
        Assert.Equal(1, LongBenchNumbers.RetrievalChinese("段落7", "段落7"));
    }

    [Fact]
    public void Code_is_the_first_line_without_comment_or_fence()
    {
        Assert.Equal("int x;", LongBenchCode.Line("\n```java\n// one\nint x;\nint y;"));
        Assert.Equal(0.75, LongBenchCode.Score("abcd", "bcde"));
        Assert.Equal(1, LongBenchCode.Score("# none", ""));
    }

    [Fact]
    public void Only_the_first_line_counts_on_four_sets()
    {
        Assert.Equal(1, LongBenchScore.Score("triviaqa", "\nParis\nQuestion: London", ["Paris"]));
        Assert.Equal(0.5, LongBenchScore.Score("hotpotqa", "\nParis\nQuestion: London", ["Paris"]));
    }

    sealed class ByCharacter : IWordSegmenter
    {
        public IReadOnlyList<string> Cut(string text) => [.. text.Select(c => c.ToString())];
    }
}
