using Farsight.Alignment.Training;

namespace Farsight.Tests.Alignment.Training;

public sealed class MetricSumsTests
{
    [Fact]
    public void A_measured_mean_has_its_standard_error_and_its_number_of_observations()
    {
        MetricSums sums = new();
        foreach (double value in (double[])[1, 2, 4, 9])
        {
            sums.Add("loss", value);
        }

        IReadOnlyDictionary<string, double> measured = sums.Measured();

        Assert.Equal(["loss", "loss_se", "loss_n"], measured.Keys);
        Assert.Equal(4, measured["loss"]);
        Assert.Equal(Math.Sqrt((9.0 + 4 + 0 + 25) / 3 / 4), measured["loss_se"], 12); // s / √n
        Assert.Equal(4, measured["loss_n"]);
    }

    [Fact]
    public void Weights_enter_the_standard_error_as_they_enter_the_mean()
    {
        MetricSums sums = new();
        sums.Add("loss", 1, 0.5);
        sums.Add("loss", 3, 0.5);
        sums.Add("loss", 5, 1);

        IReadOnlyDictionary<string, double> measured = sums.Measured();

        // Mean 3.5; residuals −2.5, −0.5 and 1.5 with weights 0.5, 0.5 and 1.
        Assert.Equal(3.5, measured["loss"]);
        Assert.Equal(Math.Sqrt(3.0 / 2 * (0.25 * 6.25 + 0.25 * 0.25 + 2.25)) / 2, measured["loss_se"], 12);
    }

    [Fact]
    public void A_single_observation_has_no_standard_error()
    {
        MetricSums sums = new();
        sums.Add("loss", 1);

        Assert.Equal(["loss"], sums.Measured().Keys);
    }
}
