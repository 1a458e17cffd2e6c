using System.Globalization;

namespace Farsight.Alignment.Corpus.Chunks;

/// <summary>Finds where the sentences of a paragraph end, in all scripts.</summary>
/// <remarks>
/// A sentence ends behind its closing quotation marks and brackets. A quotation or bracket that is still open ends none, unless it is long;
/// a small letter continues a sentence.
/// </remarks>
static class SentenceEnds
{
    const int LongestQuotation = 300; // beyond it, an open quotation mark is taken for an unpaired one

    /// <summary>Adds the ends between two places of a text, ascending; that of the last sentence may be missing.</summary>
    internal static void Add(string text, int from, int to, List<int> ends)
    {
        Quotations open = default;
        for (int i = from; i < to; i++)
        {
            char c = text[i];
            open.Pass(text, i, from);
            if (!Script.IsStop(c) && !Script.IsFullStop(c))
            {
                continue;
            }
            int first = i, stops = i + 1;
            while (stops < to && (Script.IsStop(text[stops]) || Script.IsFullStop(text[stops])))
            {
                open.Pass(text, stops++, from);
            }
            int end = stops;
            bool needsSpace = Script.IsStop(text[stops - 1]), isClosed = false;
            while (end < to && IsPart(text, end, to))
            {
                isClosed |= Script.IsCloser(text[end]);
                // A stop behind a quotation ends the sentence around it: "4 p.m.".
                if (Script.IsStop(text[end]))
                {
                    first = end;
                    needsSpace = true;
                }
                open.Pass(text, end++, from);
            }
            if (end >= to)
            {
                return; // the end of the paragraph is a boundary of its own
            }
            if (!open.IsInside(end) && (needsSpace
                ? EndsBefore(text, from, first, stops, end, to)
                : !(isClosed && Script.IsHiragana(text[end]))))
            {
                ends.Add(end);
            }
            i = end - 1;
        }
    }

    /// <summary>Returns whether a character behind a stop belongs to the sentence: closer, mark, further stop, note "[1]".</summary>
    static bool IsPart(string text, int at, int to)
    {
        char c = text[at];
        if (c == '[')
        {
            int close = text.IndexOf(']', at, Math.Min(to - at, 6));
            return close > at + 1 && !text.AsSpan(at + 1, close - at - 1).ContainsAnyExceptInRange('0', '9');
        }
        bool isNote = char.IsDigit(c) && at > 0 && text[at - 1] == '[';
        bool opensNext = c is '"' or '\'' or '“' or '«' or '»' or '*' or '_' or '`' && at + 1 < to && char.IsLetterOrDigit(text[at + 1])
            && !char.IsWhiteSpace(text[at]) && text[at - 1] == ' ';
        return !opensNext && (Script.IsCloser(c) || Script.IsMark(c) || Script.IsStop(c) || Script.IsFullStop(c)
            || c is '¹' or '²' or '³' || isNote);
    }

    /// <summary>Returns whether a sentence ends at stops that also have other uses.</summary>
    static bool EndsBefore(string text, int from, int first, int stops, int end, int to)
    {
        char after = text[end];
        bool isWideNext = Script.IsWide(after) && text[first] != '.';
        if (!char.IsWhiteSpace(after) && !isWideNext)
        {
            return false;
        }
        int next = end;
        while (next < to && char.IsWhiteSpace(text[next]))
        {
            next++;
        }
        while (next < to && Script.IsOpener(text[next]))
        {
            next++;
        }
        if (next >= to)
        {
            return true;
        }
        UnicodeCategory begin = CharUnicodeInfo.GetUnicodeCategory(text, next);
        if (begin == UnicodeCategory.LowercaseLetter || text[next] is ',' or ';' or ':' or '،' or '؛')
        {
            return false;
        }
        return text[first] != '.' || stops - first > 1 || !IsAbbreviation(text, from, first, next, to);
    }

    static bool IsAbbreviation(string text, int from, int stop, int next, int to)
    {
        int word = stop;
        while (word > from && (char.IsLetterOrDigit(text[word - 1]) || text[word - 1] is '.' or '-' || Script.IsMark(text[word - 1])))
        {
            word--;
        }
        int line = word;
        while (line > from && text[line - 1] is ' ' or '\t' or '(' or '*' or '-')
        {
            line--;
        }
        int wordEnd = next;
        while (wordEnd < to && char.IsLetterOrDigit(text[wordEnd]))
        {
            wordEnd++;
        }
        return Abbreviations.Is(text.AsSpan(word, stop - word), text.AsSpan(next, wordEnd - next), line == from || text[line - 1] == '\n');
    }

    /// <summary>Follows the quotations and brackets that are open.</summary>
    struct Quotations
    {
        int _depth, _since, _straightSince;
        bool _isStraightOpen;

        internal void Pass(string text, int at, int from)
        {
            char c = text[at];
            if (c == '"')
            {
                bool opens = at == from || char.IsWhiteSpace(text[at - 1]) || text[at - 1] is '(' or '[' or '—' or '–';
                (_isStraightOpen, _straightSince) = (opens, opens ? at : _straightSince);
            }
            else if (c is '「' or '『' or '（' or '(' or '【' or '《' or '“')
            {
                // “ closes what „ opened.
                _since = _depth == 0 ? at : _since;
                _depth = c == '“' && at > from && !char.IsWhiteSpace(text[at - 1]) && !Script.IsWide(text[at - 1]) ? Math.Max(_depth - 1, 0)
                    : _depth + 1;
            }
            else if (c is '」' or '』' or '）' or ')' or '】' or '》' or '”')
            {
                _depth = Math.Max(_depth - 1, 0);
            }
        }

        internal readonly bool IsInside(int at) =>
            (_depth > 0 && at - _since < LongestQuotation) || (_isStraightOpen && at - _straightSince < LongestQuotation);
    }
}
