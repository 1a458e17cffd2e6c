using Farsight.Engine.Numerics;

namespace Farsight.Evaluation.Benchmarks.NeedleThreading;

/// <summary>Represents one of the five kinds of needle threading: what is hidden and what is asked.</summary>
/// <param name="Name">"single_needle".</param>
/// <param name="Title">The title.</param>
/// <param name="Ask">Changes the haystack and returns the question and the answers.</param>
sealed record ThreadKind(string Name, string Title, ThreadKind.Asker Ask)
{
    const int Needles = 5, Steps = 5, Threads = 3;
    const char Mark = '*';

    /// <summary>Asks a question about a haystack.</summary>
    internal delegate ThreadQuestion Asker(ref SeededRandom random, ThreadHaystack haystack, double depth);

    /// <summary>Represents the minimum number of pairs for every kind.</summary>
    internal const int FewestPairs = Steps * Threads;

    /// <summary>Gets all five kinds.</summary>
    internal static IReadOnlyList<ThreadKind> All { get; } =
    [
        new("single_needle", "One needle", SingleNeedle),
        new("multi_needle", "Several needles", MultiNeedle),
        new("conditional_needle", "Needles under a condition", ConditionalNeedle),
        new("single_thread", "One thread", SingleThread),
        new("multi_thread", "Several threads", MultiThread),
    ];

    static ThreadQuestion SingleNeedle(ref SeededRandom random, ThreadHaystack haystack, double depth)
    {
        (string key, string value) = haystack[At(haystack, depth)];
        return new($"Give the value that the JSON object has for the key \"{key}\". Answer with the value alone.\nValue: ", [value]);
    }

    static ThreadQuestion MultiNeedle(ref SeededRandom random, ThreadHaystack haystack, double depth)
    {
        int[] places = ThreadHaystack.Places(ref random, haystack.Count, Needles);
        random.Shuffle(places.AsSpan());
        string keys = Listed(places.Select(p => haystack[p].Key));
        return new(
            $"Give the values that the JSON object has for these keys, as a list in the order of the keys: {keys}\nValues: ",
            [.. places.Select(p => haystack[p].Value)]);
    }

    static ThreadQuestion ConditionalNeedle(ref SeededRandom random, ThreadHaystack haystack, double depth)
    {
        int[] places = ThreadHaystack.Places(ref random, haystack.Count, Needles);
        haystack.Mark(ref random, places, Mark);
        return new(
            $"Give the values of all keys of the JSON object in which the character \"{Mark}\" occurs, "
                + "as a list in the order of the object.\nValues: ",
            [.. places.Select(p => haystack[p].Value)]);
    }

    static ThreadQuestion SingleThread(ref SeededRandom random, ThreadHaystack haystack, double depth)
    {
        int[] places = ThreadHaystack.Places(ref random, haystack.Count, Steps);
        haystack.Link(places);
        return new(
            $"{Rule} Start with the key \"{haystack[places[0]].Key}\" and give the last value. Answer with the value alone.\nLast value: ",
            [haystack[places[^1]].Value]);
    }

    static ThreadQuestion MultiThread(ref SeededRandom random, ThreadHaystack haystack, double depth)
    {
        int[] places = ThreadHaystack.Places(ref random, haystack.Count, Steps * Threads);
        random.Shuffle(places.AsSpan());
        int[][] threads = [.. places.Chunk(Steps)];
        foreach (int[] thread in threads)
        {
            Array.Sort(thread);
            haystack.Link(thread);
        }
        string keys = Listed(threads.Select(t => haystack[t[0]].Key));
        return new(
            $"{Rule} Start once with each of these keys and give the last values, "
                + $"as a list in the order of the keys: {keys}\nLast values: ",
            [.. threads.Select(t => haystack[t[^1]].Value)]);
    }

    static string Rule => "In the JSON object the value of a key may be a key itself; go on from value to key until a value is no key.";

    static int At(ThreadHaystack haystack, double depth) => Math.Min(haystack.Count - 1, (int)(haystack.Count * depth));

    static string Listed(IEnumerable<string> keys) => $"[{string.Join(", ", keys.Select(k => $"\"{k}\""))}]";
}

/// <summary>Represents the question about a haystack, and the values that answer it in order.</summary>
sealed record ThreadQuestion(string Text, IReadOnlyList<string> Answers);
