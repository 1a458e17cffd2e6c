using System.Globalization;

namespace Farsight.Cli.Output;

/// <summary>Shows the progress of a job on stderr: a line that is redrawn on a terminal, or else a plain line every two seconds.</summary>
sealed class ProgressLine : IDisposable
{
    const string Gap = "  ";

    static readonly TimeSpan s_plainInterval = TimeSpan.FromSeconds(2), s_liveInterval = TimeSpan.FromMilliseconds(100);

    readonly Lock _gate = new(); // signal handlers write notes from their own thread
    readonly TextWriter _writer;
    readonly string _unit;
    readonly int? _width;
    readonly TimeProvider _time;
    readonly long _started;
    long? _firstDone;
    double _firstWork;
    long _lastWritten;
    string? _pending;
    int _drawn; // columns of the line on the screen

    /// <summary>Creates a line.</summary>
    /// <param name="writer">Receives the text.</param>
    /// <param name="unit">The counted items: "step", "sample".</param>
    /// <param name="liveWidth">The width of the terminal in columns, or null if lines cannot be redrawn.</param>
    /// <param name="time">The clock.</param>
    internal ProgressLine(TextWriter writer, string unit, int? liveWidth, TimeProvider time)
    {
        (_writer, _unit, _width, _time) = (writer, unit, liveWidth, time);
        _started = time.GetTimestamp();
    }

    /// <summary>Creates a line on stderr.</summary>
    internal static ProgressLine OnStandardError(string unit)
    {
        bool isLive = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb";
        return new(Console.Error, unit, isLive ? Width() : null, TimeProvider.System);
    }

    /// <summary>Time since the line was created.</summary>
    internal TimeSpan Elapsed => _time.GetElapsedTime(_started);

    /// <summary>Updates the progress. It is cheap enough to call for every item.</summary>
    /// <param name="done">Finished items, including those before a resume.</param>
    /// <param name="total">All items of the job; 0 if unknown.</param>
    /// <param name="text">Additional text; may be empty.</param>
    /// <param name="work">Share of the whole work that is done, where items differ in work; null where each item is the same.</param>
    internal void Report(long done, long total, string text, double? work = null)
    {
        using Lock.Scope scope = _gate.EnterScope();
        bool isFirst = _firstDone is null;
        _firstDone ??= done;
        _firstWork = isFirst ? work ?? 0 : _firstWork;
        TimeSpan? rest =
            done >= total ? null
            : work is { } share ? share > _firstWork ? Elapsed * ((1 - share) / (share - _firstWork)) : null
            : done > _firstDone ? (total - done) * (Elapsed / (done - _firstDone.Value)) : null;
        string left = rest is { } time ? $"  {Duration(time)} left" : "";
        _pending = string.Create(
            CultureInfo.InvariantCulture,
            $"{_unit} {done}{(total > 0 ? $"/{total}" : "")}{left}{(text.Length > 0 ? Gap : "")}{text}");
        if (isFirst || _time.GetElapsedTime(_lastWritten) >= (_width is null ? s_plainInterval : s_liveInterval))
        {
            Write();
        }
    }

    /// <summary>Writes a line that stays above the progress line.</summary>
    internal void Note(string line)
    {
        using Lock.Scope scope = _gate.EnterScope();
        _writer.WriteLine(_width is null ? line : $"\r{line.PadRight(_drawn)}");
        (_lastWritten, _drawn) = (0, 0);
    }

    /// <summary>Writes the last state.</summary>
    public void Dispose()
    {
        using Lock.Scope scope = _gate.EnterScope();
        Write();
        if (_width is not null && _firstDone is not null)
        {
            _writer.WriteLine();
        }
    }

    /// <summary>Formats a duration: "48s", "3m 20s", "2h 05m".</summary>
    internal static string Duration(TimeSpan time) => time.TotalSeconds < 60
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalSeconds)}s")
        : time.TotalHours < 1
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes}m {time.Seconds:D2}s")
            : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}h {time.Minutes:D2}m");

    /// <summary>Omits the parts at the end that do not fit; the remaining time comes first, so it stays.</summary>
    static string Fitting(string line, int width)
    {
        if (line.Length <= width)
        {
            return line;
        }
        int gap = line.LastIndexOf(Gap, Math.Max(0, width), StringComparison.Ordinal);
        return line[..(gap > 0 ? gap : Math.Max(0, width))];
    }

    /// <summary>Returns the terminal's width; some terminals report 0 columns.</summary>
    static int Width() => Console.WindowWidth is > 0 and int width ? width : 80;

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
            line = Fitting(line, width - 1);
            _writer.Write($"\r{line.PadRight(_drawn)}"); // spaces erase the rest of the previous line on every terminal
            _drawn = line.Length;
        }
        else
        {
            _writer.WriteLine(line);
        }
    }
}
