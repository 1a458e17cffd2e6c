using System.Globalization;
using Farsight.Alignment.Hub;

namespace Farsight.Cli.Output;

/// <summary>Shows the progress of a download on stderr.</summary>
sealed class DownloadLine : IProgress<DownloadProgress>, IDisposable
{
    readonly ProgressLine _line = ProgressLine.OnStandardError("MiB");

    /// <summary>Time since the download began.</summary>
    internal TimeSpan Elapsed => _line.Elapsed;

    /// <inheritdoc/>
    public void Report(DownloadProgress value) => _line.Report(value.Done >> 20, value.Total >> 20, value.File);

    /// <inheritdoc cref="ProgressLine.Note"/>
    internal void Note(string line) => _line.Note(line);

    /// <summary>Formats a size: "950 KiB", "269.1 MiB", "15.3 GiB".</summary>
    internal static string Size(long bytes)
    {
        const double Kib = 1 << 10, Mib = 1 << 20, Gib = 1 << 30;
        return bytes < Mib ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(bytes / Kib):0} KiB")
            : bytes < Gib ? string.Create(CultureInfo.InvariantCulture, $"{bytes / Mib:0.0} MiB")
            : string.Create(CultureInfo.InvariantCulture, $"{bytes / Gib:0.0} GiB");
    }

    /// <inheritdoc/>
    public void Dispose() => _line.Dispose();
}
