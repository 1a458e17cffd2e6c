using Farsight.Engine.Optimizers;

namespace Farsight.Tests.Engine.Optimizers;

/// <summary>Written from the algorithm, in double: the decay first, then the step.</summary>
static class AdamWNaive
{
    internal static void Step(double[] w, float[] g, double[] m, double[] v, AdamWSettings s, double learningRate, int step)
    {
        for (int i = 0; i < w.Length; i++)
        {
            w[i] *= 1 - learningRate * s.WeightDecay;
            m[i] = s.Beta1 * m[i] + (1 - s.Beta1) * g[i];
            v[i] = s.Beta2 * v[i] + (1 - s.Beta2) * g[i] * g[i];
            double mHat = m[i] / (1 - Math.Pow(s.Beta1, step)), vHat = v[i] / (1 - Math.Pow(s.Beta2, step));
            w[i] -= learningRate * mHat / (Math.Sqrt(vHat) + s.Epsilon);
        }
    }
}
