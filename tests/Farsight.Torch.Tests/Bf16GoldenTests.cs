using Farsight.Alignment.Training;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Tests.Golden;
using Xunit.Abstractions;

namespace Farsight.Torch.Tests;

/// <summary>Errors of libtorch's BF16 on the golden cases, for comparison with those of the engine (docs/precision.md).</summary>
[Trait("Category", "Golden")]
public sealed class Bf16GoldenTests(ITestOutputHelper output)
{
    const double MostLogProb = 0.6, MostGradient = 0.3;

    [SharedFact("goldens")]
    public void Errors_are_those_of_rounded_activations_and_weights()
    {
        foreach (string folder in Directory.GetDirectories(SharedMaterial.PathOf("goldens")).Order(StringComparer.Ordinal))
        {
            using GoldenCase golden = new(folder);
            using DecoderModel policy = golden.Policy();
            using IDeviceModel model = Passes.OnTorch(policy, format: NumberFormat.BF16);

            (double logProb, double gradient) = GoldenTests.LogoErrors(golden, model);

            output.WriteLine($"{Path.GetFileName(folder)}: log-probabilities {logProb:E1} nats, gradient {gradient:E1}");
            Assert.InRange(logProb, 1e-5, MostLogProb);
            Assert.InRange(gradient, 1e-4, MostGradient);
        }
    }
}
