using Farsight.Cli.Output;

namespace Farsight.Tests.Cli;

public sealed class VisibleWriterTests
{
    [Fact]
    public void Foreign_control_characters_are_escaped_and_a_progress_line_is_still_redrawn()
    {
        StringWriter console = new() { NewLine = "\n" };
        VisibleWriter writer = new(console);

        writer.Write("\rstep 1");
        writer.WriteLine("a\u001B[2J\rb");
        writer.Write('\u0007');
        writer.Write("ab\u202E".AsSpan());

        Assert.Equal("\rstep 1a\\u001B[2J\\u000Db\n\\u0007ab\\u202E", console.ToString());
    }

    [Fact]
    public async Task A_file_name_with_terminal_sequences_is_printed_visibly()
    {
        (int code, _, string error) = await CommandLine.Run("inspect", "no\u001B[31m-such\u202E-file");

        Assert.Equal(2, code);
        Assert.Contains(@"no\u001B[31m-such\u202E-file", error, StringComparison.Ordinal);
    }
}
