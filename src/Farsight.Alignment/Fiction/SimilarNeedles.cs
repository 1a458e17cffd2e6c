using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Fiction;

/// <summary>
/// Draws facts of one kind whose keys are easily mistaken for each other: "quiet lantern", "quiet harbor", "rusty lantern".
/// </summary>
public static class SimilarNeedles
{
    const int MostTries = 10_000;

    /// <summary>Draws facts for one document. Each key after the first shares exactly one of its two words with the first key.</summary>
    /// <param name="random">Random stream of the document; advanced.</param>
    /// <param name="kind">The template. Keys have two words in all kinds: adjective and noun, two names, or thing and name.</param>
    /// <param name="split">Which half of the key words to draw from.</param>
    /// <param name="count">Number of facts, including the first.</param>
    /// <returns>[count] facts; no key or value is contained in another one's.</returns>
    public static IReadOnlyList<Needle> Make(ref SeededRandom random, NeedleKind kind, NeedleSplit split, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        NeedleWords words = NeedleWords.Of(split);
        HashSet<string> inUse = [];
        List<Needle> needles = [];
        string left = "", right = "";
        for (int i = 0; needles.Count < count; i++)
        {
            if (i == MostTries)
            {
                throw new InvalidOperationException($"No free key and value for a {kind} needle among {inUse.Count} strings in use.");
            }
            (string a, string b) = (Left(ref random, kind, words), Right(ref random, kind, words));
            bool sharesLeft = random.Next(2) == 0;
            (a, b) = needles.Count == 0 ? (a, b) : sharesLeft ? (left, b) : (a, right);
            string key = kind == NeedleKind.HiddenThing ? $"{a} of {b}" : $"{a} {b}", value = NeedleMaker.DrawValue(ref random, kind);
            if (NeedleMaker.Collides(key, value) || inUse.Any(s => NeedleMaker.Collides(s, key) || NeedleMaker.Collides(s, value)))
            {
                continue;
            }
            (left, right) = needles.Count == 0 ? (a, b) : (left, right);
            inUse.UnionWith([key, value]);
            needles.Add(NeedleMaker.FromTemplate(kind, key, value));
        }
        return needles;
    }

    static string Left(ref SeededRandom random, NeedleKind kind, NeedleWords words) => kind switch
    {
        NeedleKind.Password => words.GivenName(ref random),
        NeedleKind.HiddenThing => words.Thing(ref random),
        _ => words.Adjective(ref random),
    };

    static string Right(ref SeededRandom random, NeedleKind kind, NeedleWords words) => kind switch
    {
        NeedleKind.Password => words.InventedName(ref random),
        NeedleKind.HiddenThing => words.GivenName(ref random),
        _ => words.Noun(ref random),
    };
}
