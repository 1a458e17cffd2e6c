using System.Globalization;
using Farsight.Engine.Numerics;

namespace Farsight.Evaluation.Benchmarks.NeedleThreading;

/// <summary>
/// Represents pairs of UUIDs as one JSON object. Some pairs are linked to threads: the value of one is the key of the next.
/// </summary>
/// <remarks>Source: Needle Threading, arXiv:2411.05000; jonathan-roberts1/needle-threading @006f8f5. A pair takes 80 characters.</remarks>
sealed class ThreadHaystack
{
    readonly (string Key, string Value)[] _pairs;

    ThreadHaystack((string, string)[] pairs) => _pairs = pairs;

    /// <summary>Gets the number of pairs.</summary>
    internal int Count => _pairs.Length;

    /// <summary>Gets the pair at a place.</summary>
    internal (string Key, string Value) this[int place] => _pairs[place];

    /// <summary>Gets the JSON object.</summary>
    internal string Json => $"{{{string.Join(", ", _pairs.Select(p => $"\"{p.Key}\": \"{p.Value}\""))}}}";

    /// <summary>Draws unlinked pairs.</summary>
    internal static ThreadHaystack Draw(ref SeededRandom random, int count)
    {
        (string, string)[] pairs = new (string, string)[count];
        for (int i = 0; i < count; i++)
        {
            pairs[i] = (Uuid(ref random), Uuid(ref random));
        }
        return new(pairs);
    }

    /// <summary>Links the pairs at these places to a thread, in order.</summary>
    internal void Link(ReadOnlySpan<int> places)
    {
        for (int i = 0; i + 1 < places.Length; i++)
        {
            _pairs[places[i]].Value = _pairs[places[i + 1]].Key;
        }
    }

    /// <summary>Inserts a mark into the keys at these places, at a random character.</summary>
    internal void Mark(ref SeededRandom random, ReadOnlySpan<int> places, char mark)
    {
        foreach (int place in places)
        {
            string key = _pairs[place].Key;
            _pairs[place].Key = key.Insert(random.Next(key.Length + 1), mark.ToString());
        }
    }

    /// <summary>Draws places without repetition, ascending.</summary>
    internal static int[] Places(ref SeededRandom random, int population, int count)
    {
        int[] all = [.. Enumerable.Range(0, population)];
        random.Shuffle(all.AsSpan());
        return [.. all.Take(count).Order()];
    }

    static string Uuid(ref SeededRandom random)
    {
        string hex =
            random.NextUInt64().ToString("x16", CultureInfo.InvariantCulture)
            + random.NextUInt64().ToString("x16", CultureInfo.InvariantCulture);
        return $"{hex[..8]}-{hex[8..12]}-{hex[12..16]}-{hex[16..20]}-{hex[20..]}";
    }
}
