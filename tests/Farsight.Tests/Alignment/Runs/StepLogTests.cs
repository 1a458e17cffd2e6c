using Farsight.Alignment.Runs;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Runs;

public sealed class StepLogTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    string Path => _folder["alarms.jsonl"];

    StepLog<AlarmLine> Log => new(Path, l => l.Step);

    [Fact]
    public void Lines_come_back_as_they_were_written()
    {
        AlarmLine[] lines = [new(0, "looping", "a \"b\" – c"), new(7, "not_finite", "NaN")];
        Log.Append(lines[..1]);
        Log.Append(lines[1..]);

        Assert.Equal(lines, Log.Read());
        Assert.StartsWith("""{"step":0,"alarm":"looping","message":""", File.ReadAllText(Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_of_later_steps_and_half_lines_are_forgotten()
    {
        Log.Append([new(1, "a", "x"), new(2, "b", "y")]);
        byte[] whole = File.ReadAllBytes(Path);
        Log.Append([new(3, "c", "z")]);
        File.AppendAllText(Path, "{\"step\":1,");

        Log.KeepUpTo(2);

        Assert.Equal(whole, File.ReadAllBytes(Path));
    }

    [Fact]
    public void A_log_without_lines_is_no_file()
    {
        Assert.Empty(Log.Read());
        Log.Append([new(0, "a", "x")]);

        Log.KeepUpTo(-1);

        Assert.False(File.Exists(Path));
    }

    [Fact]
    public void A_damaged_line_is_named()
    {
        File.WriteAllText(Path, "{\"step\":0,\"alarm\":\"a\",\"message\":\"m\"}\n{\"step\":\n");

        Assert.Contains("alarms.jsonl:2 is damaged", Assert.Throws<InputException>(() => Log.Read()).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
