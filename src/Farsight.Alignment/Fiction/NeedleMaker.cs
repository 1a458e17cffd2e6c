using System.Globalization;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Fiction;

/// <summary>Draws needles: generated facts whose keys and values do not collide within a document.</summary>
public static class NeedleMaker
{
    const int MostTries = 10_000;

    /// <summary>Gets all kinds, in the order of the enumeration.</summary>
    public static IReadOnlyList<NeedleKind> Kinds { get; } = Enum.GetValues<NeedleKind>();

    /// <summary>Draws one needle whose key and value neither contain nor are contained in any string already in use.</summary>
    /// <param name="random">Random stream of the document; advanced.</param>
    /// <param name="kind">The template.</param>
    /// <param name="split">Which half of the key words to draw from.</param>
    /// <param name="inUse">Keys and values of the other needles of the document.</param>
    /// <exception cref="InvalidOperationException">No free key or value is left.</exception>
    public static Needle Make(ref SeededRandom random, NeedleKind kind, NeedleSplit split, IReadOnlySet<string> inUse)
    {
        for (int i = 0; i < MostTries; i++)
        {
            string key = DrawKey(ref random, kind, split);
            string value = DrawValue(ref random, kind);
            if (!Collides(key, value) && !inUse.Any(s => Collides(s, key) || Collides(s, value)))
            {
                return FromTemplate(kind, key, value);
            }
        }
        throw new InvalidOperationException($"No free key and value for a {kind} needle among {inUse.Count} strings in use.");
    }

    /// <summary>Draws several needles of one kind for one document, all with different keys and values.</summary>
    public static IReadOnlyList<Needle> MakeMany(ref SeededRandom random, NeedleKind kind, NeedleSplit split, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        HashSet<string> inUse = [];
        return MakeMany(ref random, kind, split, count, inUse);
    }

    /// <summary>Draws distractors: needles of the same kind as <paramref name="needle"/> with other keys and values.</summary>
    public static IReadOnlyList<Needle> Distractors(ref SeededRandom random, Needle needle, NeedleSplit split, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        HashSet<string> inUse = [needle.Key, needle.Value];
        return MakeMany(ref random, needle.Kind, split, count, inUse);
    }

    static Needle[] MakeMany(ref SeededRandom random, NeedleKind kind, NeedleSplit split, int count, HashSet<string> inUse)
    {
        Needle[] needles = new Needle[count];
        for (int i = 0; i < count; i++)
        {
            needles[i] = Make(ref random, kind, split, inUse);
            inUse.Add(needles[i].Key);
            inUse.Add(needles[i].Value);
        }
        return needles;
    }

    // A number inside a longer number, or "lantern" beside "copper lantern", would make one answer pass for another.
    internal static bool Collides(string a, string b) =>
        a.Contains(b, StringComparison.OrdinalIgnoreCase) || b.Contains(a, StringComparison.OrdinalIgnoreCase);

    internal static Needle FromTemplate(NeedleKind kind, string key, string value)
    {
        (string sentence, string question) = kind switch
        {
            NeedleKind.MagicNumber => ($"The special magic number for {key} is {value}.", $"What is the special magic number for {key}?"),
            NeedleKind.Password => ($"The password of {key} is {value}.", $"What is the password of {key}?"),
            NeedleKind.HiddenThing => ($"The {key} is hidden in {value}.", $"Where is the {key} hidden?"),
            NeedleKind.Code => ($"The code of the {key} is {value}.", $"What is the code of the {key}?"),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
        return new(kind, key, sentence, question, sentence, value);
    }

    static string DrawKey(ref SeededRandom random, NeedleKind kind, NeedleSplit split)
    {
        NeedleWords words = NeedleWords.Of(split);
        return kind switch
        {
            NeedleKind.MagicNumber => random.Next(10) switch
            {
                < 4 => words.Noun(ref random),
                < 6 => words.Described(ref random),
                _ => words.InventedWord(ref random),
            },
            NeedleKind.Password => words.Person(ref random),
            NeedleKind.HiddenThing => $"{words.Thing(ref random)} of {words.Person(ref random)}",
            NeedleKind.Code => words.Described(ref random),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
    }

    internal static string DrawValue(ref SeededRandom random, NeedleKind kind) => kind switch
    {
        NeedleKind.MagicNumber => Digits(ref random, random.Next(5, 8)),
        NeedleKind.Password => NeedleWords.Passphrase(ref random),
        NeedleKind.HiddenThing => NeedleWords.Town(ref random),
        NeedleKind.Code => Digits(ref random, random.Next(3, 5)),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    static string Digits(ref SeededRandom random, int count)
    {
        int least = 1;
        for (int i = 1; i < count; i++)
        {
            least *= 10;
        }
        return random.Next(least, least * 10).ToString(CultureInfo.InvariantCulture);
    }
}
