using System.Buffers.Binary;

namespace Farsight.Engine.Files;

/// <summary>Recognizes common binary files by their first bytes, so that a message can name what a file seems to be.</summary>
public static class BinaryKind
{
    /// <summary>Kinds that readers of documents decompress.</summary>
    public const string Gzip = "a gzip file", Zstandard = "a Zstandard file";

    const int BytesOfStart = 512; // up to the signature of a tar archive
    const long MostHeader = 100_000_000; // bytes of the JSON header of a safetensors file, the limit of its reader

    static readonly (string Name, int Offset, byte[] Signature)[] s_kinds =
    [
        ("a PNG image", 0, [0x89, .. "PNG"u8]),
        ("a JPEG image", 0, [0xFF, 0xD8, 0xFF]),
        ("a GIF image", 0, [.. "GIF8"u8]),
        ("a WebP image", 8, [.. "WEBPVP8"u8]),
        ("a WAV recording", 8, [.. "WAVEfmt"u8]),
        ("an MP3 recording", 0, [.. "ID3"u8]),
        ("an MP4 video", 4, [.. "ftyp"u8]),
        ("a ZIP archive", 0, [.. "PK"u8, 3, 4]),
        (Gzip, 0, [0x1F, 0x8B, 8]),
        (Zstandard, 0, [0x28, 0xB5, 0x2F, 0xFD]),
        ("an xz file", 0, [0xFD, .. "7zXZ"u8, 0]),
        ("a bzip2 file", 4, [.. "1AY&SY"u8]),
        ("a 7z archive", 0, [.. "7z"u8, 0xBC, 0xAF]),
        ("a RAR archive", 0, [.. "Rar!"u8, 0x1A, 7]),
        ("a tar archive", 257, [.. "ustar"u8]),
        ("a GGUF model", 0, [.. "GGUF"u8]),
        ("a NumPy array", 0, [0x93, .. "NUMPY"u8]),
        ("an Arrow file", 0, [.. "ARROW1"u8]),
        ("an SQLite database", 0, [.. "SQLite format 3"u8, 0]),
        ("a program", 0, [0x7F, .. "ELF"u8]),
        ("an old Office document", 0, [0xD0, 0xCF, 0x11, 0xE0]),
    ];

    /// <summary>
    /// Returns what a file seems to be, as in "a PNG image"; null for a text, a binary file of another kind, and one that cannot be read.
    /// </summary>
    /// <exception cref="InputException">The path is a pipe, socket or device.</exception>
    public static string? Of(string path)
    {
        Span<byte> start = stackalloc byte[BytesOfStart];
        try
        {
            using FileStream file = RegularFile.OpenRead(path);
            return Of(start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // the reader of the file reports it
        }
    }

    internal static string? Of(ReadOnlySpan<byte> start)
    {
        // A signature of printable characters may begin a text; files that have one have zero bytes near it.
        bool hasZero = start[..Math.Min(start.Length, BytesOfStart)].Contains((byte)0);
        foreach ((string name, int offset, byte[] signature) in s_kinds)
        {
            if (start.Length > offset && start[offset..].StartsWith(signature) && (hasZero || signature.Any(b => !IsPrintable(b))))
            {
                return name;
            }
        }
        bool isSafetensors = start.Length > sizeof(ulong) && start[sizeof(ulong)] == '{'
            && BinaryPrimitives.ReadUInt64LittleEndian(start) is > 1 and <= MostHeader;
        return isSafetensors ? "a safetensors file" : null;
    }

    static bool IsPrintable(byte value) => value is >= 0x20 and < 0x7F;
}
