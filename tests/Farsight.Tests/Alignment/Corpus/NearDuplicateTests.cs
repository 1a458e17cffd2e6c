using Farsight.Alignment.Corpus.Duplicates;
using Farsight.Engine.Numerics;
using Xunit.Abstractions;

namespace Farsight.Tests.Alignment.Corpus;

public sealed class NearDuplicateTests(ITestOutputHelper output)
{
    const double Threshold = 0.8;

    [Fact]
    public void The_estimate_is_within_its_error_of_the_exact_similarity()
    {
        MinHash hash = new();
        ushort[] a = new ushort[MinHash.Places], b = new ushort[MinHash.Places];
        double squares = 0;
        const int Pairs = 60;
        for (int i = 0; i < Pairs; i++)
        {
            string[] words = Words(i, 600);
            string one = string.Join(' ', words), other = string.Join(' ', Changed(words, i, changes: i));
            Assert.True(hash.Sign(one, a) && hash.Sign(other, b));
            double error = MinHash.Similarity(a, b) - Jaccard(one, other);
            Assert.InRange(error, -0.17, 0.17); // four standard deviations at one half
            squares += error * error;
        }
        Assert.InRange(Math.Sqrt(squares / Pairs), 0.005, 0.045); // of 0.044 at most
    }

    [Fact]
    public void Made_near_duplicates_are_found_with_precision_and_recall()
    {
        NearDuplicateIndex index = new(Threshold);
        string[][] originals = [.. Enumerable.Range(0, 400).Select(i => Words(i, 300))];
        Assert.All(originals, o => Assert.True(index.Add(string.Join(' ', o))));

        int found = 0, right = 0, near = 0, clear = 0, clearFound = 0, far = 0, farFound = 0;
        for (int i = 0; i < originals.Length; i++)
        {
            string copy = string.Join(' ', Changed(originals[i], i, changes: i % 20));
            double similarity = Jaccard(string.Join(' ', originals[i]), copy);
            bool isFound = !index.Add(copy);
            (found, right, near) = (
                found + One(isFound),
                right + One(isFound && similarity >= Threshold),
                near + One(similarity >= Threshold));
            (clear, clearFound) = (clear + One(similarity >= 0.9), clearFound + One(similarity >= 0.9 && isFound));
            (far, farFound) = (far + One(similarity < 0.65), farFound + One(similarity < 0.65 && isFound));
        }

        output.WriteLine($"precision {right / (double)found:F3}, recall {right / (double)near:F3}");
        Assert.True(near > 80 && clear > 50 && far > 80, $"{near}, {clear}, {far}");
        Assert.Equal((clear, 0), (clearFound, farFound)); // beyond the estimate's error there is none
        Assert.InRange(right / (double)found, 0.85, 1); // precision, half of the copies being within the error
        Assert.InRange(right / (double)near, 0.85, 1); // recall
    }

    [Fact]
    public void Case_punctuation_and_line_breaks_make_no_difference()
    {
        NearDuplicateIndex index = new(1);
        Assert.True(index.Add("The quick brown fox jumps over the lazy dog, twice."));
        Assert.False(index.Add("the QUICK brown\nfox -- jumps over “the lazy dog” twice"));
        Assert.True(index.Add("the quick brown fox jumps over the lazy dog thrice"));
    }

    [Fact]
    public void Short_texts_and_texts_without_spaces_are_told_apart()
    {
        NearDuplicateIndex index = new(Threshold);
        Assert.True(index.Add("one two"));
        Assert.True(index.Add("one two three"));
        Assert.True(index.Add("one"));
        Assert.False(index.Add("One two!"));
        Assert.True(index.Add("..."));
        Assert.True(index.Add("..."));
        string chinese = string.Concat(Enumerable.Range(0, 200).Select(i => (char)(0x4E00 + i * 37 % 5000)));
        Assert.True(index.Add(chinese));
        Assert.False(index.Add(chinese[..190]));
        Assert.True(index.Add(chinese[..100]));
        Assert.Equal(5, index.Count);
    }

    [Fact]
    public void Thousands_of_texts_are_remembered_through_growth()
    {
        NearDuplicateIndex index = new(Threshold);
        string[] texts = [.. Enumerable.Range(0, 6000).Select(i => string.Join(' ', Words(i, 40)))];
        Assert.All(texts, t => Assert.True(index.Add(t)));
        Assert.All(texts, t => Assert.False(index.Add(t)));
    }

    /// <summary>The slow twin: sets of strings.</summary>
    static double Jaccard(string a, string b)
    {
        HashSet<string> one = Set(a), other = Set(b);
        int both = one.Count(other.Contains);
        return both / (double)(one.Count + other.Count - both);

        static HashSet<string> Set(string text)
        {
            string[] words = text.Split(' ');
            return
            [
                .. Enumerable.Range(0, words.Length - Shingles.Words + 1).Select(i => string.Join(' ', words[i..(i + Shingles.Words)])),
            ];
        }
    }

    static string[] Words(int seed, int count)
    {
        SeededRandom random = SeededRandom.For(seed, "test words", 0);
        string[] words = new string[count];
        for (int i = 0; i < count; i++)
        {
            words[i] = $"w{random.Next(2000)}";
        }
        return words;
    }

    static string[] Changed(string[] words, int seed, int changes)
    {
        SeededRandom random = SeededRandom.For(seed, "test changes", 0);
        string[] changed = [.. words];
        for (int i = 0; i < changes; i++)
        {
            changed[random.Next(changed.Length)] = $"new{random.Next(100_000)}";
        }
        return changed;
    }

    static int One(bool condition) => condition ? 1 : 0;
}
