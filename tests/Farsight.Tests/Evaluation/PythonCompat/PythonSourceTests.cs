using Farsight.Engine;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Tests.Evaluation.PythonCompat;

public sealed class PythonSourceTests
{
    static readonly PythonSource s_source = new(
        """
        def ask(kind):
            if "maths" in kind:
                return "Count \"well\".\n"
            else:
                text = 'It\'s ' + f"{n} words" + '''so
        long'''
        """.ReplaceLineEndings("\n"), "program.py");

    [Fact]
    public void Literals_are_read_where_the_code_says() =>
        Assert.Equal("Count \"well\".\n", s_source.TextAfter("def ask", "\"maths\" in kind:"));

    [Fact]
    public void Several_follow_each_other() => Assert.Equal(["It's ", "{n} words", "so\nlong"], s_source.TextsAfter(3, "else:"));

    [Theory]
    [InlineData(1, "elif")]
    [InlineData(4, "else:")]
    public void Another_program_is_an_input_error(int count, string mark) => Assert.StartsWith(
        "program.py is not the expected program", Assert.Throws<InputException>(() => s_source.TextsAfter(count, mark)).Message);
}
