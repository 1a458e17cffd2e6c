using Farsight.Alignment.Data;

namespace Farsight.Tests.Alignment.Data;

public sealed class WindowNoticeTests
{
    static readonly SampleTokens s_sample = new("a", [1], [[2, 3], [4]], [5, 6], [7, 8, 9], [[7], [7, 8, 9, 10]]);

    [Fact]
    public void Samples_whose_longest_sequence_fits_are_not_reported() => Assert.Null(WindowNotice.Of([s_sample], 10));

    [Fact]
    public void Longer_samples_are_counted_and_the_longest_is_named() =>
        Assert.Equal(
            "2 of 3 samples are longer than the window of the model (9 tokens); the longest, 'b', has 11. They are not cut. To extend the "
                + "window, set rope.",
            WindowNotice.Of([s_sample, s_sample with { Id = "b", Question = [5, 6, 7] }, s_sample with { Id = "c", Chunks = [] }], 9));
}
