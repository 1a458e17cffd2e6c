using System.Buffers.Binary;
using System.Text;
using Farsight.Engine.Files;

namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>Reads the header of a GGUF file from start to end; a length beyond the file is reported as damage.</summary>
sealed class GgufCursor(MappedFile file, string path)
{
    static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Offset of the next byte in the file.</summary>
    internal long At { get; private set; }

    internal byte U8() => Take(1)[0];

    internal uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    internal ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    internal string String(int longest)
    {
        ulong length = U64();
        if (length > (ulong)longest)
        {
            throw Damaged($"a name or text at byte {At} is {length} bytes long");
        }
        try
        {
            return s_utf8.GetString(Take((long)length));
        }
        catch (DecoderFallbackException e)
        {
            throw Damaged($"a name or text before byte {At} is not UTF-8", e);
        }
    }

    internal void Skip(ulong count)
    {
        if (count > (ulong)(file.Length - At))
        {
            throw Damaged($"it ends inside its header, at byte {file.Length}");
        }
        At += (long)count;
    }

    internal InputException Damaged(string what, Exception? cause = null)
    {
        string message = $"{path} is damaged or not a GGUF file: {what}; download it again.";
        return cause is null ? new(message) : new(message, cause);
    }

    ReadOnlySpan<byte> Take(long count)
    {
        long start = At;
        Skip((ulong)count);
        return file.Bytes(start, (int)count);
    }
}
