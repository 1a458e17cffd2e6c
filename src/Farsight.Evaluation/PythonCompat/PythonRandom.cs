using System.Numerics;

namespace Farsight.Evaluation.PythonCompat;

/// <summary>
/// Implements Python's random.Random: the same seed draws the same numbers, so that a benchmark's generator makes the same samples.
/// </summary>
/// <remarks>As CPython 3.11's Lib/random.py and Modules/_randommodule.c behave; checked against numbers that CPython drew.</remarks>
sealed class PythonRandom
{
    readonly MersenneTwister _twister;

    /// <summary>Seeds as random.seed does with an integer, ignoring its sign.</summary>
    public PythonRandom(long seed)
    {
        ulong size = (ulong)Int128.Abs(seed);
        _twister = size <= uint.MaxValue
            ? MersenneTwister.FromWords([(uint)size])
            : MersenneTwister.FromWords([(uint)size, (uint)(size >> 32)]);
    }

    /// <summary>Implements random(): 0 or more and below 1, in steps of 2^-53.</summary>
    public double NextDouble()
    {
        uint high = _twister.Next() >> 5, low = _twister.Next() >> 6;
        return ((high * 67108864.0) + low) / 9007199254740992.0;
    }

    /// <summary>Implements getrandbits(count), up to 128 bits.</summary>
    public UInt128 Bits(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 128);
        UInt128 bits = 0;
        for (int at = 0; at < count; at += 32)
        {
            uint word = _twister.Next();
            bits |= (UInt128)(count - at < 32 ? word >> (32 - (count - at)) : word) << at;
        }
        return bits;
    }

    /// <summary>Implements randrange(count): 0 or more and below <paramref name="count"/>.</summary>
    public int Below(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        int bits = 32 - BitOperations.LeadingZeroCount((uint)count);
        uint drawn;
        do
        {
            drawn = _twister.Next() >> (32 - bits);
        }
        while (drawn >= count);
        return (int)drawn;
    }

    /// <summary>Implements randint(low, high), both ends included.</summary>
    public int RandInt(int low, int high) => low + Below(high - low + 1);

    /// <summary>Implements choice(items).</summary>
    public T Choice<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>Implements choices(items, k=count), with repetition.</summary>
    public T[] Choices<T>(IReadOnlyList<T> items, int count)
    {
        T[] drawn = new T[count];
        for (int i = 0; i < count; i++)
        {
            drawn[i] = items[(int)Math.Floor(NextDouble() * items.Count)];
        }
        return drawn;
    }

    /// <summary>Implements ''.join(choices(letters, k=count)).</summary>
    public string Letters(string letters, int count) => string.Concat(Choices(letters.ToCharArray(), count));

    /// <summary>Implements sample(range(population), count), without repetition.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than <paramref name="count"/>, or it is negative.</exception>
    public int[] Sample(int population, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, population);
        // What Python reckons a set of so many takes; a list of the whole population is cheaper below that.
        int setSize = 21 + (count > 5 ? (int)Math.Pow(4, Math.Ceiling(Math.Log(count * 3) / Math.Log(4))) : 0);
        return population <= setSize ? FromPool(population, count) : FromSet(population, count);
    }

    /// <summary>Implements sample(items, count), without repetition.</summary>
    /// <exception cref="ArgumentOutOfRangeException">As for <see cref="Sample(int, int)"/>.</exception>
    public T[] Sample<T>(IReadOnlyList<T> items, int count) => [.. Sample(items.Count, count).Select(i => items[i])];

    /// <summary>Implements shuffle(items), in place.</summary>
    public void Shuffle<T>(IList<T> items)
    {
        for (int i = items.Count - 1; i > 0; i--)
        {
            int j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>Implements str(uuid.UUID(int=getrandbits(128), version=4)).</summary>
    public string Uuid()
    {
        UInt128 bits = Bits(128);
        bits = (bits & ~((UInt128)0xc000 << 48)) | ((UInt128)0x8000 << 48);
        bits = (bits & ~((UInt128)0xf000 << 64)) | ((UInt128)4 << 76);
        string hex = bits.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
        return $"{hex[..8]}-{hex[8..12]}-{hex[12..16]}-{hex[16..20]}-{hex[20..]}";
    }

    int[] FromPool(int population, int count)
    {
        int[] pool = [.. Enumerable.Range(0, population)], drawn = new int[count];
        for (int i = 0; i < count; i++)
        {
            int j = Below(population - i);
            drawn[i] = pool[j];
            pool[j] = pool[population - i - 1];
        }
        return drawn;
    }

    int[] FromSet(int population, int count)
    {
        HashSet<int> taken = [];
        int[] drawn = new int[count];
        for (int i = 0; i < count; i++)
        {
            do
            {
                drawn[i] = Below(population);
            }
            while (!taken.Add(drawn[i]));
        }
        return drawn;
    }
}
