using Farsight.Evaluation.Benchmarks.LooGle;
using Farsight.Evaluation.Benchmarks.Niah;
using Farsight.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Metrics;

/// <summary>Values computed by hand from the definitions.</summary>
public sealed class RougeTests
{
    [Fact]
    public void Googles_tokens_are_ascii_letters_and_digits()
    {
        Assert.Equal(["r", "sum", "3", "14", "run"], GoogleRouge.Tokens("Résumé 3.14 RUNNING", stem: true)[..5]);
        Assert.Equal(["was", "wast"], GoogleRouge.Tokens("was wasted", stem: true)); // three letters keep their suffix
        Assert.Equal(default, GoogleRouge.N("中文", "中文", 1));
    }

    [Fact]
    public void Googles_rouge_counts_repeated_words()
    {
        PrecisionRecall one = GoogleRouge.N("the the cat", "the cat the dog", 1);
        Assert.Equal((0.75, 1.0), (one.Precision, one.Recall));
        PrecisionRecall two = GoogleRouge.N("a b c", "a b d", 2);
        Assert.Equal((0.5, 0.5, 0.5), (two.Precision, two.Recall, two.F1));
        Assert.Equal(2.0 / 3, GoogleRouge.L("a b c", "a c b").F1, 15);
    }

    [Fact]
    public void Summaries_are_compared_sentence_by_sentence()
    {
        // Lin's example: w1 w2 w3 w4 w5 against "w1 w2 w6 w7 w8" and "w1 w3 w8 w9 w5"; the union has 4 of 5.
        PrecisionRecall sum = GoogleRouge.LSum("w1 w2 w3 w4 w5", "w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5");
        Assert.Equal((0.4, 0.8), (sum.Precision, sum.Recall));
        Assert.Equal(default, GoogleRouge.LSum("", "x"));
    }

    [Fact]
    public void The_package_rouge_counts_distinct_words_and_ends_sentences_at_every_dot()
    {
        // "a b" and "c" against "a c d": 2 of 3 distinct words each; one of the bigrams "a b", "b c" and of "a c", "c d": none.
        PrecisionRecall one = SentenceRouge.N("a b. c", "a c d", 1)!.Value;
        Assert.Equal((2.0 / 3, 2.0 / 3), (one.Precision, one.Recall));
        Assert.Equal(2.0 / 3, one.F1, 1e-8);
        Assert.Equal(default, SentenceRouge.N("a b. c", "a c d", 2)!.Value);
        Assert.Equal((1.0, 0.5), (SentenceRouge.N("b a", "b a b", 2)!.Value.Precision, SentenceRouge.N("b a", "b a b", 2)!.Value.Recall));
        Assert.Null(SentenceRouge.N("", "a", 1));
        Assert.Null(SentenceRouge.N("a", "..", 1));
    }

    [Fact]
    public void The_package_rouge_unites_the_subsequences_of_all_pairs_of_sentences()
    {
        // Lin's example: the union of w1 w2 and w1 w3 w5 has 4 of 5 words; the candidate has 8 distinct words.
        PrecisionRecall sum = SentenceRouge.L("w1 w2 w6 w7 w8. w1 w3 w8 w9 w5", "w1 w2 w3 w4 w5")!.Value;
        Assert.Equal((0.5, 0.8), (sum.Precision, sum.Recall));
        Assert.Equal(0.8 / 1.3, sum.F1, 1e-8);
        Assert.Null(SentenceRouge.L("", "a"));
        Assert.Null(SentenceRouge.L("a", "."));
        // Three steps reach the border, and the call for the border itself is the fourth.
        Assert.NotNull(SentenceRouge.L("a b c", "a b c", recursionLimit: 4));
        Assert.Null(SentenceRouge.L("a b c", "a b c", recursionLimit: 3));
    }

    [Theory]
    [InlineData("caresses", "caress")]
    [InlineData("ponies", "poni")]
    [InlineData("dies", "die")]
    [InlineData("hopping", "hop")]
    [InlineData("filing", "file")]
    [InlineData("enjoy", "enjoy")]
    [InlineData("happily", "happili")]
    [InlineData("geology", "geolog")]
    [InlineData("skies", "sky")]
    [InlineData("as", "as")]
    [InlineData("died", "die")]
    [InlineData("denied", "deni")]
    [InlineData("feed", "feed")]
    [InlineData("agreed", "agre")]
    [InlineData("conflated", "conflat")]
    [InlineData("troubled", "troubl")]
    [InlineData("sized", "size")]
    [InlineData("failing", "fail")]
    [InlineData("crying", "cri")]
    [InlineData("yielding", "yield")]
    [InlineData("bys", "by")]
    [InlineData("used", "use")]
    [InlineData("boxed", "box")]
    [InlineData("snowed", "snow")]
    [InlineData("playing", "play")]
    [InlineData("ally", "alli")]
    [InlineData("conditionally", "condit")]
    [InlineData("logy", "logi")]
    public void Stems_follow_porters_rules_and_nltks_extensions(string word, string stem) => Assert.Equal(stem, PorterStemmer.Stem(word));

    [Fact]
    public void A_needle_is_found_when_more_than_half_of_its_words_are_said()
    {
        Assert.False(OriginalNeedle.IsFound("eat a sandwich now", "eat a"));
        Assert.True(OriginalNeedle.IsFound("eat a sandwich now", "He eats a sandwich."));
    }

    [Fact]
    public void Bleu_punishes_short_texts_and_counts_a_word_no_more_often_than_the_reference()
    {
        Assert.Equal(Math.Exp(-1), Bleu.Score(["a", "b", "c", "d"], ["a", "b"], [1]), 15);
        Assert.Equal(1.0 / 3, Bleu.Score(["a", "b"], ["a", "a", "a"], [1]), 15);
        Assert.Equal(0, Bleu.Score(["a"], ["b"], [1]));
        Assert.Equal(0, Bleu.Score(["a"], [], [1]));
        Assert.True(Bleu.Score(["a", "b"], ["a", "c"], [0, 1]) is > 0 and < 1e-300);
    }
}
