using Farsight.Evaluation.PythonCompat;

namespace Farsight.Tests.Evaluation.PythonCompat;

/// <summary>Every expected value is what CPython 3.11's difflib gives.</summary>
public sealed class SequenceMatcherTests
{
    [Theory]
    [InlineData("abcd", "bcde", 0.75)]
    [InlineData("", "", 1.0)]
    [InlineData("a", "", 0.0)]
    [InlineData("😀a", "😀b", 0.5)]
    [InlineData("private Thread currentThread;", "private volatile Thread currentThread;", 0.8656716417910447)]
    public void Ratio_is_difflibs(string a, string b, double expected) => Assert.Equal(expected, SequenceMatcher.Ratio(a, b));

    [Fact]
    public void Frequent_characters_of_a_long_text_start_no_block()
    {
        string Repeat(string s) => string.Concat(Enumerable.Repeat(s, 150));
        Assert.Equal(0, SequenceMatcher.Ratio(Repeat("ab"), Repeat("ba")));
        Assert.Equal(0.011857707509881422, SequenceMatcher.Ratio(new string('x', 250) + "abc", "abc" + new string('x', 250)));
    }
}
