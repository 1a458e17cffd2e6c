using System.Globalization;
using System.Text;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Machine;

namespace Farsight.Alignment.Runs;

/// <summary>
/// Writes timing.jsonl: seconds, tokens and memory per step, separate from the metrics because they differ from run to run.
/// </summary>
/// <remarks>Steps repeated after a kill appear again; the last line of a step counts.</remarks>
/// <param name="path">The file, which is continued.</param>
public sealed class TimingLog(string path) : IDisposable
{
    readonly FileStream _file = JsonLines.OpenAtEnd(path);

    /// <summary>Reads the steps of a file in their order, each once, even while it is written; none if there is no file.</summary>
    /// <exception cref="InputException">A line is damaged.</exception>
    public static IReadOnlyList<StepTime> Read(string path)
    {
        SortedDictionary<int, StepTime> steps = [];
        foreach (StepTime time in JsonLines.Read(path, line => Parse(Encoding.UTF8.GetBytes(line))))
        {
            steps[time.Step] = time;
        }
        return [.. steps.Values];
    }

    /// <summary>Writes one line.</summary>
    /// <param name="step">The step.</param>
    /// <param name="time">Its duration.</param>
    /// <param name="tokens">Its rows.</param>
    /// <param name="sentBytes">Bytes that the busiest rank sent; null for one process.</param>
    internal void Append(int step, TimeSpan time, long tokens, long? sentBytes = null)
    {
        double seconds = Math.Round(time.TotalSeconds, 3);
        string sent = sentBytes is { } bytes ? string.Create(CultureInfo.InvariantCulture, $",\"sent_bytes\":{bytes}") : "";
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"step":{{step}},"seconds":{{seconds}},"tokens":{{tokens}},"peak_memory":{{Processor.PeakMemory}}{{sent}}}""");
        _file.Write(Encoding.UTF8.GetBytes(line + "\n"));
        _file.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Parses a line.</summary>
    /// <exception cref="JsonException">The line is not JSON.</exception>
    /// <exception cref="KeyNotFoundException">A number is missing.</exception>
    public static StepTime Parse(ReadOnlySpan<byte> line)
    {
        JsonElement json = JsonElement.Parse(line);
        return new(
            json.GetProperty("step").GetInt32(),
            json.GetProperty("seconds").GetDouble(),
            json.GetProperty("tokens").GetInt64(),
            json.TryGetProperty("peak_memory", out JsonElement memory) ? memory.GetInt64() : 0);
    }
}

/// <summary>Represents the duration of a step.</summary>
/// <param name="Step">The step, from 1.</param>
/// <param name="Seconds">Seconds of the step, without evaluations and checkpoints.</param>
/// <param name="Tokens">Rows that went forward and backward.</param>
/// <param name="PeakMemory">Maximum bytes that the process has held until then; 0 if an earlier version wrote the line.</param>
public sealed record StepTime(int Step, double Seconds, long Tokens, long PeakMemory);
