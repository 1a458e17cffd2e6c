using Farsight.Engine.Lora;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;

namespace Farsight.Tests.Engine.Models;

/// <summary>What a model computes in another arithmetic than F32.</summary>
public sealed class ArithmeticTests
{
    [Fact]
    public void BF16_has_the_same_bits_on_any_number_of_threads_and_F32_comes_back()
    {
        using DecoderModel model = SmallModel.Create(tied: false, qwen: true);
        model.AttachLora(new(3, 6, LinearShape.TargetsOf(model.Config), TrainEmbeddings: true, TrainNorms: true), seed: 1);
        float[] before = Pass(model, threads: 2);

        model.Arithmetic = Arithmetic.BF16;
        float[] one = Pass(model, threads: 1), three = Pass(model, threads: 3);
        model.Arithmetic = Arithmetic.F32;

        Assert.Equal(one, three);
        Assert.NotEqual(before, one);
        Assert.InRange(Error(before, one), 1e-4, 0.1);
        Assert.Equal(before, Pass(model, threads: 2));
    }

    [Fact]
    public void Every_weight_can_be_trained_in_BF16()
    {
        using DecoderModel model = SmallModel.Create(tied: true, qwen: false);
        model.TrainEverything();
        float[] exact = Pass(model, threads: 2);

        model.Arithmetic = Arithmetic.BF16;

        Assert.InRange(Error(exact, Pass(model, threads: 2)), 1e-4, 0.1);
    }

    [Fact]
    public void Q8_is_not_left_and_not_entered_while_every_weight_is_trained()
    {
        using DecoderModel model = SmallModel.Create(tied: false, qwen: false), trained = SmallModel.Create(tied: false, qwen: false);
        trained.TrainEverything();
        model.Arithmetic = Arithmetic.Q8;

        Assert.Equal(0, model.EightBitMatrices); // the matrices are F32
        Assert.Throws<InvalidOperationException>(() => model.Arithmetic = Arithmetic.BF16);
        Assert.Throws<InvalidOperationException>(() => trained.Arithmetic = Arithmetic.Q8);
        Assert.Equal(Arithmetic.F32, trained.Arithmetic);
    }

    [Theory, InlineData(Arithmetic.F32, "f32", null), InlineData(Arithmetic.BF16, "bf16", "bf16"), InlineData(Arithmetic.Q8, "q8", "q8")]
    public void Names_are_those_of_recipes_and_results_leave_out_F32(Arithmetic arithmetic, string name, string? recorded)
    {
        Assert.Equal(name, arithmetic.Name());
        Assert.Equal(recorded, arithmetic.RecordedName());
    }

    /// <summary>Log-probabilities, then all gradients.</summary>
    static float[] Pass(DecoderModel model, int threads)
    {
        using ThreadCount _ = new(threads);
        foreach (Parameter parameter in model.Parameters)
        {
            parameter.Gradient.Clear();
        }
        TokenTreeBuilder builder = new();
        int prompt = builder.Add(
            TokenTreeBuilder.Root, [.. Enumerable.Range(0, 40).Select(i => i % model.Config.VocabSize)], [.. Enumerable.Range(0, 40)],
            scored: false);
        foreach (int length in (int[])[12, 7])
        {
            builder.Add(
                prompt, [.. Enumerable.Range(3, length).Select(i => i % model.Config.VocabSize)], [.. Enumerable.Range(40, length)],
                scored: true);
        }
        using TreePass pass = model.Forward(builder.Build());
        pass.Backward([.. pass.LogProbs.Select((_, i) => 0.1f * (i - 5))]);
        return [.. pass.LogProbs, .. model.Parameters.SelectMany(p => p.Gradient.Span.ToArray())];
    }

    static double Error(float[] expected, float[] actual) => Math.Sqrt(
        expected.Zip(actual, (e, a) => ((double)e - a) * ((double)e - a)).Sum() / expected.Sum(e => (double)e * e));
}
