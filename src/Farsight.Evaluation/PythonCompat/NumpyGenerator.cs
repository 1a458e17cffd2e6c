namespace Farsight.Evaluation.PythonCompat;

/// <summary>Implements the part of numpy.random.default_rng(seed) that shuffles, which Hugging Face's datasets use as well.</summary>
/// <remarks>
/// The generator is PCG64 (O'Neill 2014: 128-bit state, output XSL-RR), seeded by NumPy's SeedSequence. Checked against permutations that
/// NumPy and the documentation of datasets publish.
/// </remarks>
sealed class NumpyGenerator
{
    const int PoolSize = 4;

    static readonly UInt128 s_multiplier = new(2549297995355413924, 4865540595714422341);

    readonly UInt128 _increment;
    UInt128 _state;
    uint? _left; // the upper half of the last 64 bits

    /// <summary>Seeds as default_rng does with an integer.</summary>
    public NumpyGenerator(ulong seed)
    {
        ulong[] words = SeedWords(seed);
        _increment = (new UInt128(words[2], words[3]) << 1) | 1;
        Step();
        _state += new UInt128(words[0], words[1]);
        Step();
    }

    /// <summary>Implements permutation(count): 0 to count − 1 in random order.</summary>
    public int[] Permutation(int count)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        for (int i = count - 1; i > 0; i--)
        {
            int j = (int)Interval((uint)i);
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }

    // 0 to most, both included: the lowest bits, drawn until they are in the range.
    uint Interval(uint most)
    {
        uint mask = uint.MaxValue >> System.Numerics.BitOperations.LeadingZeroCount(most), drawn;
        do
        {
            drawn = Next() & mask;
        }
        while (drawn > most);
        return drawn;
    }

    uint Next()
    {
        if (_left is { } upper)
        {
            _left = null;
            return upper;
        }
        Step();
        ulong folded = (ulong)(_state >> 64) ^ (ulong)_state;
        ulong bits = System.Numerics.BitOperations.RotateRight(folded, (int)(_state >> 122));
        _left = (uint)(bits >> 32);
        return (uint)bits;
    }

    void Step() => _state = (_state * s_multiplier) + _increment;

    // SeedSequence(seed).generate_state(4, uint64).
    static ulong[] SeedWords(ulong seed)
    {
        uint[] entropy = [(uint)seed, (uint)(seed >> 32)], pool = new uint[PoolSize];
        uint hash = 0x43b0d7e5;
        for (int i = 0; i < PoolSize; i++)
        {
            pool[i] = Hashed(i < entropy.Length ? entropy[i] : 0, ref hash, 0x931e8875);
        }
        for (int source = 0; source < PoolSize; source++)
        {
            for (int target = 0; target < PoolSize; target++)
            {
                if (source != target)
                {
                    uint mixed = (0xca01f9dd * pool[target]) - (0x4973f715 * Hashed(pool[source], ref hash, 0x931e8875));
                    pool[target] = mixed ^ (mixed >> 16);
                }
            }
        }
        hash = 0x8b51f9dd;
        uint[] words = [.. Enumerable.Range(0, 2 * PoolSize).Select(i => Hashed(pool[i % PoolSize], ref hash, 0x58f38ded))];
        return [.. Enumerable.Range(0, PoolSize).Select(i => words[2 * i] | ((ulong)words[(2 * i) + 1] << 32))];
    }

    static uint Hashed(uint value, ref uint hash, uint multiplier)
    {
        value ^= hash;
        hash *= multiplier;
        value *= hash;
        return value ^ (value >> 16);
    }
}
