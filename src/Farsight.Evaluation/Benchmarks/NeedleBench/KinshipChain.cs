using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.NeedleBench;

/// <summary>Represents the needles of NeedleBench's multi-needle reasoning, version 2: sentences that link a chain of relatives.</summary>
/// <remarks>Source: open-compass/opencompass @a5acc4b, needlebench_v2/multi.py.</remarks>
/// <param name="Sentences">The links in shuffled order.</param>
/// <param name="Eldest">The first person of the chain, the answer.</param>
/// <param name="Youngest">The last person, whom the question names.</param>
sealed record KinshipChain(IReadOnlyList<string> Sentences, string Eldest, string Youngest)
{
    /// <summary>Draws the chain of a repeat with Python's random, seeded with its number.</summary>
    /// <param name="repeat">The repeat, from 0.</param>
    /// <param name="links">Number of links.</param>
    /// <param name="names">People, more than links.</param>
    /// <param name="templates">Sentences with {A}, {B} and {relationship}.</param>
    /// <param name="terms">Relationships.</param>
    internal static KinshipChain Draw(
        int repeat, int links, IReadOnlyList<string> names, IReadOnlyList<string> templates, IReadOnlyList<string> terms)
    {
        PythonRandom random = new(repeat);
        string[] people = random.Sample(names, links + 1);
        List<string> sentences = [];
        for (int i = 0; i < links; i++)
        {
            string template = random.Choice(templates), term = random.Choice(terms);
            sentences.Add(PythonFormat.Fill(
                template,
                new Dictionary<string, string> { ["A"] = people[i], ["B"] = people[i + 1], ["relationship"] = term },
                AncestralTraceTask.Templates));
        }
        random.Shuffle(sentences);
        return new(sentences, people[0], people[^1]);
    }
}

/// <summary>Places several needles in a haystack, each a distance behind the one before it.</summary>
static class NeedlePlaces
{
    /// <summary>
    /// Returns the text with the needles. A needle stands its predecessor's length and <paramref name="distance"/> of the haystack behind
    /// the predecessor, and, as in the official program, once more the length of every needle before it.
    /// </summary>
    /// <param name="haystack">[tokens] of the haystack.</param>
    /// <param name="needles">Tokens of each needle.</param>
    /// <param name="depth">Place of the first needle, in percent.</param>
    /// <param name="distance">Distance in percent of the haystack.</param>
    internal static List<int> Insert(IReadOnlyList<int> haystack, IReadOnlyList<int[]> needles, double depth, double distance)
    {
        List<int> places = [];
        int before = 0;
        for (int i = 0; i < needles.Count; i++)
        {
            int place = i == 0
                ? (int)(haystack.Count * (depth / 100))
                : (int)(places[i - 1] + needles[i - 1].Length + (haystack.Count * (distance / 100)));
            places.Add(Math.Min(place, haystack.Count + before));
            before += needles[i].Length;
        }
        List<int> text = [.. haystack];
        int shift = 0;
        for (int i = 0; i < needles.Count; i++)
        {
            text.InsertRange(Math.Min(places[i] + shift, text.Count), needles[i]);
            shift += needles[i].Length;
        }
        return text;
    }
}
