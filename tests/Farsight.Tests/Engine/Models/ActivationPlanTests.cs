using Farsight.Engine.Lora;
using Farsight.Engine.Models;

namespace Farsight.Tests.Engine.Models;

/// <summary>The plan against what passes take.</summary>
public sealed class ActivationPlanTests
{
    static readonly string[] s_attention = ["q_proj", "k_proj", "v_proj", "o_proj"];

    public static TheoryData<Recomputation?, bool, string, int> Cases
    {
        get
        {
            TheoryData<Recomputation?, bool, string, int> cases = [];
            foreach (
                Recomputation? level in new Recomputation?[]
                {
                    null,
                    Recomputation.None,
                    Recomputation.Mlp,
                    Recomputation.Layer,
                    Recomputation.RoundedLayer,
                })
            {
                foreach (bool qwen in new[] { false, true })
                {
                    foreach (string trained in new[] { "attention", "all", "everything", "down" })
                    {
                        cases.Add(level, qwen, trained, 50);
                        cases.Add(level, qwen, trained, 2500);
                    }
                }
            }
            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_pass_takes_to_the_float_what_was_planned(Recomputation? level, bool qwen, string trained, int prompt)
    {
        using DecoderModel model = SmallModel.Create(tied: false, qwen);
        if (trained == "everything")
        {
            model.TrainEverything();
        }
        else
        {
            model.AttachLora(
                new(
                    3,
                    6,
                    trained switch
                    {
                        "attention" => s_attention,
                        "down" => ["down_proj"],
                        _ => LinearShape.TargetsOf(model.Config),
                    },
                    true,
                    true),
                seed: 1);
        }
        TokenTree tree = Tree(prompt);
        ActivationPlan planned = ActivationPlan.Of(model.Config, TreeSize.Of(tree), model.Lora, level);

        using TreePass pass = level is { } keep ? model.Forward(tree, keep) : model.Evaluate(tree);
        if (level is not null)
        {
            pass.Backward(new float[pass.LogProbs.Length]);
        }

        Assert.Equal(planned, pass.Taken);
    }

    [Fact]
    public void Each_level_keeps_less_than_the_one_before()
    {
        ModelConfig config = SmallModel.Config() with { NumHiddenLayers = 6 };
        long[] kept =
        [
            .. Enum.GetValues<Recomputation>().Select(level => ActivationPlan.Of(config, new(5000, 200, 190), null, level).Kept),
        ];

        Assert.Equal(kept.OrderDescending(), kept);
        Assert.Equal(4, kept.Distinct().Count());
    }

    static TokenTree Tree(int prompt)
    {
        TokenTreeBuilder tree = new();
        int root = tree.Add(TokenTreeBuilder.Root, new int[prompt], [.. Enumerable.Range(0, prompt)], scored: false);
        tree.Add(root, [11, 12, 13], [.. Enumerable.Range(prompt, 3)], scored: true);
        tree.Add(root, [14, 17], [.. Enumerable.Range(prompt, 2)], scored: true);
        return tree.Build();
    }
}
