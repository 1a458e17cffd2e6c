namespace Farsight.Tests.Engine.Kernels;

/// <summary>Written from the formula, in double.</summary>
static class GeGluNaive
{
    internal static double[] Forward(float[] gate, float[] up) => [.. gate.Zip(up, (g, u) => Gelu(g) * u)];

    static double Gelu(double x) => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
}
