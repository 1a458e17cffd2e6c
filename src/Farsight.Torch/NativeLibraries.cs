using System.Runtime.InteropServices;
using Farsight.Engine;

namespace Farsight.Torch;

/// <summary>
/// Loads the native libraries before TorchSharp does, whose own error is forty lines and an exception of a type initializer.
/// </summary>
static partial class NativeLibraries
{
    const int MmapThreshold = -3; // M_MMAP_THRESHOLD of glibc's malloc.h
    const int ThresholdBytes = 1 << 20;

    /// <summary>Loads libtorch and TorchSharp's library.</summary>
    /// <param name="cuda">Whether the libraries for CUDA are needed.</param>
    /// <exception cref="InputException">A library is missing or does not fit this system.</exception>
    internal static void Load(bool cuda)
    {
        KeepHeapSmall();
        Load(cuda ? "torch_cuda" : "torch_cpu", cuda);
        Load("LibTorchSharp", cuda);
    }

    static void Load(string name, bool cuda)
    {
        try
        {
            NativeLibrary.Load(name, typeof(TorchSharp.torch).Assembly, null);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new InputException(Explanation(name, cuda, e.Message), e);
        }
    }

    /// <summary>Explains in one or two sentences why a library was not loaded.</summary>
    internal static string Explanation(string name, bool cuda, string reason) =>
        reason.Contains("GLIBCXX", StringComparison.Ordinal)
            ? "The component Farsight.Torch needs libstdc++ of GCC 13 or newer (Ubuntu 24.04, Debian 13), "
                + "and this system has an older one; "
                + "use a newer system, or the device cpu."
            : $"The library {name} of the component Farsight.Torch cannot be loaded; publish Farsight again with "
                + $"-p:Torch={(cuda ? "cuda" : "cpu")} on this system, or use the device cpu.";

    /// <summary>
    /// Fixes the size above which glibc maps memory of its own. By default the size grows to that of the largest freed tensor; small
    /// objects that the collector frees later then split the heap between tensors, which grows without bound.
    /// </summary>
    static void KeepHeapSmall()
    {
        if (OperatingSystem.IsLinux())
        {
            try
            {
                _ = SetMallocOption(MmapThreshold, ThresholdBytes);
            }
            catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
            {
                // Another C library has no such option.
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetMallocOption(int option, int value);
}
