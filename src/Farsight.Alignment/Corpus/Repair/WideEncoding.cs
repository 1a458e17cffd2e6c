using System.Buffers.Binary;
using System.Text;

namespace Farsight.Alignment.Corpus.Repair;

/// <summary>Detects text in UTF-16 and UTF-32.</summary>
static class WideEncoding
{
    const int Looked = 4096;

    static readonly UTF32Encoding s_utf32BigEndian = new(bigEndian: true, byteOrderMark: true);

    /// <summary>Detects the encoding by its byte order mark or by its zero bytes; null for anything else, including UTF-8.</summary>
    internal static Encoding? Of(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 2)
        {
            return null;
        }
        if (bytes.Length >= 4 && BinaryPrimitives.ReadUInt32BigEndian(bytes) is 0xFFFE0000 or 0x0000FEFF)
        {
            return bytes[0] == 0 ? s_utf32BigEndian : Encoding.UTF32;
        }
        return BinaryPrimitives.ReadUInt16BigEndian(bytes) switch
        {
            0xFFFE => Encoding.Unicode,
            0xFEFF => Encoding.BigEndianUnicode,
            _ => ByZeros(bytes[..Math.Min(bytes.Length, Looked)]),
        };
    }

    /// <summary>Detects UTF-16 by zero bytes: most characters of alphabetic languages have one, always on the same side.</summary>
    static Encoding? ByZeros(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.Contains((byte)0))
        {
            return null;
        }
        int even = 0, odd = 0, pairs = bytes.Length / 2;
        for (int i = 0; i + 1 < bytes.Length; i += 2)
        {
            even += bytes[i] == 0 ? 1 : 0;
            odd += bytes[i + 1] == 0 ? 1 : 0;
        }
        return odd * 2 > pairs && even * 20 < pairs ? Encoding.Unicode
            : even * 2 > pairs && odd * 20 < pairs ? Encoding.BigEndianUnicode
            : null;
    }
}
