using Farsight.Engine;

namespace Farsight.Tests.Engine;

public sealed class VisibleTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain, Straße, שלום, 🚗, a\u200Db", "plain, Straße, שלום, 🚗, a\u200Db")]
    [InlineData("line\nline\r\n\ttab", "line\nline\r\n\ttab")]
    [InlineData("over\rwritten\r", @"over\u000Dwritten\u000D")]
    [InlineData("\u001b[31mred\u001b[0m", @"\u001B[31mred\u001B[0m")]
    [InlineData("\u0007\u0008\u007f\u0085\u009b", @"\u0007\u0008\u007F\u0085\u009B")]
    [InlineData("a\u202Eb\u2066c\u200Fd\u061Ce\uFEFF\u2028", @"a\u202Eb\u2066c\u200Fd\u061Ce\uFEFF\u2028")]
    public void Control_characters_and_direction_marks_are_escaped_and_other_text_stays(string text, string visible) =>
        Assert.Equal(visible, VisibleText.Of(text));

    [Fact]
    public void Messages_for_the_user_are_visible() =>
        Assert.Equal(@"The file a\u001Bb is missing.", new InputException("The file a\u001Bb is missing.").Message);
}
