using Farsight.Engine.Numerics;
using Farsight.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Metrics;

/// <summary>Comparisons of a completion with right answers; every score is counted by hand.</summary>
public sealed class AnswerMatchTests
{
    [Theory]
    [InlineData("The Cat, an owl!", "cat owl")]
    [InlineData("a.b  the\tc", "ab c")]
    [InlineData("The A", "")]
    [InlineData("then anna", "then anna")]
    public void Answers_are_compared_without_case_punctuation_and_articles(string text, string normalized) =>
        Assert.Equal(normalized, AnswerText.Normalize(text));

    [Fact]
    public void Normalized_text_keeps_its_case_or_loses_its_spaces_where_a_benchmark_asks_for_it()
    {
        Assert.Equal("Big Cat", AnswerText.NormalizeKeepingCase("a Big, the Cat."));
        Assert.Equal("你好ab", AnswerText.NormalizeChinese("你 好，A。b!"));
    }

    [Fact]
    public void A_text_of_articles_has_tokens_in_clean_mode_only()
    {
        Assert.Empty(AnswerText.Tokens("The!"));
        Assert.Equal(["the"], AnswerText.Tokens("The!", MetricMode.Clean));
        Assert.Equal(["cat"], AnswerText.Tokens("the cat", MetricMode.Clean));
        Assert.Equal(["cat"], AnswerText.Tokens("the cat"));
    }

    [Fact]
    public void F1_counts_a_token_as_often_as_both_have_it()
    {
        Assert.Equal(2, CommonElements.Count(["a", "b", "b"], ["b", "b", "b", "c"]));
        Assert.Equal(new(1, 0.5, 2.0 / 3), TokenF1.Of(["b", "b"], ["b", "b", "b", "c"]));
        Assert.Equal(default, TokenF1.Of([], []));
        Assert.Equal(default, TokenF1.Of(["a"], ["b"]));
    }

    [Fact]
    public void Answers_that_normalize_to_nothing_score_0_and_in_clean_mode_1()
    {
        Assert.Equal(default, TokenF1.OfAnswers("", ""));
        Assert.Equal(new(1, 1, 1), TokenF1.OfAnswers("", "!", MetricMode.Clean));
        Assert.Equal(default, TokenF1.OfAnswers("A", "a"));
        Assert.Equal(new(1, 1, 1), TokenF1.OfAnswers("A", "a", MetricMode.Clean));
        Assert.Equal(default, TokenF1.OfAnswers("b c", "d e", MetricMode.Clean));
        Assert.Equal(default, TokenF1.OfAnswers("", "d", MetricMode.Clean));
    }

    [Fact]
    public void The_best_answer_counts_for_precision_recall_and_F1_separately()
    {
        // Against "x y z w": P = 1, R = 1/2, F1 = 2/3; against "x": P = 1/2, R = 1, F1 = 2/3; against "q": 0.
        Assert.Equal(new(1, 1, 2.0 / 3), TokenF1.OfAnswers("x y", ["x y z w", "x", "q"]));
        Assert.Equal(default, TokenF1.OfAnswers("x", (IReadOnlyList<string>)[]));
        Assert.Equal(new(0.9, 0.8, 0.7), PrecisionRecall.Best(new(0.9, 0.1, 0.2), new(0.3, 0.8, 0.7)));
    }

    [Fact]
    public void Characters_are_code_points_without_punctuation()
    {
        Assert.Equal(1, TokenF1.OfCharacters("中文。", ["x", "中 文"]));
        Assert.Equal(2.0 / 3, TokenF1.OfCharacters("中", ["中😀"]), 15);
        Assert.Equal(0, TokenF1.OfCharacters("中", []));
    }

    [Theory]
    [InlineData("the cat sat", "cat", true)]
    [InlineData("cat", "cat", true)]
    [InlineData("concat", "cat", false)]
    [InlineData("cats", "cat", false)]
    [InlineData("cat_1", "cat", false)]
    [InlineData("concat cats cat!", "cat", true)]
    [InlineData("xa a a", "a a", true)] // the second occurrence overlaps the first
    [InlineData("dog", "cat", false)]
    [InlineData("x", "", false)]
    [InlineData("", "", false)]
    public void A_phrase_occurs_as_whole_words_only(string text, string phrase, bool occurs) =>
        Assert.Equal(occurs, WholeWords.Occur(text, phrase));

    [Fact]
    public void A_completion_is_one_of_the_answers_or_not()
    {
        Assert.Equal(1, TextMatch.Exact(" 42\n", ["41", "42 "]));
        Assert.Equal(0, TextMatch.Exact("4 2", ["42"]));
        Assert.Equal(0, TextMatch.Exact("42", []));
    }

    [Theory]
    [InlineData("48210", 0)]
    [InlineData("x4821", 0)]
    [InlineData("4821x", 0)]
    [InlineData("4821_", 0)]
    [InlineData("4821\U0001D7E1", 0)] // a digit beyond the basic plane
    [InlineData("4821", 1)]
    [InlineData("is 4821.", 1)]
    [InlineData("48214821 4821", 1)]
    [InlineData("", 0)]
    public void A_value_is_found_as_a_whole_number_only(string completion, double share) =>
        Assert.Equal(share, TextMatch.ShareFound(completion, ["4821"]));

    [Fact]
    public void The_share_of_values_found_counts_each_value_once()
    {
        Assert.Equal(0.25, TextMatch.ShareFound("7 7 7", ["7", "8", "9", "10"]));
        Assert.Equal(1, TextMatch.ShareFound("xa a a", ["a a"])); // the second occurrence overlaps the first
        Assert.Throws<ArgumentException>("values", () => TextMatch.ShareFound("7", []));
    }

    [Fact]
    public void Sentences_end_at_a_mark_before_a_capital_and_not_behind_a_title()
    {
        Assert.Equal(
            ["Mr. Smith went.", "He left!", "“Why?”", "No one knew 3.14 then"],
            Sentences.Of("Mr. Smith  went. He\nleft! “Why?” \n \nNo one knew 3.14 then"));
        Assert.Equal(["A. B. Cole said so."], Sentences.Of("A. B. Cole said so."));
        Assert.Empty(Sentences.Of(" \n\n "));
    }
}
