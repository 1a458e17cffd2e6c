namespace Farsight.Tests.Engine.Kernels;

/// <summary>Written from the formulas, in double.</summary>
static class GatedActivationNaive
{
    internal static double[] Silu(float[] gate, float[] up) => [.. gate.Zip(up, (g, u) => g / (1 + Math.Exp(-(double)g)) * u)];

    internal static double[] Gelu(float[] gate, float[] up) => [.. gate.Zip(up, (g, u) => Gelu(g) * u)];

    static double Gelu(double x) => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
}
