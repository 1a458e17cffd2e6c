using Farsight.Evaluation.PythonCompat;

namespace Farsight.Tests.Evaluation.PythonCompat;

/// <summary>Every expected value is what CPython 3.11's csv.reader gives.</summary>
public sealed class PythonCsvTests
{
    [Theory]
    [InlineData("a,b\n\"x\"\"y\",z\n\n\"multi\nline\",q\n", "a|b;x\"y|z;;multi\nline|q")]
    [InlineData("a\"b,c\n\"un", "a\"b|c;un")]
    [InlineData("\"a\"b,c\n", "ab|c")]
    [InlineData(" \"a\",b\r\n,", " \"a\"|b;|")]
    public void Files_are_read(string text, string expected) =>
        Assert.Equal(expected, string.Join(';', PythonCsv.ReadText(text).Select(row => string.Join('|', row))));

    [Fact]
    public void An_open_quote_joins_lines_without_line_ends() =>
        Assert.Equal(["ab", "c"], PythonCsv.ReadLines(["\"a", "b\"\tc"], '\t').Single());
}
