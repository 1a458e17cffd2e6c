using Farsight.Alignment.Objectives;

namespace Farsight.Tests.Alignment.Objectives;

public sealed class LogisticTests
{
    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1, 0.73105857863000488)] // 1/(1 + 1/e)
    [InlineData(-1, 0.26894142136999512)]
    [InlineData(800, 1)]
    public void The_logistic_function_has_its_values(double z, double value)
    {
        Assert.Equal(value, Logistic.Sigmoid(z), 1e-15);
        Assert.Equal(Math.Log(value), Logistic.LogSigmoid(z), 1e-15);
    }

    [Fact]
    public void The_logistic_function_of_a_far_negative_margin_is_its_exponential()
    {
        Assert.Equal(Math.Exp(-740), Logistic.Sigmoid(-740)); // e^740 is above the largest double
        Assert.Equal(-740, Logistic.LogSigmoid(-740));
    }
}
