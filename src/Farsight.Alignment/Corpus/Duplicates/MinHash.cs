using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Corpus.Duplicates;

/// <summary>Computes MinHash signatures. The share of equal positions estimates the similarity of two texts' shingles.</summary>
/// <remarks>
/// Place i holds the lower 16 bits of min over shingles s of h_i(s) = lo(s)·a_i + hi(s) mod 2³², with lo and hi the halves of the
/// shingle's 64-bit hash and a_i odd. Two texts agree in a place with probability J + (1 − J)·2⁻¹⁶, J = |A ∩ B| / |A ∪ B|; the
/// standard deviation of the estimate is √(J(1 − J)/128), 0.035 at 0.8.
/// Source: Broder, "On the resemblance and containment of documents", 1997; sixteen of the bits are enough by Li and König,
/// arXiv:0910.3349.
/// </remarks>
sealed class MinHash
{
    /// <summary>Number of positions in a signature.</summary>
    internal const int Places = 128;

    const int Block = 256;

    static readonly uint[] s_factors = Factors();

    readonly uint[] _least = new uint[Places];
    readonly uint[] _low = new uint[Block], _high = new uint[Block];
    readonly ulong[] _block = new ulong[Block];

    /// <summary>Writes the signature of a text.</summary>
    /// <param name="text">Any.</param>
    /// <param name="signature">[128] overwritten.</param>
    /// <returns>False for a text without words, which has none.</returns>
    internal bool Sign(ReadOnlySpan<char> text, Span<ushort> signature)
    {
        Array.Fill(_least, uint.MaxValue);
        bool any = false;
        Shingles.Hash(text, _block, hashes =>
        {
            any |= !hashes.IsEmpty;
            Lower(hashes);
        });
        for (int i = 0; i < Places; i++)
        {
            signature[i] = (ushort)_least[i];
        }
        return any;
    }

    /// <summary>Computes the share of positions in which two signatures agree.</summary>
    internal static double Similarity(ReadOnlySpan<ushort> a, ReadOnlySpan<ushort> b)
    {
        int same = 0;
        for (int i = 0; i < Places; i++)
        {
            same += a[i] == b[i] ? 1 : 0;
        }
        return same / (double)Places;
    }

    void Lower(ReadOnlySpan<ulong> hashes)
    {
        for (int s = 0; s < hashes.Length; s++)
        {
            (_low[s], _high[s]) = ((uint)hashes[s], (uint)(hashes[s] >> 32));
        }
        Span<Vector256<uint>> least = MemoryMarshal.Cast<uint, Vector256<uint>>(_least.AsSpan());
        ReadOnlySpan<Vector256<uint>> factors = MemoryMarshal.Cast<uint, Vector256<uint>>(s_factors.AsSpan());
        for (int v = 0; v + 1 < least.Length; v += 2)
        {
            // Two at once: one alone waits for its own minimum.
            Vector256<uint> a = least[v], b = least[v + 1], fa = factors[v], fb = factors[v + 1];
            for (int s = 0; s < hashes.Length; s++)
            {
                Vector256<uint> low = Vector256.Create(_low[s]), high = Vector256.Create(_high[s]);
                a = Vector256.Min(a, (low * fa) + high);
                b = Vector256.Min(b, (low * fb) + high);
            }
            (least[v], least[v + 1]) = (a, b);
        }
    }

    static uint[] Factors()
    {
        SeededRandom random = SeededRandom.For(0, "minhash factors", 0);
        uint[] factors = new uint[Places];
        for (int i = 0; i < Places; i++)
        {
            factors[i] = (uint)random.NextUInt64() | 1;
        }
        return factors;
    }
}
