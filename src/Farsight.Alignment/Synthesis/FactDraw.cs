using Farsight.Alignment.Fiction;
using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis;

/// <summary>
/// Draws one to four facts for a context. Half of the time all are of one kind, so that the key must be read.
/// </summary>
static class FactDraw
{
    const int MaxTries = 64;

    static readonly int[] s_counts = [30, 30, 25, 15]; // weights of 1, 2, 3 and 4 facts

    static readonly (NeedleKind Kind, int Weight)[] s_kinds =
        [(NeedleKind.MagicNumber, 50), (NeedleKind.Password, 20), (NeedleKind.HiddenThing, 15), (NeedleKind.Code, 15)];

    /// <summary>Draws facts with different keys and values.</summary>
    /// <param name="random">Random stream of the sample; advanced.</param>
    /// <param name="most">Maximum number of facts.</param>
    /// <param name="fits">Tells whether a fact is short enough.</param>
    /// <param name="least">Minimum number of facts, at most four.</param>
    /// <exception cref="OptionException">No fact is short enough.</exception>
    internal static List<Needle> Draw(ref SeededRandom random, int most, Func<Needle, bool> fits, int least = 1)
    {
        int count = Math.Max(least, Math.Min(1 + Weighted(ref random, s_counts), most));
        bool isOneKind = random.Next(2) == 0;
        List<(NeedleKind Kind, int Weight)> kinds = [.. s_kinds];
        HashSet<string> inUse = [];
        List<Needle> facts = [];
        while (facts.Count < count)
        {
            int drawn = Weighted(ref random, [.. kinds.Select(k => k.Weight)]);
            kinds = isOneKind ? [kinds[drawn]] : kinds;
            Needle fact = DrawFitting(ref random, kinds[isOneKind ? 0 : drawn].Kind, inUse, fits);
            inUse.UnionWith([fact.Key, fact.Value]);
            facts.Add(fact);
            if (!isOneKind)
            {
                kinds.RemoveAt(drawn);
            }
        }
        return facts;
    }

    static Needle DrawFitting(ref SeededRandom random, NeedleKind kind, HashSet<string> inUse, Func<Needle, bool> fits)
    {
        for (int i = 0; i < MaxTries; i++)
        {
            Needle needle = NeedleMaker.Make(ref random, kind, NeedleSplit.Training, inUse);
            if (fits(needle))
            {
                return needle;
            }
        }
        throw new OptionException("chunk_tokens", "is too small for a fact in this model's vocabulary; raise it.");
    }

    /// <summary>Draws an index with a probability proportional to its weight.</summary>
    internal static int Weighted(ref SeededRandom random, int[] weights)
    {
        int left = random.Next(weights.Sum()), i = 0;
        while (left >= weights[i])
        {
            left -= weights[i++];
        }
        return i;
    }
}
