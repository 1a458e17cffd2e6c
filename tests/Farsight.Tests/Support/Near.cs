namespace Farsight.Tests.Support;

static class Near
{
    internal static void Each(IReadOnlyList<double> expected, ReadOnlySpan<float> actual, double relative, double absolute = 1e-6)
    {
        Assert.Equal(expected.Count, actual.Length);
        for (int i = 0; i < actual.Length; i++)
        {
            double allowed = absolute + relative * Math.Abs(expected[i]);
            if (!(Math.Abs(expected[i] - actual[i]) <= allowed)) // written so that NaN fails
            {
                Assert.Fail($"[{i}] of {actual.Length}: expected {expected[i]:R}, got {actual[i]:R}, off by {Math.Abs(expected[i] - actual[i]):E2}, allowed {allowed:E2}.");
            }
        }
    }
}
