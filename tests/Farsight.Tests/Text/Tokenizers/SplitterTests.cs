using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Farsight.Engine.Numerics;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Text.Tokenizers;

public sealed class SplitterTests
{
    [Fact]
    public void Every_stand_in_has_its_category()
    {
        foreach (UnicodeCategory category in Enum.GetValues<UnicodeCategory>())
        {
            Assert.Equal(
                category == UnicodeCategory.Surrogate ? UnicodeCategory.OtherSymbol : category,
                CharUnicodeInfo.GetUnicodeCategory(CodePointText.StandIn(category)));
        }
    }

    [Theory]
    [InlineData("I'll we'VE 123  x\r\n\r\n y", "I|'ll| we|'VE| |1|2|3| | x|\r\n\r\n| y")]
    [InlineData("a--b?!\n c   ", "a|--|b|?!\n| c|   ")]
    [InlineData("𝒜b𝟙𝟚 😀😀x", "𝒜b|𝟙|𝟚| 😀😀|x")]
    [InlineData("\t\tif (x)", "\t|\tif| (|x|)")]
    public void The_pattern_of_Qwen2_splits_words_digits_and_line_ends(string text, string pieces) =>
        Assert.Equal(pieces, Pieces(new WordSplitter(1), text));

    [Theory]
    [InlineData(WordSplitter.Qwen2)]
    [InlineData(WordSplitter.Llama3)]
    [InlineData(Gpt2Splitter.Pattern)]
    public void Splitters_written_by_hand_cut_as_their_patterns_do(string pattern)
    {
        RegexSplitter twin = new(pattern, MatchBehavior.Isolated);
        Splitter splitter = pattern switch
        {
            WordSplitter.Qwen2 => new WordSplitter(1),
            WordSplitter.Llama3 => new WordSplitter(3),
            _ => new Gpt2Splitter(),
        };
        string[] parts =
        [
            " ",
            "  ",
            "\t",
            "\n",
            "\r\n",
            "\u00a0",
            "a",
            "Zé",
            "\u0301",
            "1",
            "٣",
            "Ⅷ",
            "12345",
            "'",
            "'s",
            "'LL",
            "'Re",
            "'v",
            ".",
            "!?",
            "😀",
            "𝒜",
            "𝟙",
            "\ud83d",
            "中文",
            "_",
            "\u200d",
            "\u3000",
            "\u0085",
        ];
        for (int example = 0; example < 3000; example++)
        {
            SeededRandom random = SeededRandom.For(5, "splitters", example);
            string text = string.Concat(Enumerable.Range(0, 12).Select(_ => parts[random.Next(parts.Length)]));
            Assert.Equal(Pieces(twin, text), Pieces(splitter, text));
        }
    }

    [Fact]
    public void Later_patterns_split_the_pieces_of_earlier_ones()
    {
        List<int> ends = [];
        new PreTokenizer([new RegexSplitter(@"\p{N}", MatchBehavior.Isolated), new Gpt2Splitter()]).Split("ab12 cd", ends);
        Assert.Equal([2, 3, 4, 7], ends);
    }

    [Theory]
    [InlineData("Isolated", "a|-|b|-|-")]
    [InlineData("MergedWithPrevious", "a-|b-|-")]
    [InlineData("MergedWithNext", "a|-b|-|-")]
    public void A_match_goes_where_it_is_told_to(string behavior, string pieces) =>
        Assert.Equal(pieces, Pieces(new RegexSplitter("-", Enum.Parse<MatchBehavior>(behavior)), "a-b--"));

    [Fact]
    public void Signs_begin_their_pieces() => Assert.Equal("▁a|▁|▁b|▁", Pieces(new CharacterSplitter('▁'), "▁a▁▁b▁"));

    [Theory]
    [InlineData(WordSplitter.Qwen2, null)]
    [InlineData(Gpt2Splitter.Pattern, null)]
    [InlineData(@"[!-/:\-\[\\]?[A-Za-z]+| ?[\p{P}\p{S}]+[\r\n]*|(a|b){2,3}?|[^一-龥]+", null)]
    [InlineData(@"\p{N}{1,3}+", "}+")]
    [InlineData(@"a?+b", "?+b")]
    [InlineData(@"^a", "^a")]
    [InlineData(@"a$", "$")]
    [InlineData(@"\ba", @"\b")]
    [InlineData(@"\w+", @"\w")]
    [InlineData(@"\p{Han}|\p{^L}", @"\p")]
    [InlineData(@"[a[b]]", "[b]]")]
    [InlineData(@"[a&&b]", "&&b]")]
    [InlineData(@"[a-z-[b]]", "-[b]")]
    [InlineData(@"(?<=a)b", "(?<=")]
    [InlineData(@"(?<n>a)", "(?<n")]
    [InlineData(@"(?x: a)", "(?x:")]
    [InlineData("\\", "\\")]
    public void Patterns_that_mean_something_else_elsewhere_are_found(string pattern, string? found) =>
        Assert.Equal(found, RegexSyntax.FirstForeign(pattern));

    static string Pieces(Splitter splitter, string text)
    {
        List<int> ends = [];
        splitter.Split(text, 0, ends);
        return string.Join('|', ends.Select((end, i) => text[(i == 0 ? 0 : ends[i - 1])..end]));
    }
}
