using Farsight.Engine.Files;

namespace Farsight.Engine.Checkpoints;

/// <summary>A safetensors file, mapped: tensors by name, in the format they are stored in.</summary>
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

    /// <summary>Where the file is.</summary>
    public string Path { get; }

    /// <summary>By name.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Tensors { get; }

    /// <summary>The strings under __metadata__; empty without.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Maps the file and checks its header completely.</summary>
    /// <exception cref="InputException">The file is missing, truncated, damaged, or of another kind.</exception>
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
