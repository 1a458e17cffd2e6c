using Farsight.Engine.Inference;
using Farsight.Engine.Lora;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Xunit.Abstractions;

namespace Farsight.Tests.Engine.Models;

/// <summary>Models whose matrices are stored in Q8_0 or Q4_0, with 8-bit products.</summary>
public sealed class EightBitModelTests(ITestOutputHelper output)
{
    // Measured: 0.032, 0.030 and 0.029 nats, with hidden size 64.
    const double MostDifference = 0.05;

    // Decoding computes attention in another order, so some activations are rounded to the next number.
    const double MostRounding = 0.02;

    [Theory, InlineData(NumberFormat.Q8_0, true), InlineData(NumberFormat.Q8_0, false), InlineData(NumberFormat.Q4_0, true)]
    public void Log_probabilities_are_near_those_of_the_same_weights_in_F32(NumberFormat format, bool tied)
    {
        using DecoderModel exact = Create(format, tied), model = Create(format, tied);

        model.Arithmetic = Arithmetic.Q8;

        float[] expected = exact.LogProbs(SmallModel.Tree()), actual = model.LogProbs(SmallModel.Tree());
        double difference = expected.Zip(actual, (e, a) => (double)Math.Abs(e - a)).Max();
        output.WriteLine($"{format}: {difference:E1} nats");
        Assert.InRange(difference, 1e-6, MostDifference);
        Assert.Equal((15, 15), (model.EightBitMatrices, model.MatrixCount)); // two layers of seven, and the head
        Assert.Equal(0, exact.EightBitMatrices);
    }

    [Theory, InlineData(NumberFormat.Q8_0), InlineData(NumberFormat.Q4_0)]
    public void Decoding_with_a_cache_is_near_a_full_forward(NumberFormat format)
    {
        using DecoderModel model = Create(format);
        model.Arithmetic = Arithmetic.Q8;
        int[] tokens = [.. Enumerable.Range(0, 40).Select(i => (i * i + 3 * i) % 48)];
        float[] whole = [], one = [];
        using DecodingBatch batch = new(model, [tokens.Length, tokens.Length]);
        batch.Extend([new(0, tokens)], (_, logits) => whole = logits.ToArray());

        foreach (int token in tokens)
        {
            batch.Extend([new(1, [token])], (_, logits) => one = logits.ToArray());
        }

        Near.Each([.. whole.Select(v => (double)v)], one, relative: 0, absolute: MostRounding * whole.Max(MathF.Abs));
    }

    [Fact]
    public void Threads_do_not_change_a_bit()
    {
        float[] With(int threads)
        {
            using ThreadCount _ = new(threads);
            using DecoderModel model = Create(NumberFormat.Q8_0);
            model.Arithmetic = Arithmetic.Q8;
            return model.LogProbs(SmallModel.Tree());
        }

        Assert.Equal(With(1), With(3));
    }

    [Fact]
    public void Matrices_in_other_formats_and_of_other_sizes_stay_in_F32()
    {
        using DecoderModel f32 = new(Config(), SmallModel.Source()), odd = Create(NumberFormat.Q8_0, vocabulary: 50);
        float[] before = f32.LogProbs(SmallModel.Tree());

        f32.Arithmetic = odd.Arithmetic = Arithmetic.Q8;

        Assert.Equal(before, f32.LogProbs(SmallModel.Tree()));
        Assert.Equal((0, 15), (f32.EightBitMatrices, f32.MatrixCount));
        Assert.Equal((14, 15), (odd.EightBitMatrices, odd.MatrixCount)); // 50 rows of the head are not groups of 16
        Assert.All(odd.LogProbs(SmallModel.Tree()), p => Assert.True(float.IsFinite(p)));
    }

    [Fact]
    public void Adapters_keep_their_products_in_F32_whether_they_come_before_or_after()
    {
        LoraOptions options = new(4, 8, ["q_proj", "down_proj"], TrainEmbeddings: false, TrainNorms: false);
        float[] With(bool isBefore)
        {
            using DecoderModel model = Create(NumberFormat.Q8_0);
            if (!isBefore)
            {
                model.Arithmetic = Arithmetic.Q8;
            }
            model.AttachLora(options, seed: 1);
            foreach ((int i, Farsight.Engine.Parameters.Parameter parameter) in model.Parameters.Index())
            {
                TestData.Normal((int)parameter.Value.Length, i).CopyTo(parameter.Value.Span);
            }
            model.Arithmetic = Arithmetic.Q8;
            return model.LogProbs(SmallModel.Tree());
        }

        Assert.Equal(With(isBefore: true), With(isBefore: false));
    }

    [Fact]
    public void Gradients_of_an_adapter_flow_through_grouped_matrices()
    {
        using DecoderModel model = Create(NumberFormat.Q8_0);
        model.Arithmetic = Arithmetic.Q8;
        model.AttachLora(new(4, 8, ["q_proj"], TrainEmbeddings: false, TrainNorms: false), seed: 1);
        TokenTree tree = SmallModel.Tree();

        using TreePass pass = model.Forward(tree);
        pass.Backward(TestData.Normal(tree.Scored.Count, 3));

        Assert.Contains(model.Parameters, p => p.Gradient.Span.ContainsAnyExcept(0f));
    }

    [Fact]
    public void Training_every_weight_and_a_return_to_another_arithmetic_are_refused()
    {
        using DecoderModel trained = Create(NumberFormat.Q8_0), model = Create(NumberFormat.Q8_0);
        trained.TrainEverything();
        model.Arithmetic = Arithmetic.Q8;

        Assert.Throws<InvalidOperationException>(() => trained.Arithmetic = Arithmetic.Q8);
        Assert.Equal(Arithmetic.F32, trained.Arithmetic);
        Assert.Throws<InvalidOperationException>(model.TrainEverything);
        Assert.Throws<InvalidOperationException>(() => model.Arithmetic = Arithmetic.F32);
        model.Arithmetic = Arithmetic.Q8;
    }

    static DecoderModel Create(NumberFormat format, bool tied = true, int vocabulary = 48) =>
        new(Config(tied, vocabulary), new ConvertedWeights(SmallModel.Source(), format));

    /// <summary>Widths of whole blocks.</summary>
    static ModelConfig Config(bool tied = true, int vocabulary = 48) => SmallModel.Config(tied) with
    {
        VocabSize = vocabulary,
        HiddenSize = 64,
        IntermediateSize = 96,
        HeadDim = 16,
    };
}
