using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Farsight.Engine.Machine;

/// <summary>Describes the processor and the memory use of this process.</summary>
public static class Processor
{
    /// <summary>Name of the processor, or its architecture if the system does not report a name.</summary>
    public static string Name { get; } = LineOf("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString();

    /// <summary>Width of the vectors in use, in bits: 512, 256 or 128.</summary>
    public static int VectorBits => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    /// <summary>Peak memory of this process in bytes, including pages of mapped files.</summary>
    public static long PeakMemory
    {
        get
        {
            if (LineOf("/proc/self/status", "VmHWM") is { } text && text.EndsWith(" kB", StringComparison.Ordinal))
            {
                return 1024 * long.Parse(text[..^" kB".Length], CultureInfo.InvariantCulture);
            }
            using Process process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64;
        }
    }

    static string? LineOf(string file, string key)
    {
        string? line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal)) : null;
        return line?[(line.IndexOf(':') + 1)..].Trim();
    }
}
