using System.Globalization;
using System.Text.Json;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Evaluation.Report;

namespace Farsight.Workflows.Reports;

/// <summary>Follows a training run: each look reads only what was appended to its files since the look before.</summary>
/// <remarks>An instance is used by one thread at a time. The runs that it returns are valid until its next look.</remarks>
/// <param name="folder">The run directory.</param>
/// <param name="name">The name in reports.</param>
public sealed class LiveRun(string folder, string name) : IStepNumbers
{
    const int MostMeasured = 200;

    readonly string _metricsPath = Path.Combine(folder, "metrics.jsonl"), _timingPath = Path.Combine(folder, "timing.jsonl");
    readonly GrowingLines _metrics = new(Path.Combine(folder, "metrics.jsonl")), _timing = new(Path.Combine(folder, "timing.jsonl"));
    readonly List<StepTime> _times = [];
    StepColumns _trained = new(), _heldOut = new();
    int _line, _last; // lines read of metrics.jsonl, and the step of the last one

    int IStepNumbers.Steps => _trained.Count;

    /// <summary>Reads the run as it is now.</summary>
    /// <exception cref="InputException">The folder has no training run, or a file is damaged.</exception>
    public TrainedRun Look()
    {
        bool isInUse = RunDirectory.IsInUse(folder); // before the metrics, so that a run that ends meanwhile is not seen as stopped
        _metrics.Read(Restart, AddMetrics);
        _timing.Read(_times.Clear, AddTime);
        return new(folder, name, Lines(), [.. _times.Where(t => t.Step <= _last)], this, isInUse);
    }

    ChartPoint[] IStepNumbers.Points(string key, bool heldOut, string? low, string? high) =>
        (heldOut ? _heldOut : _trained).Points(key, low, high);

    IReadOnlyDictionary<string, double> IStepNumbers.Means(int from, int to) => _trained.Means(from, to);

    ChartPoint[] IStepNumbers.Speed() => StepColumns.Thinned(
        [.. _times.Where(t => t.Step <= _last && t.Seconds > 0).Select(t => new ChartPoint(t.Step, t.Tokens / t.Seconds))]);

    /// <summary>Returns measurements of the held-out samples, evenly spaced, and the last step.</summary>
    MetricsLine[] Lines()
    {
        List<MetricsLine> lines =
        [
            .. RunSteps.Spread([.. Enumerable.Range(0, _heldOut.Count)], MostMeasured).Select(row => _heldOut.Line(row, heldOut: true)),
        ];
        if (_trained.Count > 0)
        {
            MetricsLine last = _trained.Line(_trained.Count - 1, heldOut: false);
            if (lines is [.., var measured] && measured.Step == last.Step)
            {
                lines[^1] = last with { HeldOut = measured.HeldOut };
            }
            else
            {
                lines.Add(last);
            }
        }
        return [.. lines];
    }

    void Restart()
    {
        (_trained, _heldOut) = (new(), new());
        (_line, _last) = (0, 0);
    }

    void AddMetrics(ReadOnlySpan<byte> line)
    {
        _line++;
        try
        {
            Parse(line);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            string place = string.Create(CultureInfo.InvariantCulture, $"{_metricsPath}:{_line}");
            _metrics.Restart();
            Restart();
            throw new InputException($"{place} is damaged; remove the line or the file.", e);
        }
    }

    void Parse(ReadOnlySpan<byte> line)
    {
        Utf8JsonReader json = new(line);
        bool isTrained = false;
        int place = 0;
        Require(ref json, JsonTokenType.StartObject);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("step"u8))
            {
                Require(ref json, JsonTokenType.Number);
                _last = json.GetInt32();
                isTrained = _last > 0; // step 0 is the measurement before training
                if (isTrained)
                {
                    _trained.Begin(_last);
                }
            }
            else if (json.ValueTextEquals("held_out"u8))
            {
                HeldOut(ref json);
            }
            else if (isTrained)
            {
                _trained.Read(ref json, ref place);
            }
            else
            {
                json.Skip();
            }
        }
    }

    void HeldOut(ref Utf8JsonReader json)
    {
        Require(ref json, JsonTokenType.StartObject);
        int place = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (_heldOut.LastStep != _last)
            {
                _heldOut.Begin(_last);
            }
            _heldOut.Read(ref json, ref place);
        }
    }

    static void Require(ref Utf8JsonReader json, JsonTokenType type)
    {
        if (!json.Read() || json.TokenType != type)
        {
            throw new JsonException($"{type} is missing.");
        }
    }

    /// <summary>Adds the time of a step, which replaces one that was recorded before a kill.</summary>
    void AddTime(ReadOnlySpan<byte> line)
    {
        StepTime time;
        try
        {
            time = TimingLog.Parse(line);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            _timing.Restart();
            _times.Clear();
            throw new InputException($"{_timingPath} is damaged; remove the file.", e);
        }
        int at = _times.Count;
        while (at > 0 && _times[at - 1].Step >= time.Step)
        {
            at--;
        }
        if (at < _times.Count && _times[at].Step == time.Step)
        {
            _times[at] = time;
        }
        else
        {
            _times.Insert(at, time);
        }
    }
}
