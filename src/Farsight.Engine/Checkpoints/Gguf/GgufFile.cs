using System.Buffers.Binary;
using Farsight.Engine.Files;

namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>Represents a mapped GGUF file: keys, and tensors by name in their stored type.</summary>
public sealed class GgufFile : IDisposable
{
    readonly MappedFile _file;

    GgufFile(string path, MappedFile file)
    {
        (Path, _file) = (path, file);
        GgufHeader header = new(file, path);
        (Metadata, Tensors) = (header.Metadata, header.Tensors);
    }

    /// <summary>Path of the file.</summary>
    public string Path { get; }

    /// <summary>Keys with settings, vocabulary and names.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>Tensors by name: "blk.0.attn_q.weight"; extents are slowest first.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Tensors { get; }

    /// <summary>Returns whether a file is a GGUF file, by its first bytes.</summary>
    public static bool IsGguf(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }
        using FileStream file = RegularFile.OpenRead(path);
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        return file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length
            && BinaryPrimitives.ReadUInt32LittleEndian(magic) == GgufHeader.Magic;
    }

    /// <summary>Maps the file and checks its whole header.</summary>
    /// <exception cref="InputException">The file is missing, truncated, damaged, or not a GGUF file.</exception>
    public static GgufFile Open(string path)
    {
        MappedFile file = MappedFile.Open(path);
        try
        {
            return new(path, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
