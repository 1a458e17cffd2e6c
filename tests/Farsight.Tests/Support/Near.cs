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
                Assert.Fail(
                    $"[{i}] of {actual.Length}: expected {expected[i]:R}, got {actual[i]:R}, "
                    + $"off by {Math.Abs(expected[i] - actual[i]):E2}, allowed {allowed:E2}.");
            }
        }
    }

    /// <summary>Compares with an allowance relative to the largest magnitude of all expected values.</summary>
    internal static void RelativeToLargest(IReadOnlyList<double> expected, ReadOnlySpan<float> actual, double relative, string what)
    {
        double largest = expected.Max(Math.Abs);
        Assert.True(expected.Count >= actual.Length, $"{what}: {expected.Count} expected, {actual.Length} given.");
        for (int i = 0; i < actual.Length; i++)
        {
            double error = Math.Abs(expected[i] - actual[i]);
            Assert.True(
                error <= relative * largest,
                $"{what} [{i}]: expected {expected[i]:R}, got {actual[i]:R}; "
                + $"off by {error / largest:E2} of the largest, allowed {relative:E0}.");
        }
    }
}
