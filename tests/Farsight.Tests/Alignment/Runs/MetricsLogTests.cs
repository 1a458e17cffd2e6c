using Farsight.Alignment.Runs;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Runs;

public sealed class MetricsLogTests : IDisposable
{
    readonly string _path = Path.GetTempFileName();

    [Fact]
    public void Reads_back_what_was_written_to_the_last_bit()
    {
        MetricsLine line = new(
            3,
            new Dictionary<string, double> { ["loss"] = 0.1 + 0.2, ["reward_margin"] = -1e-300 },
            new Dictionary<string, double> { ["loss"] = 1.0 / 3 },
            new Dictionary<string, double> { ["toy \"1\""] = 0.7, ["toy 2"] = -0.1 });
        using (MetricsLog log = new(_path))
        {
            log.Append(line);
            log.Append(new(4, new Dictionary<string, double> { ["loss"] = double.PositiveInfinity }, null));
        }

        IReadOnlyList<MetricsLine> read = MetricsLog.Read(_path);

        Assert.Equal(3, read[0].Step);
        Assert.Equal(line.Values, read[0].Values);
        Assert.Equal(line.HeldOut, read[0].HeldOut);
        Assert.Equal(line.HeldOutMargins, read[0].HeldOutMargins);
        Assert.True(double.IsNaN(read[1].Values["loss"]));
        Assert.Null(read[1].HeldOut);
        Assert.Null(read[1].HeldOutMargins);
    }

    [Fact]
    public void Half_a_line_at_the_end_is_left_out()
    {
        File.WriteAllText(_path, "{\"step\":1,\"loss\":2}\n{\"step\":2,\"lo");

        Assert.Equal([1], MetricsLog.Read(_path).Select(l => l.Step));
    }

    [Theory]
    [InlineData("{"), InlineData("[]"), InlineData("null"), InlineData("{\"loss\":2}"), InlineData("{\"step\":1,\"held_out\":3}")]
    public void A_damaged_line_is_named(string line)
    {
        File.WriteAllText(_path, "{\"step\":1,\"loss\":2}\n" + line + "\n");

        InputException damaged = Assert.Throws<InputException>(() => MetricsLog.Read(_path));
        Assert.Equal($"{_path}:2 is damaged; remove the line or the file.", damaged.Message);
    }

    [Fact]
    public void A_log_that_is_shorter_than_at_the_checkpoint_is_refused()
    {
        using MetricsLog log = new(_path);

        Assert.StartsWith(
            $"{_path} has 0 bytes, but the checkpoint was written at 10;", Assert.Throws<InputException>(() => log.Truncate(10)).Message);
    }

    [Fact]
    public void Can_be_read_while_it_is_written()
    {
        using MetricsLog log = new(_path);
        log.Append(new(1, new Dictionary<string, double> { ["loss"] = 2 }, null));

        Assert.Single(MetricsLog.Read(_path));
    }

    public void Dispose() => File.Delete(_path);
}
