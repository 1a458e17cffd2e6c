using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Alignment.Fiction;

public sealed class NeedleMakerTests
{
    static readonly HashSet<string> s_none = [];

    public static TheoryData<NeedleKind> Kinds => [.. NeedleMaker.Kinds];

    [Fact]
    public void Training_and_evaluation_keys_share_no_word_over_100_000_draws()
    {
        HashSet<string> training = WordsOfKeys(NeedleSplit.Training, 50_000);
        HashSet<string> evaluation = WordsOfKeys(NeedleSplit.Evaluation, 50_000);

        Assert.Empty(training.Intersect(evaluation));
        Assert.InRange(training.Count, 10_000, int.MaxValue);
        Assert.InRange(evaluation.Count, 10_000, int.MaxValue);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_value_stands_once_in_sentence_and_answer_and_the_key_in_the_question(NeedleKind kind)
    {
        for (int i = 0; i < 500; i++)
        {
            SeededRandom random = SeededRandom.For(1, "needle test", i);
            Needle needle = NeedleMaker.Make(ref random, kind, NeedleSplit.Training, s_none);

            Assert.Equal(2, needle.Sentence.Split(needle.Value).Length);
            Assert.Equal(2, needle.Answer.Split(needle.Value).Length);
            Assert.Equal(2, needle.Sentence.Split(needle.Key).Length);
            Assert.Contains(needle.Key, needle.Question);
            Assert.DoesNotContain(needle.Value, needle.Question);
            Assert.Equal(needle.Value, needle.Sentence.Substring(needle.ValueStart, needle.Value.Length));
            Assert.Equal(needle.Value + ".", needle.Answer[needle.Answer.IndexOf(needle.Value, StringComparison.Ordinal)..]);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void No_key_or_value_contains_another_in_one_document(NeedleKind kind)
    {
        SeededRandom random = SeededRandom.For(2, "needle test", 0);
        Needle needle = NeedleMaker.Make(ref random, kind, NeedleSplit.Evaluation, s_none);
        IReadOnlyList<Needle> distractors = NeedleMaker.Distractors(ref random, needle, NeedleSplit.Evaluation, 60);

        string[] strings = [needle.Key, needle.Value, .. distractors.Select(d => d.Key), .. distractors.Select(d => d.Value)];
        Assert.Equal(122, strings.Length);
        Assert.All(distractors, d => Assert.Equal(kind, d.Kind));
        for (int i = 0; i < strings.Length; i++)
        {
            Assert.DoesNotContain(strings.Where((_, j) => j != i), s => s.Contains(strings[i], StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(NeedleKind.MagicNumber, 5, 7)]
    [InlineData(NeedleKind.Code, 3, 4)]
    public void Digits_are_uniform_and_do_not_begin_with_zero(NeedleKind kind, int least, int most)
    {
        int[] counts = new int[10];
        SeededRandom random = SeededRandom.For(3, "needle test", 0);
        for (int i = 0; i < 5_000; i++)
        {
            string value = NeedleMaker.Make(ref random, kind, NeedleSplit.Training, s_none).Value;
            Assert.InRange(value.Length, least, most);
            Assert.NotEqual('0', value[0]);
            counts[value[^1] - '0']++;
        }
        Assert.All(counts, c => Assert.InRange(c, 400, 600)); // 500 expected; 100 is 4.7 standard deviations
    }

    [Fact]
    public void The_same_stream_gives_the_same_needles()
    {
        Assert.Equal(First(), First());

        static IReadOnlyList<Needle> First()
        {
            SeededRandom random = SeededRandom.For(4, "needle test", 0);
            return NeedleMaker.MakeMany(ref random, NeedleKind.HiddenThing, NeedleSplit.Training, 20);
        }
    }

    [Fact]
    public void Nothing_free_is_reported_and_does_not_hang()
    {
        HashSet<string> everything = [.. "abcdefghijklmnopqrstuvwxyz".Select(c => c.ToString())];
        SeededRandom random = SeededRandom.For(5, "needle test", 0);

        Assert.Throws<InvalidOperationException>(() => NeedleMaker.Make(ref random, NeedleKind.Password, NeedleSplit.Training, everything));
    }

    static HashSet<string> WordsOfKeys(NeedleSplit split, int draws)
    {
        HashSet<string> words = [];
        SeededRandom random = SeededRandom.For(6, "needle test", (int)split);
        for (int i = 0; i < draws; i++)
        {
            Needle needle = NeedleMaker.Make(ref random, NeedleMaker.Kinds[i % 4], split, s_none);
            words.UnionWith(needle.Key.ToLowerInvariant().Split(' '));
        }
        words.Remove("of"); // the one fixed word inside a key
        return words;
    }
}
