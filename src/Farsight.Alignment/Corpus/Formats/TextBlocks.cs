using System.Text;
using Farsight.Alignment.Corpus.Chunks;

namespace Farsight.Alignment.Corpus.Formats;

/// <summary>Builds a text from the words, line breaks and cells of a document whose layout is markup.</summary>
/// <remarks>
/// Separators wait until the next character, so that no text begins or ends with one and the strongest of several applies. Control
/// characters, soft hyphens, invisible spaces and U+FFFD never reach the text; non-breaking spaces become spaces.
/// </remarks>
sealed class TextBlocks
{
    internal const int Line = 1, Paragraph = 2;

    const int MostLabel = 80; // characters of a heading in its mark

    readonly StringBuilder _text = new();
    readonly List<TextMark> _marks = [];
    int _breaks, _cells;
    bool _space, _spaceHasBreak, _tab, _isCellStart;
    int? _heading; // where the open heading begins; −1 before its first character
    char _high;

    /// <summary>Gets the number of characters so far, without waiting separators.</summary>
    internal int Length => _text.Length;

    /// <summary>Gets the headings so far, as "section: Title".</summary>
    internal IReadOnlyList<TextMark> Marks => _marks;

    /// <summary>Gets the number of replacement characters (U+FFFD) that were left out.</summary>
    internal int Lost { get; private set; }

    /// <summary>Begins a new line, or a paragraph after an empty line, before the next character.</summary>
    internal void Break(int lines)
    {
        if (_text.Length > 0 && !_isCellStart)
        {
            _breaks = Math.Max(_breaks, _cells > 0 ? Line : lines);
        }
        _space = false;
    }

    /// <summary>Replaces a waiting empty line by a line break, between items of a list.</summary>
    internal void RelaxBreak() => _breaks = Math.Min(_breaks, Line);

    /// <summary>Adds a line break of the text itself, such as that of an address.</summary>
    internal void BreakLine() => Break(Math.Min(_breaks + 1, Paragraph));

    /// <summary>Begins a cell of a table. Blocks at its beginning do not begin a new line.</summary>
    /// <param name="rowStart"><see cref="Length"/> at the beginning of the row.</param>
    internal void StartCell(int rowStart)
    {
        if (_text.Length > rowStart)
        {
            (_breaks, _tab) = (0, true);
        }
        _isCellStart = true;
        _cells++;
    }

    /// <summary>Ends a cell.</summary>
    internal void EndCell()
    {
        _isCellStart = false;
        _cells--;
    }

    /// <summary>Begins a heading.</summary>
    internal void StartHeading() => _heading = -1;

    /// <summary>Ends a heading, which becomes a mark unless it has no text.</summary>
    internal void EndHeading()
    {
        if (_heading is >= 0 and var start)
        {
            string[] words = _text.ToString(start, _text.Length - start).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            string title = string.Join(' ', words);
            int length = title.Length <= MostLabel ? title.Length : MostLabel - (char.IsHighSurrogate(title[MostLabel - 1]) ? 1 : 0);
            _marks.Add(new(start, $"section: {title[..length].TrimEnd()}{(length < title.Length ? "…" : "")}"));
        }
        _heading = null;
    }

    /// <summary>Adds text in which any run of white space is one space.</summary>
    internal void AddWords(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (char.IsWhiteSpace(c) && c != '\u0085')
            {
                _spaceHasBreak = (_space && _spaceHasBreak) || c is '\n' or '\r';
                _space = true;
            }
            else
            {
                Add(c);
            }
        }
    }

    /// <summary>Adds text with its spaces, tabs and line breaks.</summary>
    internal void AddVerbatim(ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c is '\n' or '\r' or '\u2028' or '\u2029')
            {
                i += c == '\r' && i + 1 < text.Length && text[i + 1] == '\n' ? 1 : 0;
                Put('\n');
            }
            else if (char.IsWhiteSpace(c) && c != '\u0085')
            {
                Put(c is '\t' or '\u3000' ? c : ' ');
            }
            else
            {
                Add(c);
            }
        }
    }

    /// <summary>Returns the text, without white space at its end.</summary>
    public override string ToString() => _text.ToString().TrimEnd();

    void Add(char c)
    {
        char high = _high;
        _high = '\0';
        if (char.IsHighSurrogate(c))
        {
            _high = c;
        }
        else if (char.IsLowSurrogate(c))
        {
            if (high != '\0')
            {
                Put(high);
                _text.Append(c);
            }
        }
        else if (c == '\uFFFD')
        {
            Lost++;
        }
        else if (!char.IsControl(c) && c is not ('\u00AD' or '\u200B' or '\u2060' or '\uFEFF' or '\uFFFE' or '\uFFFF'))
        {
            Put(c);
        }
    }

    /// <summary>Appends a character after the waiting separator.</summary>
    void Put(char c)
    {
        if (_breaks > 0)
        {
            EndLines();
        }
        else if (_tab)
        {
            _text.Append('\t');
        }
        else if (_space && _text.Length > 0 && _text[^1] != '\n' && !(_spaceHasBreak && IsWide(_text[^1]) && IsWide(c)))
        {
            _text.Append(' ');
        }
        (_breaks, _tab, _space, _spaceHasBreak, _isCellStart) = (0, false, false, false, false);
        _heading = _heading < 0 ? _text.Length : _heading;
        _text.Append(c);
    }

    void EndLines()
    {
        while (_text.Length > 0 && _text[^1] is ' ' or '\t')
        {
            _text.Length--;
        }
        int there = 0;
        for (; there < _breaks && there < _text.Length && _text[^(there + 1)] == '\n'; there++)
        {
        }
        _text.Append('\n', _breaks - there);
    }

    /// <summary>Returns whether a line break beside the character is no space, as in Chinese and Japanese.</summary>
    static bool IsWide(char c) => Script.IsWide(c) || c is >= '\uD840' and <= '\uD888'; // ideographs beyond U+20000
}
