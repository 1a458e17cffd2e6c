using Farsight.Alignment.Objectives;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;
using Xunit.Abstractions;

namespace Farsight.Tests.Golden;

/// <summary>The golden cases with weights in every format that training takes.</summary>
[Trait("Category", "Golden")]
public sealed class PrecisionTests(ITestOutputHelper output)
{
    // How many times the relative rounding error of the matrices an output may be off. In these models of a few narrow layers with
    // large weights a small change grows about so much, whatever made it: logits by 4 to 8 times in every format, gradients by
    // 7 to 27 times; BF16 rounds by 1.7e-3, F16 by 2.1e-4, Q8_0 by 5.4e-3, Q4_0 by 8.6e-2.
    const double ForwardGrowth = 12, GradientGrowth = 40;

    public static TheoryData<NumberFormat> Formats => [NumberFormat.BF16, NumberFormat.F16, NumberFormat.Q8_0, NumberFormat.Q4_0];

    [SharedTheory("goldens"), MemberData(nameof(Formats))]
    public void Outputs_are_off_by_what_the_rounding_of_the_weights_implies(NumberFormat format)
    {
        foreach (string folder in Folders)
        {
            using GoldenCase golden = new(folder);
            using DecoderModel model = golden.WithAdapter(ModelLoader.Load(folder, weights: format));

            (double logits, double loss, double gradient) = Errors(golden, model);

            double rounding = Rounding(folder, format);
            output.WriteLine(
                $"{Path.GetFileName(folder)} {format}: weights off by {rounding:E1}, logits {logits:E1} ({logits / rounding:F0} times), "
                + $"loss {loss:E1}, gradient {gradient:E1} ({gradient / rounding:F0} times)");
            Assert.InRange(logits / rounding, 0, ForwardGrowth);
            Assert.InRange(gradient / rounding, 0, GradientGrowth);
        }
    }

    [SharedTheory("goldens"), MemberData(nameof(Formats))]
    public void Products_over_a_format_are_those_over_its_values_in_F32(NumberFormat format)
    {
        foreach (string folder in Folders)
        {
            using GoldenCase golden = new(folder);
            using DecoderModel narrow = golden.WithAdapter(ModelLoader.Load(folder, weights: format));
            DirectoryWeights files = new(ModelDirectory.Open(folder));
            using DecoderModel wide = golden.WithAdapter(
                new(files.Config, new ConvertedWeights(new ConvertedWeights(files, format), NumberFormat.F32)));

            (float[] actual, float[] expected) = (Pass(golden, narrow, out _), Pass(golden, wide, out _));

            // The same numbers; the order of a sum may be another one.
            Near.RelativeToLargest([.. expected.Select(v => (double)v)], actual, 1e-5, $"{Path.GetFileName(folder)} {format}");
        }
    }

    // Both factors of every product are rounded by 1.7e-3 in the mean, so about twice the growth of rounded weights is allowed.
    const double Bf16Rounding = 1.7e-3, MostBf16LogProb = 0.4;

    [SharedFact("goldens")]
    public void Products_in_BF16_are_off_by_what_their_rounding_implies()
    {
        foreach (string folder in Folders)
        {
            using GoldenCase golden = new(folder);
            using DecoderModel model = golden.WithAdapter(ModelLoader.Load(folder));
            model.Arithmetic = Arithmetic.BF16;

            (double logits, double loss, double gradient) = Errors(golden, model);

            double logProb = LogProbError(golden, model);
            output.WriteLine(
                $"{Path.GetFileName(folder)}: logits {logits:E1}, log-probabilities {logProb:E1} nats, loss {loss:E1}, "
                + $"gradient {gradient:E1}");
            Assert.InRange(logits / Bf16Rounding, 1e-2, 2 * ForwardGrowth);
            Assert.InRange(logProb, 1e-5, MostBf16LogProb);
            Assert.InRange(gradient / Bf16Rounding, 1e-1, 2 * GradientGrowth);
        }
    }

    [SharedTheory("goldens"), InlineData(NumberFormat.Q8_0), InlineData(NumberFormat.Q4_0)]
    public void Products_in_8_bits_are_near_those_of_the_same_weights_in_F32(NumberFormat format)
    {
        foreach (string folder in Folders)
        {
            using GoldenCase golden = new(folder);
            using DecoderModel exact = golden.WithAdapter(ModelLoader.Load(folder, weights: format));
            using DecoderModel model = golden.WithAdapter(ModelLoader.Load(folder, weights: format));
            model.Arithmetic = Arithmetic.Q8;

            (float[] expected, float[] actual) = (Logits(golden, exact), Logits(golden, model));

            double error = expected.Zip(actual, (e, a) => (double)Math.Abs(e - a)).Max() / expected.Max(Math.Abs);
            output.WriteLine(
                $"{Path.GetFileName(folder)} {format}: logits {error:E1}, {model.EightBitMatrices} of {model.MatrixCount} matrices");
            Assert.InRange(error, 1e-5, 0.1);
            Assert.InRange(model.EightBitMatrices, 1, model.MatrixCount);
        }
    }

