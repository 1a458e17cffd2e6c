using System.Buffers.Binary;
using System.Text;
using Farsight.Engine.Files;

namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>Reads a GGUF file's header from front to back; a length that leaves the file is the file's fault, whatever it is.</summary>
sealed class GgufCursor(MappedFile file, string path)
{
    static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The next byte, from the start of the file.</summary>
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
            throw Damaged($"a name or text before byte {At} is no UTF-8", e);
        }
    }

    internal void Skip(ulong count)
    {
        if (count > (ulong)(file.Length - At))
        {
            throw Damaged($"it ends at byte {file.Length}, inside its header");
        }
        At += (long)count;
    }

    internal InputException Damaged(string what, Exception? cause = null)
    {
        string message = $"{path} is damaged or no GGUF file: {what}; download it again.";
        return cause is null ? new(message) : new(message, cause);
    }

    ReadOnlySpan<byte> Take(long count)
    {
        long start = At;
        Skip((ulong)count);
        return file.Bytes(start, (int)count);
    }
}
