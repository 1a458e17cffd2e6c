using System.Globalization;

namespace Farsight.Engine.Kernels.Assembled;

/// <summary>Tells profilers and the note of a fault the names of assembled kernels, which have no symbols.</summary>
/// <remarks>
/// perf reads /tmp/perf-PID.map; .NET writes its own methods there if DOTNET_PerfMapEnabled is set, and so does this class.
/// </remarks>
static class KernelMap
{
    static readonly Lock s_lock = new();

    internal static void Add(nint entry, int length, string name)
    {
        FaultNote.Add(entry, length, name);
        if (OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable("DOTNET_PerfMapEnabled") is "1" or "2" or "3")
        {
            string line = string.Create(CultureInfo.InvariantCulture, $"{entry:x} {length:x} farsight::{name}\n");
            lock (s_lock)
            {
                File.AppendAllText($"/tmp/perf-{Environment.ProcessId}.map", line);
            }
        }
    }
}
