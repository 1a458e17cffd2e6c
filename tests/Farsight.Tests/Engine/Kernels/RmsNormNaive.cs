namespace Farsight.Tests.Engine.Kernels;

/// <summary>Written from the formula, in double, one obvious loop each. Shares no code with the kernel.</summary>
static class RmsNormNaive
{
    internal static double[] Forward(float[] x, float[] weight, double eps)
    {
        double meanSquare = 0;
        foreach (float v in x)
        {
            meanSquare += (double)v * v;
        }
        meanSquare /= x.Length;

        double[] y = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = x[i] / Math.Sqrt(meanSquare + eps) * weight[i];
        }
        return y;
    }
}
