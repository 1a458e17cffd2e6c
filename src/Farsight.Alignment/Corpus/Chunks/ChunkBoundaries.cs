using System.Text.RegularExpressions;

namespace Farsight.Alignment.Corpus.Chunks;

/// <summary>Holds the places where a text can be cut: ends of sentences, paragraphs and list items, line ends of code and verse.</summary>
sealed partial class ChunkBoundaries
{
    const int MostVerse = 60; // characters of a line
    const int MostCode = 1000; // characters of a line; the expressions take time with the square of the length

    readonly List<int> _strong = [], _lines = [], _blocks = [];

    ChunkBoundaries()
    {
    }

    /// <summary>Finds the places in a text.</summary>
    internal static ChunkBoundaries Find(string text)
    {
        ChunkBoundaries found = new();
        bool wasCode = false, isFenced = false;
        for (int at = 0; at < text.Length;)
        {
            List<(int Start, int End)> lines = Block(text, ref at);
            if (lines.Count > 0)
            {
                bool isCode = isFenced || IsCode(text, lines, wasCode);
                foreach ((int start, int end) in lines)
                {
                    if (text.AsSpan(start, end - start).TrimStart().StartsWith("```"))
                    {
                        (isFenced, isCode) = (!isFenced, true);
                    }
                }
                found.Add(text, lines, isCode);
                found._blocks.Add(lines[^1].End);
                wasCode = isCode;
            }
        }
        return found;
    }

    /// <summary>Gets the ends of sentences, of list items, of code and of verse, ascending.</summary>
    internal IReadOnlyList<int> Sentences => _strong;

    /// <summary>Returns the ends of paragraphs, ascending. Without empty lines, each line of the text is a paragraph.</summary>
    internal List<int> Paragraphs(string text)
    {
        if (_blocks.Count != 1)
        {
            return _blocks;
        }
        int at = 0;
        return [.. Block(text, ref at).Select(l => l.End)];
    }

    /// <summary>Returns the best place behind a start and up to a limit; 0 for none.</summary>
    internal int Last(int start, int limit)
    {
        int strong = LastOf(_strong, start, limit), line = LastOf(_lines, start, limit);
        return strong - start >= (limit - start) / 2 || line <= strong ? strong : line;
    }

    /// <summary>Returns the last of ascending places behind a start and up to a limit; 0 for none.</summary>
    internal static int LastOf(List<int> places, int start, int limit)
    {
        int at = places.BinarySearch(limit);
        at = at >= 0 ? at : ~at - 1;
        return at >= 0 && places[at] > start ? places[at] : 0;
    }

    /// <summary>Returns the lines up to the next empty one, without white space at their ends.</summary>
    static List<(int Start, int End)> Block(string text, ref int at)
    {
        List<(int Start, int End)> lines = [];
        while (at < text.Length)
        {
            int newline = text.IndexOf('\n', at), next = newline < 0 ? text.Length : newline + 1;
            int end = at + text.AsSpan(at, next - at).TrimEnd().Length;
            if (end == at)
            {
                at = next;
                if (lines.Count > 0)
                {
                    break;
                }
                continue;
            }
            lines.Add((at, end));
            at = next;
        }
        return lines;
    }

    void Add(string text, List<(int Start, int End)> lines, bool isCode)
    {
        int last = lines[^1].End;
        if (isCode || IsVerse(text, lines))
        {
            _lines.AddRange(lines.SkipLast(1).Select(l => l.End));
            _strong.Add(last);
            return;
        }
        if (lines.Count == 1 || IsWrapped(text, lines))
        {
            SentenceEnds.Add(text, lines[0].Start, last, _strong);
        }
        else
        {
            foreach ((int start, int end) in lines)
            {
                SentenceEnds.Add(text, start, end, _strong);
                if (end != last && EndsPart(text, end))
                {
                    _strong.Add(end);
                }
            }
        }
        // What stands alone without a stop is a heading, and belongs to what follows.
        bool isHeading = lines.Count == 1 && !EndsSentence(text, last) && last - lines[0].Start <= 2 * MostVerse
            && !ListItem().IsMatch(text.AsSpan(lines[0].Start..last));
        if (!isHeading && EndsPart(text, last))
        {
            _strong.Add(last);
        }
    }

