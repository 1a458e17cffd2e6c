namespace Farsight.Tests.Engine.Kernels;

/// <summary>Written from the formula, in double.</summary>
static class SwiGluNaive
{
    internal static double[] Forward(float[] gate, float[] up) => [.. gate.Zip(up, (g, u) => g / (1 + Math.Exp(-(double)g)) * u)];
}
