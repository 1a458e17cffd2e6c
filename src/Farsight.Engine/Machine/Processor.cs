using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Farsight.Engine.Machine;

/// <summary>What this process runs on.</summary>
public static class Processor
{
    /// <summary>The processor's own name, or its architecture where the system does not tell.</summary>
    public static string Name { get; } = LineOf("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString();

    /// <summary>Width of the vectors in use, in bits: 512, 256 or 128.</summary>
    public static int VectorBits => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    /// <summary>The most memory that this process has held so far, in bytes, pages of mapped files included.</summary>
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
