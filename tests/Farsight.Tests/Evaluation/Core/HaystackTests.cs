using Farsight.Alignment.Corpus;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Core;

public sealed class HaystackTests
{
    static readonly CharacterText s_text = new();

    [Fact]
    public void A_cut_has_the_exact_length_and_ends_with_a_sentence()
    {
        Haystack haystack = Of("One is here.  Two\nis there. Mr. Three said 3.5 to J. Four! “Five?” Six.");
        string all = s_text.Decode([.. haystack.Tokens]);
        Assert.Equal(" One is here. Two is there. Mr. Three said 3.5 to J. Four! “Five?” Six.", all);

        for (int n = 0; n < 50; n++)
        {
            SeededRandom random = SeededRandom.For(n, "cut", 0);
            HaystackCut cut = haystack.Cut(ref random, 30);
            string text = s_text.Decode([.. cut.Tokens]);

            Assert.Equal(30, text.Length);
            Assert.Contains(text, all + all);
            Assert.Contains(text[^1], ".!?”");
            Assert.Equal(0, cut.Boundaries[0]);
            Assert.Equal(30, cut.Boundaries[^1]);
            Assert.All(cut.Boundaries.Skip(1).SkipLast(1), b => Assert.Equal(' ', text[b]));
            Assert.All(cut.Boundaries.Skip(1), b => Assert.Contains(text[b - 1], ".!?”"));
        }
    }

    [Fact]
    public void Titles_and_initials_do_not_end_a_sentence()
    {
        Haystack haystack = Of("Mr. Three met J. Four. Then Dr. Five left.");
        SeededRandom random = SeededRandom.For(1, "cut", 0);
        HaystackCut cut = haystack.Cut(ref random, haystack.Tokens.Count);

        Assert.Equal(3, cut.Boundaries.Count);
    }

    [Theory]
    [InlineData(0, 0), InlineData(0.3, 0), InlineData(0.34, 4), InlineData(0.99, 8), InlineData(1, 12)]
    public void A_depth_takes_the_last_boundary_at_or_before_it(double depth, int expected) =>
        Assert.Equal(expected, new HaystackCut(new int[12], [0, 4, 8, 12]).BoundaryAt(depth));

    [Fact]
    public void Too_little_text_is_said()
    {
        Haystack haystack = Of("One. Two.");

        Assert.Contains("hold 10 tokens, but 11 are needed", Assert.Throws<InputException>(() =>
        {
            SeededRandom random = SeededRandom.For(1, "cut", 0);
            haystack.Cut(ref random, 11);
        }).Message);
        Assert.Throws<InputException>(() => Of("  "));
    }

    static Haystack Of(string text) => Haystack.Of([new SourceDocument("a", text, [])], s_text);
}
