using Farsight.Engine.Lora;
using Farsight.Engine.Models;
using Farsight.Engine.Parameters;

namespace Farsight.Tests.Engine.Models;

/// <summary>What a pass keeps must not show in what it computes.</summary>
public sealed class RecomputationTests
{
    public static TheoryData<Recomputation, bool, bool> Levels =>
        new()
        {
            { Recomputation.Mlp, true, false },
            { Recomputation.Mlp, false, true },
            { Recomputation.Layer, true, false },
            { Recomputation.Layer, false, true },
        };

    [Theory, MemberData(nameof(Levels))]
    public void A_level_gives_the_bits_of_keeping_everything(Recomputation level, bool qwen, bool everything)
    {
        Assert.Equal(Pass(Recomputation.None, qwen, everything), Pass(level, qwen, everything));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Rounded_inputs_keep_log_probabilities_and_move_gradients_within_their_rounding(bool qwen)
    {
        float[] exact = Pass(Recomputation.None, qwen, everything: true),
            rounded = Pass(Recomputation.RoundedLayer, qwen, everything: true);

        int scored = LongTree().Scored.Count;
        Assert.Equal(exact[..scored], rounded[..scored]);
        // An input is off by 2⁻⁹ of itself at most, and every gradient by about that: as one vector by less than 2⁻⁸.
        double error = Math.Sqrt(exact.Zip(rounded, (e, r) => ((double)e - r) * ((double)e - r)).Sum());
        double norm = Math.Sqrt(exact.Skip(scored).Sum(e => (double)e * e));
        Assert.InRange(error / norm, 1e-6, 1 / 256.0);
    }

    [Fact]
    public void Rows_are_cut_into_blocks_that_cover_them()
    {
        foreach (int rows in new[] { 1, 1023, 1024, 2047, 2048, 2240, 8448 })
        {
            int last = MlpPass.LargestBlock(rows);
            Assert.Equal(rows, (MlpPass.Blocks(rows) - 1) * MlpPass.BlockRows + last);
            Assert.True(last < 2 * MlpPass.BlockRows && (rows < MlpPass.BlockRows || last >= MlpPass.BlockRows));
        }
    }

    /// <summary>Log-probabilities, then all gradients.</summary>
    static float[] Pass(Recomputation level, bool qwen, bool everything)
    {
        using DecoderModel model = SmallModel.Create(tied: false, qwen);
        if (everything)
        {
            model.TrainEverything();
        }
        else
        {
            model.AttachLora(new(3, 6, LinearShape.TargetsOf(model.Config), TrainEmbeddings: true, TrainNorms: true), seed: 1);
            foreach (Parameter b in model.Parameters.Where(p => p.Name.EndsWith("lora_B.weight", StringComparison.Ordinal)))
            {
                TestData.Normal((int)b.Value.Length, seed: 9).Select(v => 0.3f * v).ToArray().CopyTo(b.Value.Span);
            }
        }
        using TreePass pass = model.Forward(LongTree(), level);
        pass.Backward(TestData.Normal(pass.LogProbs.Length, seed: 3));
        return [.. pass.LogProbs, .. model.Parameters.SelectMany(p => p.Gradient.Span.ToArray())];
    }

    /// <summary>Three blocks of rows in all layers but the last.</summary>
    static TokenTree LongTree()
    {
        int[] prompt = [.. Enumerable.Range(0, 2 * MlpPass.BlockRows + 300).Select(i => 1 + i * 7 % 31)];
        TokenTreeBuilder tree = new();
        int root = tree.Add(TokenTreeBuilder.Root, prompt, [.. Enumerable.Range(0, prompt.Length)], scored: false);
        tree.Add(root, [11, 12, 13], [.. Enumerable.Range(prompt.Length, 3)], scored: true);
        tree.Add(root, [14, 17], [.. Enumerable.Range(prompt.Length, 2)], scored: true);
        return tree.Build();
    }
}
