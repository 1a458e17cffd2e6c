using System.Globalization;
using System.Text;

namespace Farsight.Alignment.Runs;

/// <summary>Writes timing.jsonl: seconds and tokens per step, separate from the metrics because they differ from run to run.</summary>
/// <remarks>Steps repeated after a kill appear again; the last line of a step counts.</remarks>
/// <param name="path">The file, which is continued.</param>
sealed class TimingLog(string path) : IDisposable
{
    readonly FileStream _file = JsonLines.OpenAtEnd(path);

    /// <summary>Writes one line.</summary>
    public void Append(int step, TimeSpan time, long tokens)
    {
        double seconds = Math.Round(time.TotalSeconds, 3);
        string line = string.Create(CultureInfo.InvariantCulture, $$"""{"step":{{step}},"seconds":{{seconds}},"tokens":{{tokens}}}""");
        _file.Write(Encoding.UTF8.GetBytes(line + "\n"));
        _file.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
