using Farsight.Engine.Files;

namespace Farsight.Engine.Checkpoints;

/// <summary>Represents a mapped safetensors file: tensors by name, in their stored format.</summary>
public sealed class SafetensorsFile : IDisposable
{
    readonly MappedFile _file;

    SafetensorsFile(string path, MappedFile file)
    {
        (Path, _file) = (path, file);
        SafetensorsHeader header = new(file, path);
        Metadata = header.Metadata;
        Tensors = header.Entries.ToDictionary(
            e => e.Name, e => new StoredTensor(file, path, e.Name, e.DType, e.Shape, e.Start, e.Length), StringComparer.Ordinal);
    }

    /// <summary>Path of the file.</summary>
    public string Path { get; }

    /// <summary>Tensors by name.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Tensors { get; }

    /// <summary>Strings under __metadata__; may be empty.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Maps the file and checks its whole header.</summary>
    /// <exception cref="InputException">The file is missing, truncated, damaged, or not a safetensors file.</exception>
    public static SafetensorsFile Open(string path)
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
