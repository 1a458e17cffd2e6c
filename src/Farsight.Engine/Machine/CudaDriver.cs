using System.Runtime.InteropServices;
using System.Text;

namespace Farsight.Engine.Machine;

/// <summary>Represents NVIDIA's driver and the GPUs that it shows to this process.</summary>
/// <remarks>
/// Read with the CUDA driver API, whose library comes with the driver, so neither libtorch nor a toolkit is needed. No GPU was available
/// for the development of this class; it was tested with a stand-in of the library.
/// </remarks>
/// <param name="Cuda">Newest version of CUDA that the driver supports.</param>
/// <param name="Gpus">The GPUs by number, as CUDA_VISIBLE_DEVICES leaves them.</param>
public sealed unsafe record CudaDriver(Version Cuda, IReadOnlyList<Gpu> Gpus)
{
    const int NameBytes = 256;

    /// <summary>Reads the driver of this machine; null without one.</summary>
    public static CudaDriver? Read() => Read(OperatingSystem.IsWindows() ? "nvcuda" : "libcuda.so.1");

    /// <summary>Reads the driver.</summary>
    /// <param name="name">Name or path of its library.</param>
    internal static CudaDriver? Read(string name)
    {
        if (!NativeLibrary.TryLoad(name, out nint library))
        {
            return null;
        }
        try
        {
            return Read(library);
        }
        catch (EntryPointNotFoundException)
        {
            return null; // another library of this name
        }
    }

    /// <summary>Reads the driver of a loaded library. A failed call, as with a driver but no GPU, leaves GPUs out.</summary>
    static CudaDriver? Read(nint library)
    {
        nint Export(string symbol) => NativeLibrary.GetExport(library, symbol);

        var initialize = (delegate* unmanaged[Cdecl]<uint, int>)Export("cuInit");
        var version = (delegate* unmanaged[Cdecl]<int*, int>)Export("cuDriverGetVersion");
        var count = (delegate* unmanaged[Cdecl]<int*, int>)Export("cuDeviceGetCount");
        int supported, gpus = 0;
        if (version(&supported) != 0)
        {
            return null;
        }
        if (initialize(0) == 0)
        {
            _ = count(&gpus);
        }
        return new(
            new(supported / 1000, supported % 1000 / 10),
            [.. Enumerable.Range(0, gpus).Select(i => GpuOf(library, i)).OfType<Gpu>()]);
    }

    static Gpu? GpuOf(nint library, int number)
    {
        nint Export(string symbol) => NativeLibrary.GetExport(library, symbol);

        var find = (delegate* unmanaged[Cdecl]<int*, int, int>)Export("cuDeviceGet");
        var nameOf = (delegate* unmanaged[Cdecl]<byte*, int, int, int>)Export("cuDeviceGetName");
        var memoryOf = (delegate* unmanaged[Cdecl]<nuint*, int, int>)Export("cuDeviceTotalMem_v2");
        byte* name = stackalloc byte[NameBytes];
        int device;
        nuint bytes;
        return find(&device, number) == 0 && nameOf(name, NameBytes, device) == 0 && memoryOf(&bytes, device) == 0
            ? new(Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name)), (long)bytes)
            : null;
    }
}

/// <summary>Represents a GPU.</summary>
/// <param name="Name">Its name, as the driver reports it.</param>
/// <param name="MemoryBytes">Its whole memory in bytes.</param>
public sealed record Gpu(string Name, long MemoryBytes);
