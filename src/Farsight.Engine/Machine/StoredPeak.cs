using System.Globalization;
using Farsight.Engine.Files;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Machine;

/// <summary>Keeps the highest measured peak of each processor, arithmetic and number of threads in a file.</summary>
/// <remarks>
/// Other programs only reduce a measured peak, so the highest one is the machine's. Estimates that use it do not depend on the momentary
/// load. A file that cannot be read or written only means that the current measurement counts.
/// </remarks>
/// <param name="path">
/// The file: one line per processor, vector width or name of another arithmetic, and number of threads, with tabs between the fields.
/// </param>
public sealed class StoredPeak(string path)
{
    const char Separator = '\t';

    // A measurement that is higher by less is noise and changes no stored value.
    const double Noise = 1.02;

    /// <summary>Path in the user's cache folder: XDG_CACHE_HOME, ~/.cache or, on Windows, the local application data.</summary>
    public static string DefaultPath => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache
            : OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "farsight",
        "peak.tsv");

    /// <summary>Returns the stored peak for this processor and number of threads, or a higher new one, which is stored.</summary>
    /// <param name="measured">A measurement of this machine.</param>
    public MachinePeak Highest(MachinePeak measured)
    {
        string[] lines = Read();
        string key = Key(measured);
        MachinePeak[] stored = [.. lines.Select(l => Parse(l, key, measured)).OfType<MachinePeak>()];
        if (stored.MaxBy(p => p.AllCores) is { } highest && measured.AllCores <= highest.AllCores * Noise)
        {
            return highest;
        }
        string line = string.Create(CultureInfo.InvariantCulture, $"{key}{measured.OneCore:R}{Separator}{measured.AllCores:R}");
        Write([.. lines.Where(l => !l.StartsWith(key, StringComparison.Ordinal)), line]);
        return measured;
    }

    static string Key(MachinePeak peak)
    {
        string kernel = peak.Arithmetic.RecordedName() ?? Processor.VectorBits.ToString(CultureInfo.InvariantCulture);
        return string.Create(
            CultureInfo.InvariantCulture, $"{Processor.Name}{Separator}{kernel}{Separator}{peak.Threads}{Separator}");
    }

    static MachinePeak? Parse(string line, string key, MachinePeak measured) =>
        line.StartsWith(key, StringComparison.Ordinal)
        && line[key.Length..].Split(Separator) is [var one, var all]
        && double.TryParse(one, CultureInfo.InvariantCulture, out double oneCore)
        && double.TryParse(all, CultureInfo.InvariantCulture, out double allCores)
        && double.IsFinite(allCores) && allCores > 0
            ? measured with { OneCore = oneCore, AllCores = allCores }
            : null;

    string[] Read()
    {
        try
        {
            return File.Exists(path) ? [.. RegularFile.ReadLines(path)] : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InputException)
        {
            return [];
        }
    }

    void Write(string[] lines)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            AtomicFile.WriteText(path, string.Concat(lines.Select(l => l + "\n")));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InputException)
        {
            // a read-only home costs nothing but the memory of this measurement
        }
    }
}
