using Farsight.Alignment.Training;

namespace Farsight.Tests.Alignment.Training;

public sealed class ExpertImbalanceTests
{
    [Fact]
    public void The_busiest_expert_of_each_layer_is_compared_with_the_mean_of_the_step() =>
        // 6 of 8 tokens over a mean of 2, and 2 of 8 over 2.
        Assert.Equal((3 + 1) / 2.0, TrainingLoop.Imbalance([[100, 0, 0, 0], [], [5, 5, 5, 5]], [[106, 1, 1, 0], [], [7, 7, 7, 7]]));

    [Fact]
    public void A_model_without_experts_has_no_imbalance() => Assert.Null(TrainingLoop.Imbalance([[], []], [[], []]));
}
