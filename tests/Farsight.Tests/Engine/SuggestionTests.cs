using Farsight.Engine;

namespace Farsight.Tests.Engine;

public sealed class SuggestionTests
{
    static readonly string[] s_known = ["steps", "batch_size", "micro_batch_tokens", "seed", "logo", "lm"];

    [Theory]
    [InlineData("stpes", "steps")]
    [InlineData("Steps", "steps")]
    [InlineData("batch-size", "batch_size")]
    [InlineData("microbatch_token", "micro_batch_tokens")]
    [InlineData("lgoo", "logo")]
    [InlineData("learning_rate", null)]
    [InlineData("xy", null)]
    [InlineData("", null)]
    public void The_nearest_known_word_is_found_if_it_is_near(string word, string? nearest) =>
        Assert.Equal(nearest, Suggestion.Nearest(word, s_known));

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("ab", "ba", 1)]
    [InlineData("ca", "abc", 3)]
    public void Exchanged_neighbors_count_as_one_error(string a, string b, int distance) =>
        Assert.Equal(distance, Suggestion.Distance(a, b));

    [Fact]
    public void A_message_gets_a_question_or_nothing()
    {
        Assert.Equal(" Did you mean 'seed'?", Suggestion.Question("sead", s_known));
        Assert.Equal("", Suggestion.Question("temperature", s_known));
    }
}
