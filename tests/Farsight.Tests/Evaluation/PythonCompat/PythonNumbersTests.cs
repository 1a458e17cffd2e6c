using System.Numerics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Tests.Evaluation.PythonCompat;

/// <summary>Every expected value is what CPython 3.11 gives.</summary>
public sealed class PythonNumbersTests
{
    [Theory]
    [InlineData(0.125, 2, 0.12)]
    [InlineData(2.675, 2, 2.67)]
    [InlineData(0.285, 2, 0.28)]
    [InlineData(41.665, 2, 41.66)]
    [InlineData(33.335, 2, 33.34)]
    [InlineData(1e22, 2, 1e22)]
    [InlineData(5e-324, 2, 0.0)]
    [InlineData(-0.375, 2, -0.38)]
    [InlineData(1.005, 2, 1.0)]
    [InlineData(12.345, 1, 12.3)]
    public void Decimals_round_from_the_exact_value_and_ties_to_even(double value, int digits, double expected) =>
        Assert.Equal(expected, PythonNumbers.Round(value, digits));

    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(1.5, 2)]
    [InlineData(2.5, 2)]
    [InlineData(-2.5, -2)]
    public void Whole_numbers_round_ties_to_even(double value, int expected) => Assert.Equal(expected, PythonNumbers.Round(value));

    [Theory]
    [InlineData(" 12 ", 12, 12.0)]
    [InlineData("1_0", 10, 10.0)]
    [InlineData("+5", 5, 5.0)]
    [InlineData("٣", 3, 3.0)]
    [InlineData("--5", null, null)]
    [InlineData("1.5", null, 1.5)]
    [InlineData("1e3", null, 1000.0)]
    [InlineData("inf", null, double.PositiveInfinity)]
    [InlineData("-Infinity", null, double.NegativeInfinity)]
    [InlineData("nan", null, double.NaN)]
    [InlineData("1__0", null, null)]
    [InlineData("_1", null, null)]
    [InlineData("", null, null)]
    [InlineData("0x1", null, null)]
    [InlineData("１.５", null, 1.5)]
    [InlineData(" 1 2", null, null)]
    [InlineData("1.", null, 1.0)]
    [InlineData(".", null, null)]
    [InlineData("e5", null, null)]
    [InlineData(".5", null, 0.5)]
    public void Numbers_are_read_as_python_reads_them(string text, int? whole, double? real)
    {
        Assert.Equal(whole, PythonNumbers.TryParseInt(text, out BigInteger integer) ? (int)integer : null);
        Assert.Equal(real, PythonNumbers.TryParseFloat(text, out double value) ? value : null);
    }
}
