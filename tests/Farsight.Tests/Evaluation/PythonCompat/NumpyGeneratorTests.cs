using Farsight.Evaluation.PythonCompat;

namespace Farsight.Tests.Evaluation.PythonCompat;

public sealed class NumpyGeneratorTests
{
    // What numpy.random.default_rng(seed).permutation(count) gives.
    [Theory]
    [InlineData(42, new[] { 5, 6, 0, 7, 3, 2, 4, 9, 1, 8 })]
    [InlineData(3, new[] { 4, 2, 1, 3, 0 })]
    [InlineData(1, new[] { 0 })]
    [InlineData(1, new int[0])]
    public void A_permutation_is_that_of_NumPy(ulong seed, int[] expected) =>
        Assert.Equal(expected, new NumpyGenerator(seed).Permutation(expected.Length));

    [Fact]
    public void A_shuffled_data_set_begins_as_the_documentation_of_datasets_shows()
    {
        // The first 533 of 1,066 have the label 1.
        int[] labels = [.. new NumpyGenerator(42).Permutation(1066).Take(10).Select(i => i < 533 ? 1 : 0)];

        Assert.Equal([1, 0, 1, 1, 0, 0, 0, 0, 0, 0], labels);
    }
}
