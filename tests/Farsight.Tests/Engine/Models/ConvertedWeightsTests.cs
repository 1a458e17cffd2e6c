using Farsight.Engine;
using Farsight.Engine.Kernels;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Engine.Models;

public sealed class ConvertedWeightsTests
{
    public static TheoryData<NumberFormat> Formats =>
        [NumberFormat.F32, NumberFormat.BF16, NumberFormat.F16, NumberFormat.Q8_0, NumberFormat.Q4_0];

    [Theory, MemberData(nameof(Formats))]
    public void Every_row_is_rounded_to_the_format(NumberFormat format)
    {
        RandomWeights inner = new(seed: 3);
        using ConvertedWeights converted = new(inner, format);

        WeightMatrix expected = inner.Matrix("a.weight", 37, 96), actual = converted.Matrix("a.weight", 37, 96);

        float[] values = new float[96], rounded = new float[96], read = new float[96];
        byte[] stored = new byte[format.BytesOf(96)];
        for (int row = 0; row < 37; row++)
        {
            expected.Read(row, 0, values);
            Narrow.FromFloat(format, values, stored);
            Widen.ToFloat(format, stored, rounded);
            actual.Read(row, 0, read);
            Assert.Equal(rounded, read);
        }
    }

    [Theory]
    [InlineData("model.layers.0.mlp.gate.weight", true)]
    [InlineData("model.layers.0.block_sparse_moe.gate.weight", true)]
    [InlineData("model.layers.0.mlp.gate_proj.weight", false)]
    public void Routers_stay_as_they_are(string name, bool stays)
    {
        RandomWeights inner = new(seed: 3);
        using ConvertedWeights converted = new(inner, NumberFormat.Q4_0);
        float[] expected = new float[96], actual = new float[96];

        inner.Matrix(name, 4, 96).Read(3, 0, expected);
        converted.Matrix(name, 4, 96).Read(3, 0, actual);

        Assert.Equal(stays, expected.SequenceEqual(actual));
    }

    [Fact]
    public void Vectors_stay_as_they_are()
    {
        using ConvertedWeights converted = new(new RandomWeights(seed: 3), NumberFormat.Q4_0);

        Assert.Equal(Enumerable.Repeat(1f, 7), converted.Vector("a.norm.weight", 7).Span.ToArray());
    }

    [Fact]
    public void Rows_that_are_no_whole_blocks_are_refused_by_name()
    {
        using ConvertedWeights converted = new(new RandomWeights(seed: 3), NumberFormat.Q8_0);

        Assert.Contains(
            "a.weight has rows of 40",
            Assert.Throws<InputException>(() => converted.Matrix("a.weight", 2, 40)).Message,
            StringComparison.Ordinal);
    }
}
