using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints;

/// <summary>A model on disk, whatever its files are: its shape and its weights.</summary>
public interface IModelFiles : IWeightSource, IDisposable
{
    /// <summary>The directory or the file.</summary>
    string Path { get; }

    /// <summary>The model's shape.</summary>
    ModelConfig Config { get; }

    /// <summary>Bytes that a tensor takes in its file.</summary>
    /// <exception cref="InputException">There is no such tensor.</exception>
    long StoredBytes(string name);

    /// <summary>Tells models apart, so that an adapter of another one is noticed; null where the files give no such thing.</summary>
    string? Fingerprint { get; }
}
