using Farsight.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Metrics;

public sealed class EditDistanceTests
{
    [Theory]
    [InlineData("kitten", "sitting", 3)] // k → s, e → i, + g
    [InlineData("", "abc", 3)]
    [InlineData("abc", "", 3)]
    [InlineData("", "", 0)]
    [InlineData("abc", "abc", 0)]
    [InlineData("ab", "ba", 2)]
    [InlineData("flaw", "lawn", 2)] // − f, + n
    [InlineData("a😀b", "ab", 1)] // one code point, two chars
    public void Distance_is_the_number_of_insertions_deletions_and_replacements(string a, string b, int distance)
    {
        Assert.Equal(distance, EditDistance.Levenshtein(a, b));
        Assert.Equal(distance, EditDistance.Levenshtein(b, a));
    }

    [Theory]
    [InlineData("ab", "ba", 0.5)] // 2·1 / 4
    [InlineData("abcd", "acd", 6.0 / 7)]
    [InlineData("lewenstein", "levenshtein", 18.0 / 21)] // leenstein
    [InlineData("😀", "😀a", 2.0 / 3)]
    [InlineData("a", "", 0)]
    [InlineData("", "", 1)]
    public void Ratio_is_twice_the_common_subsequence_over_both_lengths(string a, string b, double ratio) =>
        Assert.Equal(ratio, EditDistance.IndelRatio(a, b), 15);

    // 1 2 3 and 2 1 3 share 1 3 and 2 3: a match, a tie at which a token of x or of y is dropped, and a match.
    [Theory]
    [InlineData(true, "0 2")]
    [InlineData(false, "1 2")]
    public void A_tie_decides_which_subsequence_is_found(bool tieDropsX, string indices)
    {
        CommonSubsequence common = new([1, 2, 3], [2, 1, 3]);

        Assert.Equal(2, common.Length);
        Assert.Equal(indices, string.Join(' ', common.Indices(tieDropsX, out int taken)));
        Assert.Equal(3, taken);
    }

    [Fact]
    public void Equal_tokens_get_equal_numbers()
    {
        Dictionary<string, int> numbers = [];

        Assert.Equal([0, 1, 0], CommonSubsequence.Number(["a", "b", "a"], numbers));
        Assert.Equal([1, 2], CommonSubsequence.Number(["b", "c"], numbers));
    }
}
