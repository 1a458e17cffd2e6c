using Farsight.Engine.Models;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Distributed;

public sealed class RankTrafficTests
{
    const long Gradients = 1000;

    // Keys and values of a token in F32: 2 · 4 · 2 heads · 8, in 2 layers.
    const int KeyBytes = 2 * 4 * 2 * 8 * 2;

    static readonly int[] s_trees = [100, 300, 200];

    [Fact]
    public void One_process_sends_nothing() =>
        Assert.Equal(new RankTraffic(0, 0), Of(1, 1, Recomputation.None));

    [Theory]
    [InlineData(Recomputation.None, 3), InlineData(Recomputation.Mlp, 3)]
    [InlineData(Recomputation.Layer, 4), InlineData(Recomputation.RoundedLayer, 4)]
    public void Context_ranks_exchange_keys_and_values_of_all_trees_and_add_gradients_once(Recomputation level, int exchanges)
    {
        RankTraffic traffic = Of(4, 4, level);

        Assert.Equal(exchanges * 600 * 0.75 * KeyBytes, traffic.Keys);
        Assert.Equal(1500, traffic.Gradients);
    }

    [Fact]
    public void The_busiest_data_rank_sends_running_sums_of_its_trees_and_the_final_sums()
    {
        RankTraffic traffic = Of(2, 1, Recomputation.None);

        Assert.Equal(0, traffic.Keys);
        Assert.Equal(2 * Gradients, traffic.Gradients); // the sums after the first tree, or after the second; then the final ones
    }

    [Fact]
    public void With_a_tree_for_each_of_two_data_ranks_one_sends_running_sums_and_the_other_the_final_ones() =>
        Assert.Equal(Gradients, RankTraffic.Of(SmallModel.Config(), [10, 10], Gradients, new(2, 1), Recomputation.None).Gradients);

    [Fact]
    public void Data_ranks_divide_the_keys_of_context_ranks() =>
        // data rank 0 has the trees of 100 and 200 tokens, data rank 1 that of 300
        Assert.Equal(3 * 300 * 0.5 * KeyBytes, Of(4, 2, Recomputation.None).Keys);

    [Fact]
    public void Time_is_bits_over_bandwidth() => Assert.Equal(8, new RankTraffic(7e8, 3e8).Seconds(1e9));

    static RankTraffic Of(int ranks, int context, Recomputation level) =>
        RankTraffic.Of(SmallModel.Config(), s_trees, Gradients, new(ranks, context), level);
}
