using System.Numerics;

namespace Farsight.Tests.Engine.Kernels;

/// <summary>A rotation of complex numbers, in double.</summary>
static class RopeNaive
{
    internal static double[] Forward(float[] x, float[] angles, double factor)
    {
        double[] y = new double[x.Length];
        int half = angles.Length;
        for (int head = 0; head < x.Length; head += 2 * half)
        {
            for (int i = 0; i < half; i++)
            {
                var z = new Complex(x[head + i], x[head + half + i]) * Complex.FromPolarCoordinates(factor, angles[i]);
                (y[head + i], y[head + half + i]) = (z.Real, z.Imaginary);
            }
        }
        return y;
    }
}
