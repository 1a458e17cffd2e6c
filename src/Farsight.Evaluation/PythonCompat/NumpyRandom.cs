using System.Numerics;

namespace Farsight.Evaluation.PythonCompat;

/// <summary>The parts of NumPy's legacy RandomState that benchmarks draw from; the same seed draws the same numbers.</summary>
/// <remarks>As numpy 1.24 behaves; checked against numbers that it drew. Its generator is MT19937, seeded by a single word.</remarks>
public sealed class NumpyRandom(uint seed)
{
    readonly MersenneTwister _twister = MersenneTwister.FromNumber(seed);

    /// <summary>randint(low, high): below <paramref name="high"/>.</summary>
    public int RandInt(int low, int high)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(low, high);
        uint range = (uint)(high - 1 - low);
        if (range == 0)
        {
            return low;
        }
        uint mask = uint.MaxValue >> BitOperations.LeadingZeroCount(range), drawn;
        do
        {
            drawn = _twister.Next() & mask;
        }
        while (drawn > range);
        return low + (int)drawn;
    }

    /// <summary>random_sample(): 0 or more and below 1, in steps of 2^-53.</summary>
    public double NextDouble()
    {
        uint high = _twister.Next() >> 5, low = _twister.Next() >> 6;
        return ((high * 67108864.0) + low) / 9007199254740992.0;
    }
}
