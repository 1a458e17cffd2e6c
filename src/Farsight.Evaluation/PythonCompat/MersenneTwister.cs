using System.Numerics;

namespace Farsight.Evaluation.PythonCompat;

/// <summary>Implements the generator MT19937 under Python's random and NumPy's RandomState: 32 bits per draw.</summary>
/// <remarks>Source: Matsumoto and Nishimura, Mersenne Twister, ACM TOMACS 8(1), 1998; seeding as in their version of 2002.</remarks>
sealed class MersenneTwister
{
    const int Words = 624, Middle = 397;

    readonly uint[] _state = new uint[Words];
    int _next = Words;

    MersenneTwister(uint seed)
    {
        _state[0] = seed;
        for (uint i = 1; i < Words; i++)
        {
            _state[i] = (1812433253u * (_state[i - 1] ^ (_state[i - 1] >> 30))) + i;
        }
    }

    /// <summary>Seeds with one number, as NumPy does.</summary>
    internal static MersenneTwister FromNumber(uint seed) => new(seed);

    /// <summary>Seeds with words, least significant first, as Python does.</summary>
    internal static MersenneTwister FromWords(ReadOnlySpan<uint> key)
    {
        MersenneTwister twister = new(19650218);
        uint[] state = twister._state;
        int i = 1;
        for (int k = 0, j = 0; k < Math.Max(Words, key.Length); k++, j = (j + 1) % key.Length)
        {
            state[i] = (state[i] ^ (Mixed(state[i - 1]) * 1664525u)) + key[j] + (uint)j;
            i = Following(state, i);
        }
        for (int k = 0; k < Words - 1; k++)
        {
            state[i] = (state[i] ^ (Mixed(state[i - 1]) * 1566083941u)) - (uint)i;
            i = Following(state, i);
        }
        state[0] = 0x80000000;
        return twister;
    }

    /// <summary>Returns the next 32 bits.</summary>
    internal uint Next()
    {
        if (_next == Words)
        {
            Refill();
        }
        uint y = _state[_next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >> 18);
    }

    static uint Mixed(uint word) => word ^ (word >> 30);

    static int Following(uint[] state, int i)
    {
        if (i + 1 < Words)
        {
            return i + 1;
        }
        state[0] = state[Words - 1];
        return 1;
    }

    void Refill()
    {
        for (int i = 0; i < Words; i++)
        {
            uint y = (_state[i] & 0x80000000) | (_state[(i + 1) % Words] & 0x7fffffff);
            _state[i] = _state[(i + Middle) % Words] ^ (y >> 1) ^ ((y & 1) * 0x9908b0df);
        }
        _next = 0;
    }
}

/// <summary>Implements the parts of NumPy's legacy RandomState that benchmarks draw from; the same seed draws the same numbers.</summary>
/// <remarks>As numpy 1.24 behaves; checked against numbers that it drew. Its generator is MT19937, seeded by a single word.</remarks>
sealed class NumpyRandom(uint seed)
{
    readonly MersenneTwister _twister = MersenneTwister.FromNumber(seed);

    /// <summary>Implements randint(low, high): below <paramref name="high"/>.</summary>
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

    /// <summary>Implements random_sample(): 0 or more and below 1, in steps of 2^-53.</summary>
    public double NextDouble()
    {
        uint high = _twister.Next() >> 5, low = _twister.Next() >> 6;
        return ((high * 67108864.0) + low) / 9007199254740992.0;
    }
}
