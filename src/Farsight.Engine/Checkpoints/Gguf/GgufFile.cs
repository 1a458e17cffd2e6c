using System.Buffers.Binary;
using Farsight.Engine.Files;

namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>A GGUF file, mapped: keys, and tensors by name in the type they are stored in.</summary>
public sealed class GgufFile : IDisposable
{
    readonly MappedFile _file;

    GgufFile(string path, MappedFile file)
    {
        (Path, _file) = (path, file);
        GgufHeader header = new(file, path);
        (Metadata, Tensors) = (header.Metadata, header.Tensors);
    }

    /// <summary>Where the file is.</summary>
    public string Path { get; }

    /// <summary>Settings, vocabulary, names.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>By name: "blk.0.attn_q.weight"; extents with the slowest first, as everywhere here.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Tensors { get; }

    /// <summary>Whether a path is that of a GGUF file, by its first bytes.</summary>
    public static bool IsGguf(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }
        using FileStream file = File.OpenRead(path);
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        return file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length
            && BinaryPrimitives.ReadUInt32LittleEndian(magic) == GgufHeader.Magic;
    }

    /// <summary>Maps the file and checks its header completely.</summary>
    /// <exception cref="InputException">The file is missing, truncated, damaged, or of another kind.</exception>
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