    /// <summary>The largest difference of a log-probability of a response's token, in nats.</summary>
    static double LogProbError(GoldenCase golden, DecoderModel model)
    {
        TokenTree tree = GoldenTests.Tree(golden, 2, shared: true);
        using TreePass pass = model.Evaluate(tree);
        return GoldenTests.Nodes(tree, 2, shared: true).Index().Max(n => golden.Values($"policy.token_logps.{n.Index}")
            .Zip(pass.LogProbs.Skip(n.Item.FirstScored).Take(n.Item.ScoredCount), (e, a) => Math.Abs(e - a)).Max());
    }

    /// <summary>‖rounded − stored‖ / ‖stored‖ over all matrices.</summary>
    static double Rounding(string folder, NumberFormat format)
    {
        using DirectoryWeights files = new(ModelDirectory.Open(folder));
        using ConvertedWeights converted = new(files, format);
        double error = 0, norm = 0;
        foreach (ParameterShape shape in ParameterShapes.Of(files.Config).Where(p => p.Shape.Count == 2))
        {
            WeightMatrix stored = files.Matrix(shape.Name, shape.Shape[0], shape.Shape[1]),
                rounded = converted.Matrix(shape.Name, shape.Shape[0], shape.Shape[1]);
            float[] exact = new float[stored.ColumnCount],
                near = new float[stored.ColumnCount];
            for (int row = 0; row < stored.RowCount; row++)
            {
                stored.Read(row, 0, exact);
                rounded.Read(row, 0, near);
                error += exact.Zip(near, (e, n) => ((double)e - n) * ((double)e - n)).Sum();
                norm += exact.Sum(e => (double)e * e);
            }
        }
        return Math.Sqrt(error / norm);
    }

    static string[] Folders => [.. Directory.GetDirectories(SharedMaterial.PathOf("goldens")).Order(StringComparer.Ordinal)];

    static (double Logits, double Loss, double Gradient) Errors(GoldenCase golden, DecoderModel model)
    {
        double logits = 0, largest = 0;
        double[] expected = golden.Values("lora.logits.synth");
        float[] actual = Logits(golden, model);
        for (int i = 0; i < actual.Length; i++)
        {
            (logits, largest) = (Math.Max(logits, Math.Abs(actual[i] - expected[i])), Math.Max(largest, Math.Abs(expected[i])));
        }

        Pass(golden, model, out double loss);
        double error = 0, norm = 0;
        foreach (Parameter parameter in model.Parameters)
        {
            double[] wanted = golden.Values($"grad.logo.{parameter.Name}");
            Span<float> given = GoldenTests.WholeGradient(parameter).Span;
            for (int i = 0; i < given.Length; i++)
            {
                (error, norm) = (error + (given[i] - wanted[i]) * (given[i] - wanted[i]), norm + wanted[i] * wanted[i]);
            }
        }
        return (logits / largest, Math.Abs(loss - golden.Result("loss.logo")), Math.Sqrt(error / norm));
    }

    /// <summary>Log-probabilities and gradients of LOGO.</summary>
    static float[] Pass(GoldenCase golden, DecoderModel model, out double loss)
    {
        foreach (Parameter parameter in model.Parameters)
        {
            parameter.Gradient.Clear();
        }
        (IPreferenceObjective objective, int rejected) = GoldenTests.ObjectiveOf(golden, "logo");
        TokenTree tree = GoldenTests.Tree(golden, rejected, shared: true);
        using TreePass pass = model.Forward(tree);
        SequenceLogProb[] sums = [.. GoldenTests.Nodes(tree, rejected, shared: true).Select(n => GoldenTests.SumOf(pass.LogProbs, n))];
        ObjectiveValue value = objective.Evaluate(new(sums[0], sums[1..]));
        pass.Backward(GoldenTests.Spread(tree, value, rejected, shared: true));
        loss = value.Loss;
        return [.. pass.LogProbs, .. model.Parameters.SelectMany(p => p.Gradient.Span.ToArray())];
    }

    static float[] Logits(GoldenCase golden, DecoderModel model)
    {
        int[] tokens = [.. golden.Prompt, .. golden.Responses[0], 0],
            positions = [.. golden.PromptPositions, .. golden.ResponsePositions[0]];
        TokenTreeBuilder tree = new();
        tree.Add(TokenTreeBuilder.Root, tokens, [.. positions, positions[^1] + 1], [.. tokens.Select((_, i) => i > 0)]);
        using TreePass pass = model.Evaluate(tree.Build());
        Rows logits = Rows.Allocate(pass.LogProbs.Length, model.Config.VocabSize);
        for (int i = 0; i < logits.Count; i++)
        {
            pass.Logits(i, logits.Slice(i, 1));
        }
        return [.. logits.Span];
    }
}
