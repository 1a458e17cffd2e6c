using System.Globalization;
using Spectre.Console;

namespace Farsight.Cli.Output;

/// <summary>Progress of one long job on stderr: a line that is redrawn on a terminal, a plain line every two seconds elsewhere.</summary>
sealed class ProgressLine : IDisposable
{
    const string ClearToEnd = "\u001b[K";

    static readonly TimeSpan s_plainInterval = TimeSpan.FromSeconds(2), s_liveInterval = TimeSpan.FromMilliseconds(100);

    readonly Lock _gate = new(); // notes come from the thread of a signal, too
    readonly TextWriter _writer;
    readonly string _unit;
    readonly int? _width;
    readonly TimeProvider _time;
    readonly long _started;
    long? _firstDone;
    long _lastWritten;
    string? _pending;

    /// <summary>Creates a line.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="unit">What is counted: "step", "sample".</param>
    /// <param name="liveWidth">Columns of the terminal, or null where lines cannot be redrawn.</param>
    /// <param name="time">The clock.</param>
    internal ProgressLine(TextWriter writer, string unit, int? liveWidth, TimeProvider time)
    {
        (_writer, _unit, _width, _time) = (writer, unit, liveWidth, time);
        _started = time.GetTimestamp();
    }

    /// <summary>A line on this process's stderr.</summary>
    internal static ProgressLine OnStandardError(string unit)
    {
        IAnsiConsole console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Error) });
        bool isLive = !Console.IsErrorRedirected && console.Profile.Capabilities.Ansi;
        return new(Console.Error, unit, isLive ? console.Profile.Width : null, TimeProvider.System);
    }

    /// <summary>Time since the line was created.</summary>
    internal TimeSpan Elapsed => _time.GetElapsedTime(_started);

    /// <summary>Says how far the job is. Cheap enough to be called for every item.</summary>
    /// <param name="done">Items done, of a resumed job also those before.</param>
    /// <param name="total">Items of the whole job; 0 where nobody knows.</param>
    /// <param name="text">What else is worth knowing; may be empty.</param>
    internal void Report(long done, long total, string text)
    {
        using Lock.Scope scope = _gate.EnterScope();
        bool isFirst = _firstDone is null;
        _firstDone ??= done;
        string left = done > _firstDone && done < total ? $"  {Duration((total - done) * (Elapsed / (done - _firstDone.Value)))} left" : "";
        _pending = string.Create(
            CultureInfo.InvariantCulture,
            $"{_unit} {done}{(total > 0 ? $"/{total}" : "")}{(text.Length > 0 ? "  " : "")}{text}{left}");
        if (isFirst || _time.GetElapsedTime(_lastWritten) >= (_width is null ? s_plainInterval : s_liveInterval))
        {
            Write();
        }
    }

    /// <summary>Writes a line that stays.</summary>
    internal void Note(string line)
    {
        using Lock.Scope scope = _gate.EnterScope();
        _writer.WriteLine(_width is null ? line : $"\r{line}{ClearToEnd}");
        _lastWritten = 0;
    }

    /// <summary>Leaves the last state on the screen.</summary>
    public void Dispose()
    {
        using Lock.Scope scope = _gate.EnterScope();
        Write();
        if (_width is not null && _firstDone is not null)
        {
            _writer.WriteLine();
        }
    }

    /// <summary>"48s", "3m 20s", "2h 05m".</summary>
    internal static string Duration(TimeSpan time) => time.TotalSeconds < 60
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalSeconds)}s")
        : time.TotalHours < 1
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes}m {time.Seconds:D2}s")
            : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}h {time.Minutes:D2}m");

    void Write()
    {
        if (_pending is not { } line)
        {
            return;
        }
        _pending = null;
        _lastWritten = _time.GetTimestamp();
        if (_width is { } width)
        {
            _writer.Write($"\r{(line.Length < width ? line : line[..Math.Max(0, width - 1)])}{ClearToEnd}");
        }
        else
        {
            _writer.WriteLine(line);
        }
    }
}
