namespace Farsight.Engine.Files;

/// <summary>Reads bzip2 files, in which some data sets come and which .NET does not read.</summary>
/// <remarks>Blocks of sorted text: Huffman codes, runs, move to front, the inverse Burrows–Wheeler transform, runs of bytes; each with a
/// checksum.</remarks>
static class Bzip2
{
    const long BlockMark = 0x314159265359, EndMark = 0x177245385090;

    const int BlockUnit = 100_000, GroupSize = 50, MaxCodeLength = 20, MaxTables = 6;

    static readonly uint[] s_checksums = [.. Enumerable.Range(0, 256).Select(Checksum)];

    /// <summary>Decompresses a whole file.</summary>
    /// <exception cref="InvalidDataException">It is none, or damaged.</exception>
    internal static MemoryStream Decompress(Stream compressed)
    {
        MemoryStream result = new();
        using BufferedStream buffered = new(compressed, 1 << 16);
        BitReader bits = new(buffered);
        while (!bits.IsAtEnd)
        {
            Stream(bits, result);
            bits.SkipToByte();
        }
        result.Position = 0;
        return result;
    }

    static void Stream(BitReader bits, MemoryStream result)
    {
        Check(bits.Take(16) == ('B' << 8 | 'Z') && bits.Take(8) == 'h', "it does not begin as bzip2 does");
        int level = bits.Take(8) - '0';
        Check(level is >= 1 and <= 9, "its block size is unknown");
        uint combined = 0;
        while (true)
        {
            long mark = (long)bits.Take(24) << 24 | (uint)bits.Take(24);
            uint checksum = (uint)bits.Take(16) << 16 | (uint)bits.Take(16);
            if (mark == EndMark)
            {
                Check(checksum == combined, "its checksum is wrong");
                return;
            }
            Check(mark == BlockMark, "a block does not begin as one");
            Check(Block(bits, level * BlockUnit, result) == checksum, "the checksum of a block is wrong");
            combined = (combined << 1 | combined >> 31) ^ checksum;
        }
    }

    static uint Block(BitReader bits, int size, MemoryStream result)
    {
        Check(bits.Take(1) == 0, "it was written by a version that is no longer in use");
        int origin = bits.Take(24);
        byte[] symbols = Symbols(bits);
        (int[] selectors, HuffmanTable[] tables) = Codes(bits, symbols.Length + 2);
        byte[] sorted = Sorted(bits, symbols, selectors, tables, size);
        Check(origin < sorted.Length, "a block has no beginning");
        return Write(sorted, origin, result);
    }

    static byte[] Symbols(BitReader bits)
    {
        int rows = bits.Take(16);
        List<byte> used = [];
        for (int row = 0; row < 16; row++)
        {
            int columns = (rows & 0x8000 >> row) != 0 ? bits.Take(16) : 0;
            used.AddRange(Enumerable.Range(0, 16).Where(c => (columns & 0x8000 >> c) != 0).Select(c => (byte)(16 * row + c)));
        }
        Check(used.Count > 0, "a block uses no bytes");
        return [.. used];
    }

    static (int[] Selectors, HuffmanTable[] Tables) Codes(BitReader bits, int symbols)
    {
        int count = bits.Take(3), groups = bits.Take(15);
        Check(count is >= 2 and <= MaxTables && groups > 0, "a block has no codes");
        List<int> order = [.. Enumerable.Range(0, count)];
        int[] selectors = new int[groups];
        for (int g = 0; g < groups; g++)
        {
            int place = 0;
            while (bits.Take(1) == 1)
            {
                Check(++place < count, "a block names a code that is not there");
            }
            selectors[g] = order[place];
            order.RemoveAt(place);
            order.Insert(0, selectors[g]);
        }
        return (selectors, [.. Enumerable.Range(0, count).Select(_ => new HuffmanTable(Lengths(bits, symbols)))]);
    }

    static int[] Lengths(BitReader bits, int symbols)
    {
        int[] lengths = new int[symbols];
        int length = bits.Take(5);
        for (int s = 0; s < symbols; s++)
        {
            while (bits.Take(1) == 1)
            {
                length += bits.Take(1) == 0 ? 1 : -1;
                Check(length is >= 1 and <= MaxCodeLength, "a code has a length that none has");
            }
            lengths[s] = length;
        }
        return lengths;
    }

