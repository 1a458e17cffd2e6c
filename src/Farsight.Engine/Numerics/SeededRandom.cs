using System.Text;

namespace Farsight.Engine.Numerics;

/// <summary>Generates random numbers with SplitMix64: the same on every machine and .NET version, unlike System.Random.</summary>
/// <remarks>
/// Each use takes its own stream by purpose and index, so adding a use does not move the numbers of another, and a
/// resumed run needs no saved generator: the stream of step n is made from n.
/// Source: Steele, Lea, Flood, OOPSLA 2014, and the public-domain splitmix64.c by Vigna.
/// </remarks>
public struct SeededRandom(ulong state)
{
    ulong _state = state;

    /// <summary>State from which the constructor creates an equal generator.</summary>
    public readonly ulong State => _state;

    /// <summary>Creates the random stream of one use.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="purpose">Name of the use: "niah/single", "shuffle".</param>
    /// <param name="index">Index of the example or epoch.</param>
    public static SeededRandom For(int seed, string purpose, int index)
    {
        ulong hash = 14695981039346656037; // FNV-1a, 64 bits
        foreach (byte b in Encoding.UTF8.GetBytes($"{seed}/{purpose}/{index}"))
        {
            hash = (hash ^ b) * 1099511628211;
        }
        return new(hash);
    }

    /// <summary>Returns the next 64 random bits.</summary>
    public ulong NextUInt64()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Returns a number from 0 to <paramref name="exclusiveMax"/> − 1; the bias is below 2⁻³².</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="exclusiveMax"/> is not positive.</exception>
    public int Next(int exclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusiveMax);
        return (int)Math.BigMul(NextUInt64(), (ulong)exclusiveMax, out _);
    }

    /// <summary>Returns a number from <paramref name="inclusiveMin"/> to <paramref name="exclusiveMax"/> − 1.</summary>
    public int Next(int inclusiveMin, int exclusiveMax) => inclusiveMin + Next(exclusiveMax - inclusiveMin);

    /// <summary>Returns a uniform number in [0, 1) with 53 random bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Returns a standard normal number by the Box–Muller transform; uses two uniform numbers per call.</summary>
    public double NextNormal() =>
        Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    /// <summary>Returns one of the items, each with equal probability.</summary>
    public T Pick<T>(IReadOnlyList<T> items) => items[Next(items.Count)];

    /// <summary>Shuffles the items in place (Fisher–Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = Next(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
