using System.Numerics;
using System.Runtime.InteropServices;

namespace Farsight.Text.Tokenizers;

/// <summary>Caches the tokens of short pieces, because words recur. For one thread; cleared when full.</summary>
sealed class PieceCache
{
    /// <summary>Longer pieces seldom come again.</summary>
    internal const int LongestPiece = 32;

    const int Slots = 1 << 16, MostPieces = Slots * 3 / 4;

    readonly Entry[] _entries = new Entry[Slots];
    readonly List<char> _letters = [];
    readonly List<int> _ids = [];
    int _count;

    /// <summary>Appends the tokens of a piece to <paramref name="ids"/>, if they are known.</summary>
    /// <param name="piece">At most <see cref="LongestPiece"/> long, and not empty.</param>
    /// <param name="ids">Where the tokens go.</param>
    /// <param name="slot">Where the piece belongs, for <see cref="Add"/>.</param>
    internal bool TryAppend(ReadOnlySpan<char> piece, List<int> ids, out uint slot)
    {
        uint hash = Hash(piece);
        slot = hash >> 16;
        while (_entries[slot].Length != 0)
        {
            ref readonly Entry entry = ref _entries[slot];
            if (entry.Hash == hash && piece.SequenceEqual(CollectionsMarshal.AsSpan(_letters).Slice(entry.FirstLetter, entry.Length)))
            {
                if (entry.Count == 1)
                {
                    ids.Add(entry.FirstId);
                }
                else
                {
                    ids.AddRange(CollectionsMarshal.AsSpan(_ids).Slice(entry.FirstId, entry.Count));
                }
                return true;
            }
            slot = (slot + 1) & (Slots - 1);
        }
        return false;
    }

    /// <summary>Adds a piece that <see cref="TryAppend"/> did not find.</summary>
    internal void Add(ReadOnlySpan<char> piece, ReadOnlySpan<int> ids, uint slot)
    {
        _entries[slot] = new(Hash(piece), _letters.Count, ids.Length == 1 ? ids[0] : _ids.Count, (ushort)piece.Length, (ushort)ids.Length);
        _letters.AddRange(piece);
        if (ids.Length != 1) // a single token stands in the entry itself
        {
            _ids.AddRange(ids);
        }
        if (++_count == MostPieces)
        {
            Array.Clear(_entries);
            _letters.Clear();
            _ids.Clear();
            _count = 0;
        }
    }

    static uint Hash(ReadOnlySpan<char> piece)
    {
        const ulong Factor = 0x9E3779B97F4A7C15;
        ulong hash = (ulong)piece.Length;
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(piece);
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            hash = BitOperations.RotateLeft((hash ^ MemoryMarshal.Read<ulong>(bytes)) * Factor, 29);
        }
        ulong last = 0;
        for (int i = bytes.Length - 2; i >= 0; i -= 2)
        {
            last = (last << 16) | MemoryMarshal.Read<ushort>(bytes[i..]);
        }
        return (uint)(((hash ^ last) * Factor) >> 32);
    }

    readonly record struct Entry(uint Hash, int FirstLetter, int FirstId, ushort Length, ushort Count);
}
