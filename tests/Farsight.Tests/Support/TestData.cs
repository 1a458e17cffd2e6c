using Farsight.Engine.Numerics;

namespace Farsight.Tests.Support;

/// <summary>Numbers to test with: the same on every machine.</summary>
static class TestData
{
    /// <summary>Standard normal numbers.</summary>
    internal static float[] Normal(int count, int seed)
    {
        SeededRandom random = SeededRandom.For(seed, "test", 0);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = (float)random.NextNormal();
        }
        return values;
    }
}
