using Farsight.Engine.Lora;
using Farsight.Engine.Models;

namespace Farsight.Tests.Engine.Models;

public sealed class StepFlopsTests
{
    // Two layers, D 24, F 40, four heads of 8 over two key heads, V 50. Eleven rows in the first tree, three in the second.
    const double D = 24, F = 40, Q = 32, K = 16, V = 50, R = 3;

    /// <summary>A prompt of 5 with responses of 3, 1 and 2 tokens; nothing of the prompt is scored.</summary>
    static TokenTree Tree(bool sharing)
    {
        TokenTreeBuilder tree = new();
        int prompt = -1;
        foreach (int count in (int[])[3, 1, 2])
        {
            prompt = prompt < 0 || !sharing ? tree.Add(TokenTreeBuilder.Root, [1, 2, 3, 4, 5], [0, 1, 2, 3, 4], scored: false) : prompt;
            tree.Add(prompt, [.. Enumerable.Range(10, count)], [.. Enumerable.Range(5, count)], scored: true);
        }
        return tree.Build();
    }

    [Fact]
    public void Counts_what_a_hand_counts()
    {
        LoraOptions lora = new(3, 6, ["q_proj", "down_proj"], TrainEmbeddings: true, TrainNorms: false);

        StepFlops flops = StepFlops.Of(SmallModel.Config(tied: false), Tree(sharing: true), lora);

        // Scored tokens are predicted by the prompt's last row, two rows of the first response and one of the third.
        const double Rows = 11, Last = 4;
        const double KeysAndValues = 2 * D * K, Rest = 2 * D * Q + 3 * D * F;
        double layers = 2 * (2 * Rows * KeysAndValues + (Rows + Last) * Rest);
        Assert.Equal(layers, flops.Layers);
        Assert.Equal(layers, flops.LayersBackward);
        Assert.Equal(6 * R * (Rows + Last) * (D + Q + F + D), flops.Adapter);

        // Row i of the prompt sees i + 1 rows, row i of a response 5 + i + 1.
        double inner = (1 + 2 + 3 + 4 + 5) + (6 + 7 + 8) + 6 + (6 + 7), last = 5 + (6 + 7) + 6;
        Assert.Equal(4 * Q * (inner + last), flops.Attention);
        Assert.Equal(8 * Q * (inner + last), flops.AttentionBackward);
        Assert.Equal(2 * 2 * 6 * V * D, flops.Head);
        Assert.Equal(
            flops.Layers + flops.LayersBackward + flops.Adapter + flops.Attention + flops.AttentionBackward + flops.Head,
            flops.Total);
    }

    [Fact]
    public void Whatever_is_trained_has_a_product_of_its_own()
    {
        TokenTree tree = Tree(sharing: true);
        LoraOptions lora = new(3, 6, ["q_proj"], TrainEmbeddings: true, TrainNorms: false);
        StepFlops adapter = StepFlops.Of(SmallModel.Config(tied: false), tree, lora),
            tied = StepFlops.Of(SmallModel.Config(tied: true), tree, lora);
        StepFlops full = StepFlops.Of(SmallModel.Config(tied: false), tree, null);

        Assert.Equal(adapter.Head * 3 / 2, tied.Head);
        Assert.Equal(adapter.Head * 3 / 2, full.Head);
        Assert.Equal(2 * adapter.LayersBackward, full.LayersBackward);
        Assert.Equal(0, full.Adapter);
    }

    [Fact]
    public void A_window_cuts_pairs_off()
    {
        TokenTree tree = Tree(sharing: true);

        StepFlops first = StepFlops.Of(SmallModel.Config() with { SlidingWindow = 6, WindowedLayers = [true, false] }, tree, null);
        StepFlops both = StepFlops.Of(SmallModel.Config() with { SlidingWindow = 4 }, tree, null);

        const double Last = 5 + (6 + 7) + 6;
        Assert.Equal(4 * Q * ((1 + 2 + 3 + 4 + 5) + 6 * 6 + Last), first.Attention);
        Assert.Equal(4 * Q * ((1 + 2 + 3 + 4 + 4) + 6 * 4 + 4 * 4), both.Attention);
    }

    [Theory, InlineData(null), InlineData(3)]
    public void Groups_cut_pairs_off(int? window)
    {
        ModelConfig config = SmallModel.Config() with { SlidingWindow = window };

        StepFlops flops = StepFlops.Of(config, Tree(sharing: true), null, new AttentionPattern.ShiftedSparse(4));

        // Indices in their sequences: the prompt has 0 … 4, the responses 5 … 7, 5 and 5, 6. Half of the heads begin at 0, 4, 8, the others
        // at 0, 2, 6.
        int[] all = [0, 1, 2, 3, 4, 5, 6, 7, 5, 5, 6], read = [4, 5, 6, 5];
        double Pairs(int[] rows, params int[] starts) => rows.Sum(r => Math.Min(r - starts.Last(s => s <= r) + 1, window ?? 99));
        double pairs = Pairs(all, 0, 4, 8) + Pairs(read, 0, 4, 8) + Pairs(all, 0, 2, 6) + Pairs(read, 0, 2, 6);
        Assert.Equal(4 * Q / 2 * pairs, flops.Attention);
        Assert.Equal(8 * Q / 2 * pairs, flops.AttentionBackward);
    }

    [Fact]
    public void A_repeated_prompt_counts_each_time()
    {
        StepFlops shared = StepFlops.Of(SmallModel.Config(), Tree(sharing: true), null),
            repeated = StepFlops.Of(SmallModel.Config(), Tree(sharing: false), null);

        // Ten more rows of prompt in the first layer; in both layers their keys and values; two more last rows of a prompt.
        Assert.Equal(2 * (2 * 10 * 2 * D * K + (10 + 2) * (2 * D * Q + 3 * D * F)), repeated.Layers - shared.Layers);
        Assert.Equal(4 * Q * (2 * (1 + 2 + 3 + 4 + 5) + 2 * 5), repeated.Attention - shared.Attention);
    }
}
