using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;

namespace Farsight.Engine.Lora;

/// <summary>Represents a low-rank update of one linear layer: y += s · (x · Aᵀ) · Bᵀ with s = α / R.</summary>
/// <remarks>Source: arXiv:2106.09685, Eq. 3.</remarks>
/// <param name="A">[R, inputs]</param>
/// <param name="B">[outputs, R]</param>
/// <param name="Scale">s.</param>
sealed record LoraPair(Parameter A, Parameter B, float Scale)
{
    /// <summary>R.</summary>
    internal int Rank => A.Value.Count;

    /// <summary>Creates an update without effect: A uniform in ±1/√inputs (Kaiming's rule as PEFT applies it), B zero.</summary>
    internal static LoraPair Create(string layer, int outputs, int inputs, int rank, float scale, int seed)
    {
        Parameter a = Parameter.Create($"{layer}.lora_A.weight", ParameterRole.Lora, rank, inputs);
        LoraPair pair;
        try
        {
            pair = new(a, Parameter.Create($"{layer}.lora_B.weight", ParameterRole.Lora, outputs, rank), scale);
        }
        catch
        {
            a.Dispose();
            throw;
        }
        SeededRandom random = SeededRandom.For(seed, $"lora {layer}", 0);
        double bound = 1 / Math.Sqrt(inputs);
        foreach (ref float value in pair.A.Value.Span)
        {
            value = (float)((2 * random.NextDouble() - 1) * bound);
        }
        return pair;
    }
}
