namespace Farsight.Tests.Support;

static class Gradient
{
    /// <summary>Central differences; the step is scaled to the value.</summary>
    internal static double[] Of(Func<float[], double> loss, float[] at)
    {
        double[] gradient = new double[at.Length];
        for (int i = 0; i < at.Length; i++)
        {
            float h = 1e-2f * MathF.Max(0.1f, MathF.Abs(at[i]));
            float[] up = [.. at], down = [.. at];
            up[i] += h;
            down[i] -= h;
            gradient[i] = (loss(up) - loss(down)) / ((double)up[i] - down[i]);
        }
        return gradient;
    }
}
