using Farsight.Alignment.Training;
using Farsight.Engine.Kernels;
using Farsight.Engine.Lora;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using static TorchSharp.torch;

namespace Farsight.Torch.Tests;

/// <summary>Frozen weights of 8 and 4 bits on the device against those of the engine on the CPU.</summary>
public sealed class WeightBlockTests
{
    // Rows are whole blocks of 32 values.
    static readonly ModelConfig s_config = SmallModel.Config(tied: false) with
    {
        HiddenSize = 64,
        IntermediateSize = 96,
        NumAttentionHeads = 4,
        NumKeyValueHeads = 2,
        HeadDim = 16,
    };

    [Theory, InlineData(NumberFormat.Q8_0), InlineData(NumberFormat.Q4_0)]
    public void Widened_values_are_those_of_the_CPU_engine(NumberFormat format)
    {
        using ConvertedWeights weights = new(SmallModel.Source(), format);
        WeightMatrix matrix = weights.Matrix("model.layers.0.mlp.down_proj.weight", 70, 160);
        float[] expected = new float[70 * 160];
        for (int row = 0; row < 70; row++)
        {
            matrix.Read(row, 0, expected.AsSpan(row * 160, 160));
        }

        using TorchSharp.DisposeScope scope = NewDisposeScope();
        (Tensor numbers, Tensor scales) = DeviceBlocks.Copy(matrix, format, CPU);
        float[] actual = DeviceBlocks.Widen(numbers, scales, ScalarType.Float32).data<float>().ToArray();

        Assert.Equal(expected, actual);
        Assert.Equal(70 * 160 / 32 * (format.BytesPerBlock - 2), numbers.bytes.Length);
        Assert.True(expected.Distinct().Count() > 100);
    }

    [Theory, InlineData(NumberFormat.Q8_0), InlineData(NumberFormat.Q4_0)]
    public void A_model_in_blocks_has_the_log_probabilities_and_gradients_of_the_CPU_engine(NumberFormat format)
    {
        using DecoderModel host = Model(format), other = Model(format), exact = Model(NumberFormat.F32);
        using IDeviceModel device = Passes.OnTorch(other);
        TokenTree tree = SmallModel.Tree();
        float[] derivatives = Passes.Derivatives(tree.Scored.Count);
        TrainableModel expected = new(host);

        float[] logProbs = Passes.Run(expected, tree, derivatives);
        Near.Each([.. logProbs.Select(p => (double)p)], Passes.Run(device, tree, derivatives), relative: 2e-5, absolute: 2e-5);
        Dictionary<string, double[]> gradients = Passes.Gradients(device);
        foreach ((string name, double[] gradient) in Passes.Gradients(expected))
        {
            Near.RelativeToLargest(gradient, Array.ConvertAll(gradients[name], g => (float)g), 2e-4, name);
        }

        // The rounding of the blocks is there.
        Assert.True(Passes.Run(new TrainableModel(exact), tree, derivatives).Zip(logProbs).Max(p => Math.Abs(p.First - p.Second)) > 1e-3);
    }

    static DecoderModel Model(NumberFormat format)
    {
        DecoderModel model = new(s_config, new ConvertedWeights(SmallModel.Source(), format));
        model.AttachLora(new LoraOptions(3, 6, TrainEmbeddings: true, TrainNorms: true), seed: 2);
        return model.WithNumbers();
    }
}
