using System.Buffers;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Communication;

namespace Farsight.Alignment.Runs;

/// <summary>Represents the metrics of one step.</summary>
/// <param name="Step">The step; 0 before training.</param>
/// <param name="Values">Metrics over the step's samples.</param>
/// <param name="HeldOut">Metrics over the held-out samples after the step; null if not measured.</param>
/// <param name="HeldOutMargins">Reward margin of each held-out question by id; <paramref name="HeldOut"/> has their
/// mean. Null for objectives without rewards.</param>
/// <param name="HeldOutPreferenceShares">Share of the chosen response's gradient that comes from the comparison, of each held-out question
/// by id. Null for objectives without a comparison.</param>
public sealed record MetricsLine(
    int Step,
    IReadOnlyDictionary<string, double> Values,
    IReadOnlyDictionary<string, double>? HeldOut,
    IReadOnlyDictionary<string, double>? HeldOutMargins = null,
    IReadOnlyDictionary<string, double>? HeldOutPreferenceShares = null);

/// <summary>Writes metrics.jsonl: one line per step. Nothing in it depends on the clock, so equal runs write equal files.</summary>
public sealed class MetricsLog : IDisposable
{
    readonly FileStream _file;

    /// <summary>Opens the log at its end, after the last whole line.</summary>
    public MetricsLog(string path)
    {
        _file = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        _file.Position = _file.Length;
    }

    /// <summary>Bytes written so far.</summary>
    public long Length => _file.Position;

    /// <summary>Removes every line after <paramref name="length"/> bytes.</summary>
    /// <exception cref="InputException">The file is shorter.</exception>
    public void Truncate(long length)
    {
        if (length < 0 || length > _file.Length)
        {
            throw new InputException(
                $"{_file.Name} has {_file.Length} bytes, but the checkpoint was written at {length}; put the file back, or start a new "
                    + "run.");
        }
        _file.SetLength(length);
        _file.Position = length;
    }

    /// <summary>Writes one line and flushes it to the system, so that readers see it.</summary>
    public void Append(MetricsLine line)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("step", line.Step);
            WriteValues(json, line.Values);
            WriteObject(json, "held_out", line.HeldOut);
            WriteObject(json, "held_out_margins", line.HeldOutMargins);
            WriteObject(json, "held_out_preference_shares", line.HeldOutPreferenceShares);
            json.WriteEndObject();
        }
        buffer.Write("\n"u8);
        _file.Write(buffer.WrittenSpan);
        _file.Flush();
    }

    /// <summary>Flushes the lines to the disk.</summary>
    internal void FlushToDisk() => _file.Flush(flushToDisk: true);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Reads a log, even while it is written; an incomplete last line is skipped.</summary>
    /// <exception cref="InputException">A line is damaged.</exception>
    public static IReadOnlyList<MetricsLine> Read(string path) => JsonLines.Read(path, Parse);

    /// <summary>Reads the log of rank 0 on every rank.</summary>
    /// <param name="path">The file; null on other ranks than 0.</param>
    /// <param name="ranks">The ranks, which all call this method.</param>
    /// <exception cref="InputException">A line is damaged.</exception>
    internal static IReadOnlyList<MetricsLine> Read(string? path, Communicator ranks)
    {
        string text = ranks.Broadcast(path is null ? null : string.Join('\n', JsonLines.ReadComplete(path)))!;
        return
        [
            .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select((line, i) => JsonLines.Parse(
                line, i + 1, path ?? "metrics.jsonl of rank 0", Parse, JsonLines.Advice)),
        ];
    }

    static MetricsLine Parse(string line)
    {
        using JsonDocument json = JsonDocument.Parse(line);
        JsonElement root = json.RootElement;
        IReadOnlyDictionary<string, double>? Object(string name) =>
            root.TryGetProperty(name, out JsonElement values) ? Values(values) : null;
        return new(
            root.GetProperty("step").GetInt32(),
            Values(root),
            Object("held_out"),
            Object("held_out_margins"),
            Object("held_out_preference_shares"));
    }

    static OrderedDictionary<string, double> Values(JsonElement json)
    {
        OrderedDictionary<string, double> values = [];
        foreach (JsonProperty property in json.EnumerateObject())
        {
            if (property.Name != "step" && property.Value.ValueKind is JsonValueKind.Number or JsonValueKind.Null)
            {
                values[property.Name] = property.Value.ValueKind == JsonValueKind.Null ? double.NaN : property.Value.GetDouble();
            }
        }
        return values;
    }

    static void WriteObject(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, double>? values)
    {
        if (values is not null)
        {
            json.WriteStartObject(name);
            WriteValues(json, values);
            json.WriteEndObject();
        }
    }

    static void WriteValues(Utf8JsonWriter json, IReadOnlyDictionary<string, double> values)
    {
        foreach ((string name, double value) in values)
        {
            if (double.IsFinite(value))
            {
                json.WriteNumber(name, value);
            }
            else
            {
                json.WriteNull(name); // JSON knows no NaN
            }
        }
    }
}
