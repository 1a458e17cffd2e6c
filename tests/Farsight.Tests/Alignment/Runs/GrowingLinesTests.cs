using System.Text;
using Farsight.Alignment.Runs;

namespace Farsight.Tests.Alignment.Runs;

public sealed class GrowingLinesTests : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly List<string> _lines = [];
    int _restarts;

    [Fact]
    public void Each_look_reads_the_lines_that_were_appended_since()
    {
        GrowingLines file = new(_folder["log"]);
        Look(file);
        File.AppendAllText(_folder["log"], "a\nbc\nincompl");
        Look(file);
        File.AppendAllText(_folder["log"], "ete\n");
        Look(file);
        Look(file);

        Assert.Equal(["a", "bc", "incomplete"], _lines);
        Assert.Equal(0, _restarts);
    }

    [Theory]
    [InlineData("x\n")] // shorter
    [InlineData("other\nlines\nthan before\n")] // replaced by a longer one
    public void A_file_that_is_no_continuation_is_read_from_its_start(string replacement)
    {
        GrowingLines file = new(_folder["log"]);
        File.WriteAllText(_folder["log"], "one\ntwo\n");
        Look(file);
        _lines.Clear();

        File.WriteAllText(_folder["log"], replacement);
        Look(file);

        Assert.Equal(1, _restarts);
        Assert.Equal(replacement.Split('\n', StringSplitOptions.RemoveEmptyEntries), _lines);
    }

    [Fact]
    public void A_line_may_be_longer_than_the_buffer()
    {
        string longLine = new('x', 5 << 20);
        File.WriteAllText(_folder["log"], $"a\n{longLine}\nb\n");

        Look(new(_folder["log"]));

        Assert.Equal(["a", longLine, "b"], _lines);
    }

    public void Dispose() => _folder.Dispose();

    void Look(GrowingLines file) => file.Read(() => _restarts++, line => _lines.Add(Encoding.UTF8.GetString(line)));
}
