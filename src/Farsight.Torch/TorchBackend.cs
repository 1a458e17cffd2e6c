using System.Globalization;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Machine;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using static TorchSharp.torch;

namespace Farsight.Torch;

/// <summary>Represents a device of libtorch: the CPU, or a GPU with CUDA.</summary>
/// <remarks>The command-line tool creates it by its name, so that nothing references this project.</remarks>
sealed class TorchBackend : IModelBackend
{
    /// <summary>Prefix of the names of GPUs.</summary>
    internal const string Cuda = "cuda";

    /// <summary>Name of the CPU as a device of libtorch.</summary>
    internal const string Cpu = DeviceName.TorchCpu;

    readonly Device _device;
    readonly ScalarType _type;

    /// <summary>Loads libtorch and opens a device.</summary>
    /// <param name="device">"torch-cpu", "cuda" or "cuda:1".</param>
    /// <param name="format">Number format of the computation: F32 or BF16; null for F32 on the CPU and BF16 on a GPU.</param>
    /// <param name="localRank">
    /// Number of this process among those of its host: "cuda" is the GPU of this number, and again the first after the last.
    /// </param>
    /// <exception cref="InputException">The device is unknown or absent, or libtorch cannot be loaded.</exception>
    public TorchBackend(string device, NumberFormat? format, int localRank = 0)
    {
        bool isCuda = device != Cpu;
        int? number = isCuda ? IndexOf(device) : 0;
        NativeLibraries.Load(isCuda);
        int index = number ?? (cuda.is_available() ? localRank % cuda.device_count() : 0);
        if (isCuda && !(cuda.is_available() && index < cuda.device_count()))
        {
            throw new InputException(
                $"The device {device} is not available: "
                    + $"{(cuda.is_available() ? $"there are {cuda.device_count()} GPUs" : "CUDA finds no GPU")}; "
                + "use another device.");
        }
        set_num_threads(Workers.Threads);
        _device = isCuda ? CudaDevice(index) : CPU;
        Format = format ?? (isCuda ? NumberFormat.BF16 : NumberFormat.F32);
        _type = Format switch
        {
            NumberFormat.F32 => ScalarType.Float32,
            NumberFormat.BF16 => ScalarType.BFloat16,
            NumberFormat other => throw new InputException($"A device computes in F32 or BF16, not in {other}."),
        };
        Device = isCuda ? $"{Cuda}:{index}" : Cpu;
        // Without the number of the GPU, which differs between the ranks of one run.
        Description = $"{(isCuda ? Cuda : Cpu)}, libtorch {Version}, {(_type == ScalarType.Float32 ? "F32" : "BF16")}";
    }

    /// <inheritdoc/>
    public string Device { get; }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public NumberFormat Format { get; }

    /// <inheritdoc/>
    /// <remarks>TorchSharp does not tell the memory of a GPU, but its driver does.</remarks>
    public long? MemoryBytes => Device == Cpu
        ? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes
        : CudaDriver.Read()?.Gpus.ElementAtOrDefault(_device.index)?.MemoryBytes;

    // The package version has a fourth part, 2.10.0.0.
    static string Version => string.Join('.', __version__.Split('.').Take(3));

    /// <inheritdoc/>
    public IDeviceModel Load(DecoderModel model, NumberFormat? weights, AttentionPattern? attention) =>
        OutOfMemory.Guard(Device, () => new DeviceModel(model, new(Device, Description, _device, _type, StorageOf(weights)), attention));

    static Device CudaDevice(int index) => new(TorchSharp.DeviceType.CUDA, index);

    /// <summary>Returns the number in the name of a GPU; null without one.</summary>
    static int? IndexOf(string device)
    {
        string[] parts = device.Split(':');
        return parts switch
        {
            [Cuda] => null,
            [Cuda, var number] when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int index) => index,
            _ => throw new InputException($"The device '{device}' is unknown; use {Cpu}, {Cuda}, or {Cuda}:1 for the second GPU."),
        };
    }

    static ScalarType? StorageOf(NumberFormat? weights) => weights switch
    {
        null => null,
        NumberFormat.F32 => ScalarType.Float32,
        NumberFormat.F16 => ScalarType.Float16,
        NumberFormat.BF16 => ScalarType.BFloat16,
        _ => throw new InputException(
            $"A device converts matrices to F32, F16 or BF16; load the model in {weights} instead, which the device then keeps."),
    };
}