    /// <summary>Returns whether a line is complete: one that ends with a colon introduces the next.</summary>
    static bool EndsPart(string text, int end) =>
        text[end - 1] is not (':' or ',' or ';' or '：' or '，' or '、' or '；' or '،' or '؛');

    internal static bool EndsSentence(string text, int end)
    {
        while (end > 0 && (Script.IsCloser(text[end - 1]) || Script.IsMark(text[end - 1])))
        {
            end--;
        }
        return end > 0 && (Script.IsStop(text[end - 1]) || Script.IsFullStop(text[end - 1]));
    }

    /// <summary>Returns whether lines were broken for width: the first word of each had no place on the line before.</summary>
    static bool IsWrapped(string text, List<(int Start, int End)> lines)
    {
        int width = lines.Max(l => l.End - l.Start), full = 0;
        for (int i = 0; i + 1 < lines.Count; i++)
        {
            int next = lines[i + 1].Start, wordEnd = next;
            while (wordEnd < lines[i + 1].End && (wordEnd == next || !Script.IsWide(text[wordEnd])) && !char.IsWhiteSpace(text[wordEnd]))
            {
                wordEnd++;
            }
            full += lines[i].End - lines[i].Start + 1 + wordEnd - next > width - 2 ? 1 : 0;
            if (ListItem().IsMatch(text.AsSpan(next..lines[i + 1].End)))
            {
                return false;
            }
        }
        return width >= (Script.IsWide(text[lines[0].Start]) ? 16 : 40) && full >= 0.8 * (lines.Count - 1);
    }

    /// <summary>Returns whether lines are short and mostly without sentence ends.</summary>
    static bool IsVerse(string text, List<(int Start, int End)> lines) =>
        lines.Count > 1
        && lines.TrueForAll(l => l.End - l.Start <= MostVerse && !ListItem().IsMatch(text.AsSpan(l.Start..l.End)))
        && lines.Count(l => EndsSentence(text, l.End)) * 2 <= lines.Count
        && !IsWrapped(text, lines);

    static bool IsCode(string text, List<(int Start, int End)> lines, bool wasCode)
    {
        int code = 0, indented = 0;
        foreach ((int start, int end) in lines)
        {
            code += end - start <= MostCode && CodeLine().IsMatch(text.AsSpan(start..end)) ? 1 : 0;
            indented += text[start] is '\t' || text.AsSpan(start, end - start).StartsWith("  ") ? 1 : 0;
        }
        return (code * 2 >= lines.Count && (lines.Count > 1 || wasCode || indented > 0 || (code > 0 && !EndsSentence(text, lines[0].End))))
            || (wasCode && indented == lines.Count)
            || (indented > 0 && code > 0 && (code + indented) * 2 > lines.Count
                && !ListItem().IsMatch(text.AsSpan(lines[0].Start..lines[0].End)));
    }

    [GeneratedRegex(@"^\s*(?:[-*•–·‣◦]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|\(?[ivxIVX]{1,4}[.)]|\|)\s|^\s*\[\d+\]")]
    private static partial Regex ListItem();

    [GeneratedRegex(
        @"[;{}]\s*$|^\s*[)\]}]+[;,]?\s*$|\w\(.*\)\s*[:{;,]?\s*$"
            + @"|^\s*[\w.\[\]""']+\s*[-+*/|&%]?=(?![=\s]*$)\s*\S|^\s*(?://|/\*|\*/|#\s?(?:include|define|if|!)|@\w+\s*$)"
            + @"|^\s*(?:(?:async|export|public|private|static|abstract)\s+)*"
            + @"(?:def|class|function|fn|func|struct|enum|interface|namespace|impl)\s+\w+.*[:{(]?\s*$"
            + @"|=>|->|::|&&|\|\||!=|==|</?\w+[^>]*>\s*$"
            + @"|^\s*(?:return|import|from|using|package|else|elif|try|except|finally|end|let|const|var|if|for|while)\b.*(?<![.!?\s])\s*$")]
    private static partial Regex CodeLine();
}
