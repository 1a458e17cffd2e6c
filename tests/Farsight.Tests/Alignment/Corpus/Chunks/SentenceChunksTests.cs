using Farsight.Alignment.Corpus.Chunks;

namespace Farsight.Tests.Alignment.Corpus.Chunks;

public sealed class SentenceChunksTests
{
    [Theory]
    [InlineData("He left. She stayed there.", 20, "He left.|She stayed there.")]
    [InlineData("Dr. Bell met A. J. Moss at 4.15 p.m. in the U.S. Consulate. He left.", 62, "Dr. Bell met A. J. Moss "
        + "at 4.15 p.m. in the U.S. Consulate.|He left.")]
    [InlineData("\"Who rang?\" asked she. \"I did!\" He ran.", 34, "\"Who rang?\" asked she. \"I did!\"|He ran.")]
    [InlineData("1. Trim the wick.\n2. Bar the door.\n3. Eat.", 20, "1. Trim the wick.|2. Bar the door.|3. Eat.")]
    [InlineData("他说：“没有船。”雾散了！", 10, "他说：“没有船。”|雾散了！")]
    [InlineData("彼は「来ない。霧だ。」と言った。雨だ。", 17, "彼は「来ない。霧だ。」と言った。|雨だ。")]
    [InlineData("वह गया। वह आया॥ बस।", 17, "वह गया। वह आया॥|बस।")]
    [InlineData("هل جاء؟ قال: لا، لا شيء. ذهب.", 25, "هل جاء؟ قال: لا، لا شيء.|ذهب.")]
    [InlineData("one two three four", 9, "one two|three|four")]
    [InlineData("See example.org/a.b for v2.10.3 of it. Then go.", 40, "See example.org/a.b for v2.10.3 of it.|Then go.")]
    [InlineData("Wait... and see. Go.", 18, "Wait... and see.|Go.")]
    [InlineData("A heading\n\nThe first sentence. The second one.", 32, "A heading\n\nThe first sentence.|The second one.")]
    public void Chunks_end_at_the_last_sentence_end_that_fits(string text, int length, string expected) =>
        Assert.Equal(expected.Split('|'), SentenceChunks.Cut(text, length));

    [Fact]
    public void Code_and_verse_are_cut_between_lines_and_code_keeps_its_indentation()
    {
        const string Code = "def f(x):\n    # Twice. Why?\n    return x\n\ndef g(y):\n    return 2 * y\n";
        Assert.Equal(["def f(x):\n    # Twice. Why?\n    return x", "def g(y):\n    return 2 * y"], SentenceChunks.Cut(Code, 50));
        Assert.Equal(["def f(x):\n    # Twice. Why?", "    return x\n\ndef g(y):", "    return 2 * y"], SentenceChunks.Cut(Code, 29));
        Assert.Equal(
            ["The lamp is lit,\nthe fog is near", "and what he knew. He knew\nno more"],
            SentenceChunks.Cut("The lamp is lit,\nthe fog is near\nand what he knew. He knew\nno more", 57));
    }

    [Fact]
    public void Lines_that_were_broken_for_width_end_no_chunk() =>
        Assert.Equal(
            ["The keeper wrote a page on every evening of the year.", "It\nwas short, as nothing happened in those years at all."],
            SentenceChunks.Cut(
                "The keeper wrote a page on every evening of the year. It\nwas short, as nothing happened in those years at all.", 60));

    [Fact]
    public void A_character_as_readers_see_it_is_never_split()
    {
        const string Family = "👨‍👩‍👧", Flag = "🇸🇪", Accent = "e\u0301";
        string text = string.Concat(Enumerable.Repeat(Family + Flag + Accent, 20));

        foreach (int length in Enumerable.Range(1, 40))
        {
            IReadOnlyList<string> chunks = SentenceChunks.Cut(text, length);

            Assert.Equal(text, string.Concat(chunks));
            Assert.All(chunks, c => Assert.True(
                c.StartsWith(Family, StringComparison.Ordinal)
                || c.StartsWith(Flag, StringComparison.Ordinal)
                || c.StartsWith(Accent, StringComparison.Ordinal)));
            Assert.All(chunks, c => Assert.True(c.EnumerateRunes().Count() <= Math.Max(length, 5)));
        }
    }

    [Fact]
    public void Nothing_but_white_space_is_lost_at_the_cuts()
    {
        const string Text = "  One (two. Three). \t\n\n\n- four\n- five: \"six.\" 7.8 … nine?!\n\n```\nx = 1;\n\ny\n```\n\nTen。十一。 ";

        foreach (int length in Enumerable.Range(1, 100))
        {
            Assert.Equal(Bare(Text), Bare(string.Concat(SentenceChunks.Cut(Text, length))));
            Assert.All(SentenceChunks.Cut(Text, length), c => Assert.InRange(c.EnumerateRunes().Count(), 1, length));
        }

        static string Bare(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
    }

    [Fact]
    public void Empty_texts_have_no_chunks() => Assert.Empty(SentenceChunks.Cut(" \n\t", 5));
}
