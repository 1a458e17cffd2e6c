using Farsight.Alignment.Corpus;

namespace Farsight.Tests.Alignment.Corpus;

public sealed class WrappedLinesTests
{
    [Theory]
    [InlineData("It was the best\nof times.", "It was the best of times.")]
    [InlineData("one  \r\n   two", "one two")]
    [InlineData("End.\n\nNew paragraph\ngoes on.", "End.\n\nNew paragraph goes on.")]
    [InlineData("a\n\n\nb\n", "a\n\n\nb\n")]
    public void Single_breaks_become_spaces_and_paragraphs_stay(string wrapped, string joined) =>
        Assert.Equal(joined, WrappedLines.Join(wrapped));
}
