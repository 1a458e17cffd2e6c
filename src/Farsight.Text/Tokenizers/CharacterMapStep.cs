using System.Buffers.Binary;
using System.Text;

namespace Farsight.Text.Tokenizers;

/// <summary>Replaces characters by SentencePiece's map of them ("Precompiled"), such as full-width letters by plain ones.</summary>
/// <remarks>
/// The map is a double-array trie (Darts-clone) over UTF-8, followed by the replacements, each ended by a zero byte. At every place the
/// longest entry counts; a character without an entry stays.
/// </remarks>
sealed class CharacterMapStep : TextStep
{
    // The longest replacement of Unicode's compatibility forms has 33; keeps a damaged file from making gigabytes of a short text.
    const int LongestReplacement = 256;

    readonly uint[] _trie;
    readonly byte[] _replacements;

    CharacterMapStep(uint[] trie, byte[] replacements) => (_trie, _replacements) = (trie, replacements);

    /// <summary>Reads a map; null if it is damaged.</summary>
    internal static CharacterMapStep? Read(ReadOnlySpan<byte> map)
    {
        if (map.Length < sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(map) is var bytes && bytes > map.Length - sizeof(uint))
        {
            return null;
        }
        uint[] trie = new uint[bytes / sizeof(uint)];
        for (int i = 0; i < trie.Length; i++)
        {
            trie[i] = BinaryPrimitives.ReadUInt32LittleEndian(map[(sizeof(uint) * (i + 1))..]);
        }
        byte[] replacements = map[(sizeof(uint) + (int)bytes)..].ToArray();
        int longest = 0;
        for (int start = 0, end = 0; end < replacements.Length; end++)
        {
            (start, longest) = replacements[end] == 0 ? (end + 1, Math.Max(longest, end - start)) : (start, longest);
        }
        return trie.Length > 0 && replacements is [.., 0] && longest <= LongestReplacement ? new(trie, replacements) : null;
    }

    internal override ReadOnlySpan<char> Apply(ReadOnlySpan<char> text, bool first)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text.ToArray());
        MemoryStream changed = new(bytes.Length);
        bool isChanged = false;
        for (int at = 0; at < bytes.Length;)
        {
            if (Longest(bytes.AsSpan(at)) is { } entry)
            {
                ReadOnlySpan<byte> replacement = _replacements.AsSpan(Math.Min(entry.Replacement, _replacements.Length - 1));
                changed.Write(replacement[..replacement.IndexOf((byte)0)]);
                at += entry.Length;
                isChanged = true;
            }
            else
            {
                Rune.DecodeFromUtf8(bytes.AsSpan(at), out _, out int length);
                changed.Write(bytes, at, length);
                at += length;
            }
        }
        return isChanged ? Encoding.UTF8.GetString(changed.GetBuffer(), 0, (int)changed.Length) : text;
    }

    (int Length, int Replacement)? Longest(ReadOnlySpan<byte> bytes)
    {
        (int, int)? longest = null;
        uint node = Offset(_trie[0]);
        for (int i = 0; i < bytes.Length; i++)
        {
            node ^= bytes[i];
            if (node >= (uint)_trie.Length || (_trie[node] & 0x800000FF) != bytes[i])
            {
                break;
            }
            uint unit = _trie[node];
            node ^= Offset(unit);
            if ((unit & 0x100) != 0 && node < (uint)_trie.Length)
            {
                longest = (i + 1, (int)(_trie[node] & 0x7FFFFFFF));
            }
        }
        return longest;
    }

    static uint Offset(uint unit) => unit >> 10 << (int)((unit & 0x200) >> 6);
}
