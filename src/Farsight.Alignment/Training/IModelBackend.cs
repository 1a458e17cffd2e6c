using System.Text.RegularExpressions;
using Farsight.Engine.Inference;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Training;

/// <summary>Represents an engine that computes the passes of a model on a device, in place of the engine of this program.</summary>
/// <remarks>
/// The model stays on the host: its parameters are the F32 masters that the optimizer changes and that checkpoints contain. The device
/// holds copies of the weights and computes forward and backward passes.
/// </remarks>
public interface IModelBackend
{
    /// <summary>Name of the device as in options: "torch-cpu", "cuda:0".</summary>
    string Device { get; }

    /// <summary>Device, libraries and number format of the computation, for people: "torch-cpu, libtorch 2.10.0, F32".</summary>
    string Description { get; }

    /// <summary>Number format of activations: F32 or BF16.</summary>
    NumberFormat Format { get; }

    /// <summary>Memory of the device in bytes; null if it is not known.</summary>
    long? MemoryBytes { get; }

    /// <summary>Copies a model to the device.</summary>
    /// <param name="model">The model, with its trainable parameters; kept by the caller until the result is disposed.</param>
    /// <param name="weights">
    /// Format to which the frozen matrices are converted on the device: F32, F16 or BF16; null for that of the model. A model in Q8_0 or
    /// Q4_0 keeps it; other formats of blocks become BF16.
    /// </param>
    /// <param name="attention">Keys that each head attends to in <see cref="ITrainable.Forward"/>; null for all.</param>
    /// <exception cref="Engine.InputException">The device cannot compute the model, or does not have enough memory.</exception>
    IDeviceModel Load(DecoderModel model, NumberFormat? weights, AttentionPattern? attention);
}

/// <summary>Provides the names of devices, as recipes and options have them.</summary>
public static partial class DeviceName
{
    /// <summary>The engine of this program.</summary>
    public const string Cpu = "cpu";

    /// <summary>The CPU as a device of libtorch.</summary>
    public const string TorchCpu = "torch-cpu";

    /// <summary>All names, for people.</summary>
    public const string Spellings = $"{Cpu}, {TorchCpu}, cuda, or cuda:1 for the second GPU";

    /// <summary>Tells whether a name is one of the known ones, or null.</summary>
    public static bool IsKnown(string? name) => name is null or Cpu or TorchCpu || Gpu().IsMatch(name);

    [GeneratedRegex(@"^cuda(:[0-9]{1,3})?\z")]
    private static partial Regex Gpu();
}

/// <summary>Represents a model that a device computes: passes over token trees, and decoding. Not safe for concurrent use.</summary>
public interface IDeviceModel : ITrainable, ITokenDecoder, IDisposable;
