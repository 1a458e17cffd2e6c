using System.Text;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Tests.Evaluation.PythonCompat;

/// <summary>Every expected value is what CPython 3.11 gives.</summary>
public sealed class PythonStringsTests
{
    [Fact]
    public void White_space_is_pythons() =>
        Assert.Equal(["a", "b", "c", "d", "e\u200bf"], PythonStrings.Split("a\x1c" + "b\x85" + "c\u00a0d\u3000e\u200bf"));

    [Fact]
    public void Splitting_an_empty_text_gives_nothing()
    {
        Assert.Empty(PythonStrings.Split(" \t\n"));
        Assert.Empty(PythonStrings.SplitLines(""));
        Assert.Equal("", PythonStrings.Strip(" \x1f "));
    }

    [Fact]
    public void Lines_end_where_python_ends_them() =>
        Assert.Equal(["a", "b", "c", "d", "", "e"], PythonStrings.SplitLines("a\r\nb\x0b" + "c\x1c" + "d\u2028\ne\n"));

    [Theory]
    [InlineData("ΑΣ", "ας")]
    [InlineData("ΑΣΑ", "ασα")]
    [InlineData("Σ", "σ")]
    [InlineData("İI", "i\u0307i")]
    [InlineData("ΑΣ'", "ας'")]
    [InlineData("ΑΣ.Β", "ασ.β")]
    [InlineData("a\u0301Σ", "a\u0301ς")]
    [InlineData("ÀÉẞ", "àéß")]
    [InlineData("\U00010400", "\U00010428")]
    [InlineData("Ꭰ", "\uab70")]
    public void Lower_case_is_pythons(string text, string expected) => Assert.Equal(expected, PythonStrings.Lower(text));

    [Theory]
    [InlineData("the cat", "  cat")]
    [InlineData("the-cat a_the an", " -cat a_the  ")]
    [InlineData("a\u0301 b", " \u0301 b")]
    [InlineData("a²", "a²")]
    [InlineData("the\u200dcat", " \u200dcat")]
    [InlineData("athe a", "athe  ")]
    public void Word_boundaries_are_pythons(string text, string expected) =>
        Assert.Equal(expected, PythonStrings.ReplaceWords(text, ["a", "an", "the"], " "));

    [Fact]
    public void Digits_of_every_script_are_runs_of_digits() => Assert.Equal(["12", "５", "3٣"], PythonStrings.DigitRuns("a12 ５b3٣ ²"));

    [Fact]
    public void Length_counts_code_points()
    {
        Assert.Equal(3, PythonStrings.Length("a😀b"));
        Assert.Equal([97, 0x1f600, 98], PythonStrings.CodePoints("a😀b"));
        Assert.Equal("a😀", PythonStrings.Take("a😀b", 2));
        Assert.Equal("a😀b", PythonStrings.Take("a😀b", 9));
    }

    [Theory]
    [InlineData('²', true, true, false)]
    [InlineData('½', true, false, false)]
    [InlineData('٣', true, true, true)]
    [InlineData('‿', false, false, false)]
    [InlineData('ª', true, false, false)]
    [InlineData('\u0301', false, false, false)]
    public void Classes_of_characters_are_pythons(char c, bool word, bool digit, bool isDecimal)
    {
        Rune rune = new(c);
        Assert.Equal(
            (word, digit, isDecimal),
            (PythonCharacters.IsWord(rune), PythonCharacters.IsDigit(rune), PythonCharacters.IsDecimal(rune)));
    }
}
