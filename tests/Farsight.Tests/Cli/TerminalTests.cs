using Farsight.Cli.Output;
using Farsight.Evaluation.Report;

namespace Farsight.Tests.Cli;

public sealed class TerminalTests
{
    [Fact]
    public void A_table_that_fits_has_its_columns()
    {
        string text = TextTable.Of(Table(), width: 40);

        Assert.Equal("Runs\n  Run   State  Time\n  logo   done   2 s\n", text);
    }

    [Fact]
    public void A_table_that_is_wider_than_the_terminal_has_a_block_per_row()
    {
        string text = TextTable.Of(Table(), width: 15);

        Assert.Equal("Runs\n  logo\n    State: done\n    Time: 2 s\n", text);
    }

    [Fact]
    public void A_long_text_is_wrapped_with_the_indentation_of_its_start()
    {
        StringWriter text = new() { NewLine = "\n" };

        Terminal.WriteWrapped(text, "name  ", "one two three four five six seven eight nine", width: 40);

        Assert.Equal("name  one two three four five six seven\n      eight nine\n", text.ToString());
    }

    [Fact]
    public void A_start_that_leaves_no_room_has_a_line_of_its_own()
    {
        StringWriter text = new() { NewLine = "\n" };

        Terminal.WriteWrapped(text, "a-very-long-name-of-a-task  ", "one two three four", width: 40);

        Assert.Equal("a-very-long-name-of-a-task\n      one two three four\n", text.ToString());
    }

    static ReportTable Table() => new(
        ["Run", "State", "Time"], [[new TableCell("logo"), new TableCell("done"), new TableCell("2 s")]])
    {
        Caption = "Runs",
    };
}