    /// <summary>The last column of the sorted rotations.</summary>
    static byte[] Sorted(BitReader bits, byte[] symbols, int[] selectors, HuffmanTable[] tables, int size)
    {
        byte[] front = [.. symbols], sorted = new byte[size];
        int end = symbols.Length + 1, length = 0, run = 0, weight = 1;
        for (int n = 0; ; n++)
        {
            Check(n / GroupSize < selectors.Length, "a block has no end");
            int symbol = tables[selectors[n / GroupSize]].Read(bits);
            if (symbol <= 1)
            {
                run += weight << symbol;
                weight <<= 1;
                Check(run <= size, "a block is too long");
                continue;
            }
            Check(length + run + (symbol == end ? 0 : 1) <= size, "a block is too long");
            sorted.AsSpan(length, run).Fill(front[0]);
            length += run;
            (run, weight) = (0, 1);
            if (symbol == end)
            {
                return sorted[..length];
            }
            byte next = front[symbol - 1];
            Array.Copy(front, 0, front, 1, symbol - 1);
            sorted[length++] = front[0] = next;
        }
    }

    /// <summary>Undoes the sorting and the runs of four bytes and a count; returns the checksum.</summary>
    static uint Write(byte[] sorted, int origin, MemoryStream result)
    {
        int[] starts = new int[257], next = new int[sorted.Length];
        foreach (byte b in sorted)
        {
            starts[b + 1]++;
        }
        for (int b = 1; b < starts.Length; b++)
        {
            starts[b] += starts[b - 1];
        }
        for (int i = 0; i < sorted.Length; i++)
        {
            next[starts[sorted[i]]++] = i;
        }

        uint checksum = uint.MaxValue;
        int place = next[origin], equal = 0, last = -1;
        for (int i = 0; i < sorted.Length; i++, place = next[place])
        {
            int value = sorted[place], times = equal == 4 ? value : 1;
            (equal, last) = equal == 4 ? (0, last) : (value == last ? equal + 1 : 1, value);
            for (int t = 0; t < times; t++)
            {
                result.WriteByte((byte)last);
                checksum = checksum << 8 ^ s_checksums[checksum >> 24 ^ (byte)last];
            }
            last = equal == 0 ? -1 : last;
        }
        return ~checksum;
    }

    static uint Checksum(int value)
    {
        uint checksum = (uint)value << 24;
        for (int bit = 0; bit < 8; bit++)
        {
            checksum = (checksum & 0x80000000) != 0 ? checksum << 1 ^ 0x04C11DB7 : checksum << 1;
        }
        return checksum;
    }

    static void Check(bool isRight, string otherwise)
    {
        if (!isRight)
        {
            throw new InvalidDataException($"As a bzip2 file {otherwise}.");
        }
    }

    /// <summary>Canonical codes: of one length in the order of their symbols.</summary>
    sealed class HuffmanTable
    {
        readonly int[] _limits = new int[MaxCodeLength + 1], _offsets = new int[MaxCodeLength + 1], _symbols;

        internal HuffmanTable(int[] lengths)
        {
            _symbols = [.. Enumerable.Range(0, lengths.Length).OrderBy(s => lengths[s])];
            int code = 0, before = 0;
            for (int length = 1; length <= MaxCodeLength; length++)
            {
                int count = lengths.Count(l => l == length);
                _offsets[length] = before - code;
                code += count;
                before += count;
                _limits[length] = code;
                code <<= 1;
            }
        }

        internal int Read(BitReader bits)
        {
            int code = 0;
            for (int length = 1; length <= MaxCodeLength; length++)
            {
                code = code << 1 | bits.Take(1);
                if (code < _limits[length])
                {
                    return _symbols[code + _offsets[length]];
                }
            }
            throw new InvalidDataException("As a bzip2 file it has a code that stands for nothing.");
        }
    }

    /// <summary>Bits, the highest of a byte first.</summary>
    sealed class BitReader(Stream stream)
    {
        uint _bits;
        int _count;
        int _ahead = -2;

        internal bool IsAtEnd => (_ahead = _ahead == -2 ? stream.ReadByte() : _ahead) < 0;

        internal int Take(int count)
        {
            while (_count < count)
            {
                if (IsAtEnd)
                {
                    throw new InvalidDataException("As a bzip2 file it ends too early.");
                }
                _bits = _bits << 8 | (uint)_ahead;
                _ahead = -2;
                _count += 8;
            }
            _count -= count;
            return (int)(_bits >> _count & (1u << count) - 1);
        }

        internal void SkipToByte() => _count -= _count % 8;
    }
}
