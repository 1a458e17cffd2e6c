using System.Globalization;

namespace Farsight.Cli.Output;

/// <summary>Shows the progress of a job on stderr: a line that is redrawn on a terminal, or else a plain line every two seconds.</summary>
sealed class ProgressLine : IDisposable
{
    const string Gap = "  ";

    static readonly TimeSpan s_plainInterval = TimeSpan.FromSeconds(2), s_liveInterval = TimeSpan.FromMilliseconds(100);

    // A part of an item is shown after this time, and less often in a log than the items.
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2), s_plainPartInterval = TimeSpan.FromSeconds(10);

    readonly Lock _gate = new(); // signal handlers and the timer write from their own threads
    readonly TextWriter _writer;
    readonly string _unit;
    readonly int? _width;
    readonly TimeProvider _time;
    readonly long _started;
    readonly RemainingTime _whole;
    RemainingTime? _partRest;
    long _partStarted, _lastWritten;
    string _done = "", _left = "", _part = "", _partUnit = "", _text = "";
    bool _isPending;
    ITimer? _timer;
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
        _whole = new(time);
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
        bool isFirst = _done.Length == 0;
        TimeSpan? rest = work is { } share ? _whole.After(share, 1) : _whole.After(done, total);
        _done = string.Create(CultureInfo.InvariantCulture, $"{_unit} {done}{(total > 0 ? $"/{total}" : "")}");
        _left = done < total ? Left(rest) : "";
        (_part, _text, _isPending) = ("", text, true);
        if (isFirst || _time.GetElapsedTime(_lastWritten) >= (_width is null ? s_plainInterval : s_liveInterval))
        {
            Write();
        }
    }

    /// <summary>Updates the progress within an item, or of what takes time between two items. It is shown after two seconds.</summary>
    /// <param name="unit">The counted parts: "held-out sample".</param>
    /// <param name="done">Finished parts; 0 begins.</param>
    /// <param name="total">All parts; 0 if unknown.</param>
    /// <param name="share">Share of the work of these parts that is done, to show their remaining time; null to show none.</param>
    /// <param name="work">Share of the whole work that is done; null if the parts are no part of it.</param>
    internal void ReportPart(string unit, long done, long total, double? share, double? work = null)
    {
        using Lock.Scope scope = _gate.EnterScope();
        if (done == 0 || _partRest is null || _partUnit != unit)
        {
            (_partUnit, _partRest, _partStarted) = (unit, new(_time), _time.GetTimestamp());
        }
        TimeSpan? rest = share is { } partly ? _partRest.After(partly, 1) : null;
        _part = total > 0 && done < total ? string.Create(CultureInfo.InvariantCulture, $"{unit} {done}/{total}{Left(rest)}") : "";
        if (work is { } whole)
        {
            _left = Left(_whole.After(whole, 1));
        }
        _isPending |= _part.Length > 0;
        WritePart();
        _timer ??= _time.CreateTimer(_ => Tick(), null, s_patience, s_patience);
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
        _timer?.Dispose();
        using Lock.Scope scope = _gate.EnterScope();
        _part = "";
        if (_done.Length > 0)
        {
            Write();
        }
        if (_width is not null && _drawn > 0)
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

    static string Left(TimeSpan? rest) => rest is { } time ? $"{Gap}{Duration(time)} left" : "";

    void Tick()
    {
        using Lock.Scope scope = _gate.EnterScope();
        WritePart();
    }

    /// <summary>Writes a part that has taken some time, unless a line was written just before.</summary>
    void WritePart()
    {
        if (_part.Length > 0
            && _time.GetElapsedTime(_partStarted) >= s_patience
            && (_lastWritten == 0 || _time.GetElapsedTime(_lastWritten) >= (_width is null ? s_plainPartInterval : s_liveInterval)))
        {
            Write();
        }
    }

    void Write()
    {
        if (!_isPending)
        {
            return;
        }
        _isPending = false;
        _lastWritten = _time.GetTimestamp();
        string line = string.Join(Gap, new[] { _done + _left, _part, _text }.Where(p => p.Length > 0));
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

    /// <summary>Estimates the remaining time of a job from the work that was done since the first report.</summary>
    sealed class RemainingTime(TimeProvider time)
    {
        double? _first;
        long _since;

        /// <summary>Returns the remaining time; null if nothing was done since the first report, or nothing is left.</summary>
        internal TimeSpan? After(double done, double total)
        {
            if (_first is not { } first)
            {
                (_first, _since) = (done, time.GetTimestamp());
                return null;
            }
            return done > first && done < total ? time.GetElapsedTime(_since) * ((total - done) / (done - first)) : null;
        }
    }
}
