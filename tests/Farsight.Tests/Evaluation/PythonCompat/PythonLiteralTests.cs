using System.Globalization;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Tests.Evaluation.PythonCompat;

public sealed class PythonLiteralTests
{
    [Theory]
    [InlineData("{'a': 'b', \"c\": [1, -2.5, (3,)], 'd': None}", "{a:b,c:[1,-2.5,[3]],d:null}")]
    [InlineData("'a' 'b\\n\\x41\\u00e9\\q'", "ab\nAé\\q")]
    [InlineData("{1,2}", "[1,2]")]
    [InlineData("{}", "{}")]
    [InlineData("()", "[]")]
    [InlineData("(1)", "1")]
    [InlineData(" [True, False,]", "[True,False]")]
    [InlineData("'''t\nq'''", "t\nq")]
    [InlineData("r'\\n'", "\\n")]
    [InlineData("-  3", "-3")]
    [InlineData("1_000", "1000")]
    [InlineData("'\\7\\101'", "\aA")]
    public void Literals_are_read(string text, string expected)
    {
        Assert.True(PythonLiteral.TryParse(text, out object? value));
        Assert.Equal(expected, Show(value));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("'x")]
    [InlineData("{'a':1,'b'}")]
    [InlineData("1+2j")]
    [InlineData("")]
    [InlineData("[")]
    [InlineData("[1 2]")]
    [InlineData("'\\xZZ'")]
    [InlineData("'\\U99999999'")]
    [InlineData("__import__('os')")]
    public void Everything_else_is_refused(string text) => Assert.False(PythonLiteral.TryParse(text, out _));

    [Fact]
    public void A_text_nested_too_deep_is_refused() => Assert.False(PythonLiteral.TryParse(new string('[', 100_000), out _));

    static string Show(object? value) => value switch
    {
        null => "null",
        List<object?> items => $"[{string.Join(',', items.Select(Show))}]",
        List<KeyValuePair<object?, object?>> pairs => $"{{{string.Join(',', pairs.Select(p => Show(p.Key) + ":" + Show(p.Value)))}}}",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
