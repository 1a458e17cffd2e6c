using System.Globalization;
using System.Text;

namespace Farsight.Alignment.Runs;

/// <summary>Writes timing.jsonl: seconds and tokens per step, separate from the metrics because they differ from run to run.</summary>
/// <remarks>Steps repeated after a kill appear again; the last line of a step counts.</remarks>
sealed class TimingLog : IDisposable
{
    readonly FileStream _file;

    /// <summary>Opens the log at its end.</summary>
    public TimingLog(string path)
    {
        _file = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        RemovePartialLine();
    }

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

    /// <summary>Removes half a line that a kill may have left.</summary>
    void RemovePartialLine()
    {
        long length = _file.Length;
        for (; length > 0; length--)
        {
            _file.Position = length - 1;
            if (_file.ReadByte() == '\n')
            {
                break;
            }
        }
        _file.SetLength(length);
        _file.Position = length;
    }
}
