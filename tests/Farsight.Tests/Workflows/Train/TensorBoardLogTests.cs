using System.Buffers.Binary;
using System.Text;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Train;

/// <summary>
/// The event files, read by a reader that is written from the formats' definitions and shares no code with the writer. Its checksum is
/// tested with the example of RFC 3720, B.4.
/// </summary>
public sealed class TensorBoardLogTests : IDisposable
{
    readonly TrainingFiles _files = new();

    [Fact]
    public void The_checksum_of_the_reader_is_CRC_32C() => Assert.Equal(0x8A9136AAu, Crc32C(new byte[32]));

    [Fact]
    public void A_training_writes_every_metric_of_every_step_without_standard_errors_and_counts()
    {
        string[] files = Train();

        Event[] events = [.. Read(Assert.Single(files))];
        Assert.Equal("brain.Event:2", events[0].Version);
        Assert.Equal((0L, 1L), (events[1].Step, events[1].Session)); // the start of a session
        MetricsLine[] lines = [.. MetricsLog.Read(_files.In("run/metrics.jsonl"))];
        Assert.Equal(lines.Select(l => (long)l.Step), events[2..].Select(e => e.Step));
        Assert.All(events[2..].Zip(lines), pair =>
        {
            IEnumerable<KeyValuePair<string, float>> expected = pair.Second.Values
                .Select(v => KeyValuePair.Create($"train/{v.Key}", (float)v.Value))
                .Concat((pair.Second.HeldOut ?? new Dictionary<string, double>())
                    .Where(v => !v.Key.EndsWith("_se", StringComparison.Ordinal) && !v.Key.EndsWith("_n", StringComparison.Ordinal))
                    .Select(v => KeyValuePair.Create($"held_out/{v.Key}", (float)v.Value)));
            Assert.Equal(expected, pair.First.Scalars);
        });
        double now = (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;
        Assert.All(events, e => Assert.InRange(e.Time, now - 3600, now));
    }

    [Fact]
    public void A_resumed_run_writes_another_file_that_begins_after_the_checkpoint()
    {
        Train("steps=12");
        Directory.Delete(_files.In("run/checkpoints/step-000012"), recursive: true); // as after a kill between two checkpoints

        string[] files = Train("steps=12");

        Assert.Equal(2, files.Length);
        Event[] events = [.. Read(files[1])];
        Assert.Equal((9L, 1L), (events[1].Step, events[1].Session)); // readers forget steps from 9 on
        Assert.Equal([9L, 10, 11, 12], events[2..].Select(e => e.Step));
    }

    [Fact]
    public void Without_the_option_nothing_is_written()
    {
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(_files.RecipePath, []);
        TrainRun.Start(new(recipe, _files.RecipePath, _files.In("run"), Resume: false), _ => { }, null, CancellationToken.None);

        Assert.False(Directory.Exists(_files.In("run/tensorboard")));
    }

    public void Dispose() => _files.Dispose();

    string[] Train(params string[] overrides)
    {
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(_files.RecipePath, overrides);
        TrainRequest request = new(recipe, _files.RecipePath, _files.In("run"), Resume: true) { WritesTensorBoard = true };
        TrainRun.Start(request, _ => { }, null, CancellationToken.None);
        return [.. Directory.GetFiles(_files.In("run/tensorboard"), "*tfevents*").Order(StringComparer.Ordinal)];
    }

    static IEnumerable<Event> Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        for (int at = 0; at < file.Length;)
        {
            int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at)));
            Assert.Equal(Masked(file.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)));
            byte[] data = file[(at + 12)..(at + 12 + length)];
            Assert.Equal(Masked(data), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + length)));
            at += 16 + length;
            yield return Parse(data);
        }
    }

    static Event Parse(byte[] data)
    {
        Event read = new();
        foreach ((int field, ulong number, byte[] bytes) in Fields(data))
        {
            switch (field)
            {
                case 1:
                    read.Time = BitConverter.UInt64BitsToDouble(number);
                    break;
                case 2:
                    read.Step = (long)number;
                    break;
                case 3:
                    read.Version = Encoding.UTF8.GetString(bytes);
                    break;
                case 5:
                    foreach ((_, _, byte[] value) in Fields(bytes))
                    {
                        (int, ulong, byte[] Bytes)[] parts = [.. Fields(value)];
                        Assert.Equal([1, 2], parts.Select(p => p.Item1));
                        read.Scalars.Add(
                            new(Encoding.UTF8.GetString(parts[0].Bytes), BitConverter.UInt32BitsToSingle((uint)parts[1].Item2)));
                    }
                    break;
                case 7:
                    read.Session = (long)Assert.Single(Fields(bytes)).Number;
                    break;
                default:
                    Assert.Fail($"The message has the unexpected field {field}.");
                    break;
            }
        }
        return read;
    }

    /// <summary>The fields of a message in Protocol Buffers' encoding: numbers of any wire type, or bytes.</summary>
    static List<(int Field, ulong Number, byte[] Bytes)> Fields(byte[] message)
    {
        List<(int, ulong, byte[])> fields = [];
        int at = 0;
        while (at < message.Length)
        {
            ulong key = Varint();
            switch (key & 7)
            {
                case 0:
                    fields.Add(((int)(key >> 3), Varint(), []));
                    break;
                case 1:
                    fields.Add(((int)(key >> 3), BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at)), []));
                    at += 8;
                    break;
                case 2:
                    int length = (int)Varint();
                    fields.Add(((int)(key >> 3), 0, message[at..(at + length)]));
                    at += length;
                    break;
                case 5:
                    fields.Add(((int)(key >> 3), BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at)), []));
                    at += 4;
                    break;
                default:
                    Assert.Fail($"The message has the unknown wire type {key & 7}.");
                    break;
            }
        }
        return fields;

        ulong Varint()
        {
            ulong value = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte one = message[at++];
                value |= (ulong)(one & 0x7F) << shift;
                if (one < 0x80)
                {
                    return value;
                }
            }
        }
    }

    static uint Masked(ReadOnlySpan<byte> data)
    {
        uint crc = Crc32C(data);
        return unchecked(((crc >> 15) | (crc << 17)) + 0xA282EAD8u);
    }

    /// <summary>Bit by bit, with the reversed polynomial of Castagnoli.</summary>
    static uint Crc32C(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte one in data)
        {
            crc ^= one;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
            }
        }
        return ~crc;
    }

    sealed class Event
    {
        public double Time { get; set; }

        public long Step { get; set; }

        public string Version { get; set; } = "";

        public long Session { get; set; }

        public List<KeyValuePair<string, float>> Scalars { get; } = [];
    }
}
