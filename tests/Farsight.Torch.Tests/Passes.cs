using Farsight.Alignment.Training;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;

// Some tests count the tensors of the process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Farsight.Torch.Tests;

/// <summary>Runs passes on both engines.</summary>
static class Passes
{
    /// <summary>Opens a device model in F32 on libtorch's CPU device.</summary>
    internal static IDeviceModel OnTorch(DecoderModel model, AttentionPattern? attention = null, NumberFormat format = NumberFormat.F32) =>
        new TorchBackend("torch-cpu", format).Load(model, null, attention);

    /// <summary>Runs forward and backward and returns the log-probabilities.</summary>
    internal static float[] Run(ITrainable model, TokenTree tree, ReadOnlySpan<float> dLogProbs, IGradientStages? stages = null)
    {
        ClearGradients(model);
        using ITreePass pass = model.Forward(tree);
        pass.Backward(dLogProbs, stages);
        return pass.LogProbs.ToArray();
    }

    internal static void ClearGradients(ITrainable model)
    {
        foreach (Parameter parameter in model.Parameters)
        {
            parameter.Gradient.Clear();
        }
    }

    /// <summary>Returns the gradients by the names of their parameters; touched rows at their places.</summary>
    internal static Dictionary<string, double[]> Gradients(ITrainable model) =>
        model.Parameters.ToDictionary(p => p.Name, WholeGradient);

    /// <summary>Returns a gradient; touched rows at their places, zeros elsewhere.</summary>
    internal static double[] WholeGradient(Parameter parameter)
    {
        Rows gradient = parameter.Gradient;
        double[] whole = new double[(long)parameter.Capacity * gradient.Width];
        for (int row = 0; row < gradient.Count; row++)
        {
            int place = parameter.Touched is { } touched ? touched.Rows[row] : row;
            for (int i = 0; i < gradient.Width; i++)
            {
                whole[(long)place * gradient.Width + i] = gradient[row][i];
            }
        }
        return whole;
    }

    /// <summary>Fills the low-rank matrices with numbers, so that all of them have gradients.</summary>
    internal static DecoderModel WithNumbers(this DecoderModel model)
    {
        int seed = 0;
        foreach (Parameter parameter in model.Parameters.Where(p => p.Role == ParameterRole.Lora))
        {
            SeededRandom random = SeededRandom.For(seed++, parameter.Name, 0);
            foreach (ref float value in parameter.Value.Span)
            {
                value = (float)(random.NextNormal() * 0.05);
            }
        }
        return model;
    }

    /// <summary>Returns derivatives of different signs and sizes.</summary>
    internal static float[] Derivatives(int count) => [.. Enumerable.Range(0, count).Select(i => (float)Math.Sin(1.7 * i + 0.3))];
}
