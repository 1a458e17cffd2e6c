using System.Buffers;
using System.Globalization;
using System.Text;

namespace Farsight.Text.Tokenizers;

/// <summary>Computes Unicode's composed normal form (NFC), which some tokenizers apply first and some files lack.</summary>
/// <remarks>
/// Source: Unicode Standard Annex #15. It is here because the normalization of .NET needs ICU, which the culture-independent
/// build leaves out. Half a surrogate pair becomes U+FFFD where anything has to change.
/// </remarks>
public static class UnicodeComposition
{
    // Hangul syllables compose by arithmetic: The Unicode Standard, section 3.12
    const int SBase = 0xAC00,
        LBase = 0x1100,
        VBase = 0x1161,
        TBase = 0x11A7,
        LCount = 19,
        VCount = 21,
        TCount = 28,
        SCount = LCount * VCount * TCount;

    static readonly Dictionary<int, int[]> s_decompositions = [];
    static readonly Dictionary<(int, int), int> s_compositions = [];
    static readonly Dictionary<int, byte> s_classes = [];
    static readonly SearchValues<char> s_mayChange = ReadTable();

    /// <summary>Returns the composed form, or the same span if nothing changes.</summary>
    public static ReadOnlySpan<char> Compose(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAny(s_mayChange))
        {
            return text;
        }
        List<int> characters = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, characters);
        }
        Order(characters);
        Join(characters);
        StringBuilder composed = new(characters.Count);
        foreach (int character in characters)
        {
            composed.Append(new Rune(character));
        }
        return composed.ToString();
    }

    static void Decompose(int character, List<int> into)
    {
        if (!s_decompositions.TryGetValue(character, out int[]? parts))
        {
            into.Add(character); // a Hangul syllable too: it can take a final consonant as it is
            return;
        }
        foreach (int part in parts)
        {
            Decompose(part, into);
        }
    }

    static void Order(List<int> characters)
    {
        int start = 0;
        while (start < characters.Count)
        {
            int end = start;
            while (end < characters.Count && Class(characters[end]) > 0)
            {
                end++;
            }
            if (end - start > 1)
            {
                int[] ordered = [.. characters[start..end].OrderBy(Class)]; // stable, as the standard asks
                for (int i = 0; i < ordered.Length; i++)
                {
                    characters[start + i] = ordered[i];
                }
            }
            start = end + 1;
        }
    }

    static void Join(List<int> characters)
    {
        int starter = -1, kept = 0;
        for (int i = 0; i < characters.Count; i++)
        {
            int character = characters[i], ownClass = Class(character);
            // a mark is blocked from its starter by anything between them that has its class or none
            bool free = starter >= 0 && (kept == starter + 1 || (Class(characters[kept - 1]) is > 0 and var before && before < ownClass));
            if (free && Pair(characters[starter], character) is { } joined)
            {
                characters[starter] = joined;
                continue;
            }
            if (ownClass == 0)
            {
                starter = kept;
            }
            characters[kept++] = character;
        }
        characters.RemoveRange(kept, characters.Count - kept);
    }

    static int? Pair(int first, int second)
    {
        if (first is >= LBase and < LBase + LCount && second is >= VBase and < VBase + VCount)
        {
            return SBase + ((first - LBase) * VCount + second - VBase) * TCount;
        }
        if (first is >= SBase and < SBase + SCount && (first - SBase) % TCount == 0 && second is > TBase and < TBase + TCount)
        {
            return first + second - TBase;
        }
        return s_compositions.TryGetValue((first, second), out int composed) ? composed : null;
    }

    static int Class(int character) => s_classes.GetValueOrDefault(character);

    static SearchValues<char> ReadTable()
    {
        HashSet<char> mayChange = [.. Enumerable.Range(VBase, VCount).Concat(Enumerable.Range(TBase + 1, TCount - 1)).Select(c => (char)c)];
        using Stream stream = typeof(UnicodeComposition).Assembly.GetManifestResourceStream("UnicodeComposition.txt")!;
        using StreamReader table = new(stream);
        while (table.ReadLine() is { } line)
        {
            if (!line.StartsWith('#'))
            {
                ReadLine(line.Split(' '), mayChange);
            }
        }
        return SearchValues.Create([.. mayChange]);
    }

    static void ReadLine(string[] fields, HashSet<char> mayChange)
    {
        int character = Hex(fields[0]);
        switch (fields)
        {
            case [_, "=", var first, var second]:
                s_decompositions.Add(character, [Hex(first), Hex(second)]);
                s_compositions.Add((Hex(first), Hex(second)), character);
                mayChange.Add(FirstChar(Hex(second)));
                break;
            case [_, "<", .. var parts]:
                s_decompositions.Add(character, [.. parts.Select(Hex)]);
                mayChange.Add(FirstChar(character));
                break;
            case [_, "-", var last, "*", var number]:
                for (; character <= Hex(last); character++)
                {
                    s_classes.Add(character, byte.Parse(number, CultureInfo.InvariantCulture));
                    mayChange.Add(FirstChar(character));
                }
                break;
            default:
                throw new InvalidDataException($"UnicodeComposition.txt: '{string.Join(' ', fields)}'.");
        }
    }

    static char FirstChar(int character) => new Rune(character).ToString()[0];

    static int Hex(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
