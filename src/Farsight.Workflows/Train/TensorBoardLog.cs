using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;

namespace Farsight.Workflows.Train;

/// <summary>
/// Writes metrics as an event file that TensorBoard reads: train/NAME of the steps, held_out/NAME of the held-out samples.
/// </summary>
/// <remarks>
/// Each record is: length (uint64), masked CRC-32C of the length, data, masked CRC-32C of the data, all little-endian (TensorFlow,
/// lib/io/record_writer). The data is a message "Event" in Protocol Buffers' encoding (tensorflow/core/util/event.proto). Event files have
/// the time of each step and are not equal in repeated runs.
/// </remarks>
sealed class TensorBoardLog : IDisposable
{
    const uint MaskDelta = 0xA282EAD8;
    const int SessionStart = 1;

    // Wire types of Protocol Buffers.
    const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;

    readonly FileStream _file;

    /// <summary>Creates the next event file of a folder, which may have those of earlier processes.</summary>
    internal TensorBoardLog(string folder)
    {
        Directory.CreateDirectory(folder);
        long seconds = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        string NameOf(long number) => Path.Combine(folder, FormattableString.Invariant($"events.out.tfevents.{number}.farsight"));
        while (File.Exists(NameOf(seconds)))
        {
            seconds++; // readers take the files in the order of their names
        }
        _file = new(NameOf(seconds), FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        Write(0, e => Text(e, 3, "brain.Event:2"u8)); // file_version
    }

    /// <summary>Begins a process of the run: readers forget the steps of earlier files from there on.</summary>
    /// <param name="step">The first step that is written.</param>
    internal void Begin(int step) => Write(step, e => Text(e, 7, [Varint | 1 << 3, SessionStart])); // session_log { status: START }

    /// <summary>Writes the metrics of a step.</summary>
    internal void Append(MetricsLine line)
    {
        Write(line.Step, e =>
        {
            MemoryStream summary = new();
            Values(summary, "train/", line.Values);
            Values(summary, "held_out/", Means(line.HeldOut));
            Text(e, 5, summary.ToArray());
        });
        _file.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Returns the means without their standard errors and counts, which would be charts of their own.</summary>
    static IEnumerable<KeyValuePair<string, double>> Means(IReadOnlyDictionary<string, double>? values) =>
        values?.Where(v => !MetricSums.IsBesideMean(v.Key)) ?? [];

    static void Values(MemoryStream summary, string prefix, IEnumerable<KeyValuePair<string, double>> values)
    {
        Span<byte> number = stackalloc byte[sizeof(float)];
        foreach ((string name, double value) in values)
        {
            MemoryStream one = new();
            Text(one, 1, Encoding.UTF8.GetBytes(prefix + name)); // tag
            one.WriteByte(2 << 3 | Fixed32); // simple_value
            BinaryPrimitives.WriteSingleLittleEndian(number, (float)value);
            one.Write(number);
            Text(summary, 1, one.ToArray()); // value
        }
    }

    void Write(int step, Action<MemoryStream> content)
    {
        MemoryStream message = new();
        message.WriteByte(1 << 3 | Fixed64); // wall_time
        Span<byte> time = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(time, (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds);
        message.Write(time);
        message.WriteByte(2 << 3 | Varint); // step
        Number(message, (uint)step);
        content(message);

        Span<byte> head = stackalloc byte[sizeof(ulong)], check = stackalloc byte[sizeof(uint)];
        ReadOnlySpan<byte> data = message.GetBuffer().AsSpan(0, (int)message.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(head, (ulong)data.Length);
        _file.Write(head);
        BinaryPrimitives.WriteUInt32LittleEndian(check, MaskedChecksum(head));
        _file.Write(check);
        _file.Write(data);
        BinaryPrimitives.WriteUInt32LittleEndian(check, MaskedChecksum(data));
        _file.Write(check);
    }

    static uint MaskedChecksum(ReadOnlySpan<byte> data)
    {
        uint sum = uint.MaxValue;
        foreach (byte one in data)
        {
            sum = BitOperations.Crc32C(sum, one);
        }
        return BitOperations.RotateRight(~sum, 15) + MaskDelta;
    }

    /// <summary>Writes a field of text, bytes or a message.</summary>
    static void Text(MemoryStream message, int field, ReadOnlySpan<byte> content)
    {
        message.WriteByte((byte)(field << 3 | Bytes));
        Number(message, (uint)content.Length);
        message.Write(content);
    }

    static void Number(MemoryStream message, uint value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            message.WriteByte((byte)(value | 0x80));
        }
        message.WriteByte((byte)value);
    }
}
