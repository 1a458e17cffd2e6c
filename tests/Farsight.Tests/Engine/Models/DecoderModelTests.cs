using Farsight.Engine.Lora;
using Farsight.Engine.Models;
using Farsight.Engine.Parameters;

namespace Farsight.Tests.Engine.Models;

/// <summary>Gradients of everything that can be trained, against differences of the forward pass.</summary>
public sealed class DecoderModelTests
{
    public static TheoryData<string, bool, bool> Models => new()
    {
        { "full", true, false }, { "full", false, false }, { "full", true, true }, { "full", false, true },
        { "lora", true, false }, { "lora", false, true },
    };

    [Theory, MemberData(nameof(Models))]
    public void Every_gradient_matches_finite_differences(string mode, bool tied, bool qwen)
    {
        using DecoderModel model = SmallModel.Create(tied, qwen);
        MakeTrainable(model, mode);
        TokenTree tree = SmallModel.Tree();
        float[] dLogProbs = TestData.Normal(tree.Scored.Count, seed: 3);
        using (TreePass pass = model.Forward(tree))
        {
            pass.Backward(dLogProbs);
        }

        foreach (Parameter parameter in model.Parameters)
        {
            float[] direction = TestData.Normal((int)parameter.Value.Length, seed: 4);
            double analytic = 0;
            for (int i = 0; i < direction.Length; i++)
            {
                analytic += (double)parameter.Gradient.Span[i] * direction[i];
            }

            double numeric = Difference(model, tree, dLogProbs, parameter, direction);

            // F32 sums of magnitude 50 over a step of 2e-3 leave about 3e-3; curvature adds its share.
            Assert.True(
                Math.Abs(analytic - numeric) <= 0.02 + 0.01 * Math.Abs(analytic),
                $"{parameter.Name}: gradient {analytic}, differences {numeric}");
            Assert.True(Math.Abs(analytic) > 1e-6, $"{parameter.Name}: nothing flows to it.");
        }
    }

    [Fact]
    public void Full_training_has_every_weight_as_a_parameter()
    {
        using DecoderModel model = SmallModel.Create(tied: false, qwen: true);
        model.TrainEverything();

        // Embedding, head, final norm; 7 matrices, 3 biases, 4 norms a layer.
        Assert.Equal(3 + 2 * (7 + 3 + 4), model.Parameters.Count);
        Assert.Equal(model.Parameters.Count, model.Parameters.Select(p => p.Name).Distinct().Count());
    }

    [Fact]
    public void A_new_adapter_changes_nothing()
    {
        using DecoderModel plain = SmallModel.Create(), adapted = SmallModel.Create();
        adapted.AttachLora(new(4, 8, LinearShape.TargetsOf(adapted.Config), TrainEmbeddings: true, TrainNorms: true), seed: 1);

        Assert.Equal(plain.LogProbs(SmallModel.Tree()), adapted.LogProbs(SmallModel.Tree()));
    }

    [Fact]
    public void Evaluation_gives_the_bits_of_the_forward_pass()
    {
        using DecoderModel model = SmallModel.Create();
        using TreePass pass = model.Forward(SmallModel.Tree());

        Assert.Equal(pass.LogProbs, model.LogProbs(SmallModel.Tree()));
    }

    [Fact]
    public void Threads_do_not_change_a_bit()
    {
        float[] Bits(int threads)
        {
            using ThreadCount _ = new(threads);
            using DecoderModel model = SmallModel.Create();
            model.TrainEverything();
            using TreePass pass = model.Forward(SmallModel.Tree());
            pass.Backward(TestData.Normal(pass.LogProbs.Length, seed: 3));
            return [.. pass.LogProbs, .. model.Parameters.SelectMany(p => p.Gradient.Span.ToArray())];
        }

        Assert.Equal(Bits(1), Bits(2));
        Assert.Equal(Bits(1), Bits(3));
    }

    [Fact]
    public void A_pass_goes_backward_once()
    {
        using DecoderModel model = SmallModel.Create();
        model.TrainEverything();
        using TreePass pass = model.Forward(SmallModel.Tree());
        pass.Backward(new float[pass.LogProbs.Length]);

        Assert.Throws<InvalidOperationException>(() => pass.Backward(new float[pass.LogProbs.Length]));
    }

    [Fact]
    public void An_unknown_target_is_named()
    {
        using DecoderModel model = SmallModel.Create();

        ArgumentException e = Assert.Throws<ArgumentException>(() => model.AttachLora(new(4, 8, ["qkv_proj"], false, false), seed: 1));

        Assert.Contains("qkv_proj", e.Message);
    }

    static void MakeTrainable(DecoderModel model, string mode)
    {
        if (mode == "full")
        {
            model.TrainEverything();
            return;
        }
        model.AttachLora(new(3, 6, LinearShape.TargetsOf(model.Config), TrainEmbeddings: true, TrainNorms: true), seed: 1);
        foreach (Parameter b in model.Parameters.Where(p => p.Name.EndsWith("lora_B.weight", StringComparison.Ordinal)))
        {
            TestData.Normal((int)b.Value.Length, seed: 9).Select(v => 0.3f * v).ToArray().CopyTo(b.Value.Span);
        }
    }

    static double Difference(DecoderModel model, TokenTree tree, float[] dLogProbs, Parameter parameter, float[] direction)
    {
        double norm = Math.Sqrt(direction.Sum(d => (double)d * d)), step = 1e-2 / norm;
        float[] at = parameter.Value.Span.ToArray();
        double Loss(double sign)
        {
            for (int i = 0; i < at.Length; i++)
            {
                parameter.Value.Span[i] = (float)(at[i] + sign * step * direction[i]);
            }
            return model.LogProbs(tree).Zip(dLogProbs, (p, d) => (double)p * d).Sum();
        }

        double difference = (Loss(1) - Loss(-1)) / (2 * step);
        at.CopyTo(parameter.Value.Span);
        return difference;
    }
}
