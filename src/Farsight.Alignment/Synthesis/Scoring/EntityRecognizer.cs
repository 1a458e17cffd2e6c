namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Recognizes names, numbers, dates, acronyms and content words of English text by their shape.</summary>
/// <remarks>
/// The authors of LOGO use entity strings, verb lemmas and noun lemmas of a parser (arXiv 2410.18533, section 3.2.2). Here a content word
/// is a word that is not among the <see cref="StopWords"/>, and its lemma is its <see cref="Stem"/>. A name of several words is an entity
/// in addition to its words, and so is a date.
/// </remarks>
public static class EntityRecognizer
{
    const int MostCharacters = 256;

    /// <summary>Returns the entities of a text without duplicates; equal entities are equal strings.</summary>
    public static IReadOnlySet<string> Entities(string text)
    {
        HashSet<string> entities = new(StringComparer.Ordinal);
        Visit(text, form => entities.Add(form.ToString()));
        return entities;
    }

    /// <summary>Returns the spans of the entities in order; a word inside a name or date belongs to it.</summary>
    public static IReadOnlyList<EntitySpan> Spans(string text)
    {
        List<TextWord> words = TextWords.Of(text);
        List<EntitySpan> spans = [];
        Span<char> form = stackalloc char[TermText.Most];
        for (int i = 0; i < words.Count;)
        {
            (int end, EntityKind kind) = Run(text, words, i);
            if (end > i || TermText.Write(text, words[i], form) > 0)
            {
                TextWord last = words[Math.Max(end - 1, i)];
                spans.Add(
                    new(words[i].Start, last.Start + TermText.Bare(text.AsSpan(last.Start, last.Length)), end > i ? kind : KindOf(words[i]))
                );
            }
            i = Math.Max(end, i + 1);
        }
        return spans;
    }

    /// <summary>Returns the hashes of <see cref="Entities"/>; equal entities have equal hashes.</summary>
    internal static HashSet<ulong> Keys(ReadOnlySpan<char> text)
    {
        HashSet<ulong> keys = [];
        Visit(text, form => keys.Add(TermHash.Of(form)));
        return keys;
    }

    static void Visit(ReadOnlySpan<char> text, Action<ReadOnlySpan<char>> found)
    {
        List<TextWord> words = TextWords.Of(text);
        Span<char> form = stackalloc char[MostCharacters];
        int inside = 0; // the word after the run that began last
        for (int i = 0; i < words.Count; i++)
        {
            if (i >= inside && Run(text, words, i).End is var end && end > i + 1)
            {
                found(form[..Join(text, words, i, end, form)]);
                inside = end;
            }
            if (TermText.Write(text, words[i], form) is > 0 and int length)
            {
                found(form[..length]);
            }
        }
    }

    static (int End, EntityKind Kind) Run(ReadOnlySpan<char> text, List<TextWord> words, int first)
    {
        if (!words[first].Is(WordShape.Capital | WordShape.Number))
        {
            return (first, EntityKind.Word); // most words
        }
        int date = DateRun.End(text, words, first);
        if (date > first)
        {
            return (date, EntityKind.Date);
        }
        int name = NameRun.End(text, words, first);
        return (name, name == first + 1 && words[first].Is(WordShape.Upper | WordShape.Dotted) ? EntityKind.Acronym : EntityKind.Name);
    }

    static EntityKind KindOf(TextWord word) =>
        word.Is(WordShape.Number) ? EntityKind.Number : word.Is(WordShape.Upper | WordShape.Dotted) ? EntityKind.Acronym : EntityKind.Word;

    /// <summary>Returns the words in lower case, separated by single spaces.</summary>
    static int Join(ReadOnlySpan<char> text, List<TextWord> words, int first, int end, Span<char> form)
    {
        int length = 0;
        for (int i = first; i < end && length + TermText.Most < form.Length; i++)
        {
            if (i > first)
            {
                form[length++] = ' ';
            }
            ReadOnlySpan<char> word = text.Slice(words[i].Start, Math.Min(words[i].Length, TermText.Most));
            length += TermText.Lower(i == end - 1 ? word[..TermText.Bare(word)] : word, form[length..]);
        }
        return length;
    }
}

/// <summary>Represents the span of an entity in a text, in characters.</summary>
/// <param name="Start">Index of the first character.</param>
/// <param name="End">Index after the last character.</param>
/// <param name="Kind">Kind of the entity.</param>
public readonly record struct EntitySpan(int Start, int End, EntityKind Kind);

/// <summary>Lists the kinds of entities.</summary>
public enum EntityKind
{
    /// <summary>Capitalized words in a row, small words between them included: Bank of England.</summary>
    Name,

    /// <summary>Capitals only, with or without full stops: NASA, U.S.</summary>
    Acronym,

    /// <summary>Digits, and what is written together with them: 1,234.5, 1980s.</summary>
    Number,

    /// <summary>A day of the year, with or without the year.</summary>
    Date,

    /// <summary>Any other content word.</summary>
    Word,
}
