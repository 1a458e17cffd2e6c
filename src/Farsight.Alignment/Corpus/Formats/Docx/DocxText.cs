using System.Globalization;
using System.Xml;

namespace Farsight.Alignment.Corpus.Formats.Docx;

/// <summary>Writes the text of one story of a Word document: the body, a footnote or a text box.</summary>
/// <remarks>
/// The text is the accepted version of tracked changes. Notes and text boxes follow the paragraph that they belong to.
/// Source: ECMA-376, part 1, 17 (WordprocessingML).
/// </remarks>
/// <param name="xml">The part.</param>
/// <param name="styles">Styles of the document.</param>
/// <param name="notes">Text of each footnote ("f1") and endnote ("e1").</param>
/// <param name="warnings">Takes what could not be read.</param>
/// <param name="depth">Greatest depth of elements.</param>
sealed class DocxText(XmlReader xml, DocxStyles styles, IReadOnlyDictionary<string, string> notes, ISet<string> warnings, int depth)
{
    const string Word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        StrictWord = "http://purl.oclc.org/ooxml/wordprocessingml/main";

    readonly TextBlocks _blocks = new();
    readonly List<string> _afterParagraph = [];
    readonly Stack<bool> _fields = []; // for each open field, whether its result has begun
    readonly char[] _buffer = new char[4096];
    bool _isJoined, _isList, _wasList;
    int _cells, _instructions;

    /// <summary>Gets whether nothing was written.</summary>
    internal bool IsEmpty => _blocks.Length == 0;

    /// <summary>Returns the text so far.</summary>
    public override string ToString() => _blocks.ToString();

    /// <summary>Reads the content of the current element, a story.</summary>
    internal void ReadStory()
    {
        ReadChildren(new());
        AddAfterParagraph();
    }

    /// <summary>Returns the attribute <c>val</c> of the current element.</summary>
    internal static string? Value(XmlReader xml)
    {
        string? value = null;
        for (bool has = xml.MoveToFirstAttribute(); has; has = xml.MoveToNextAttribute())
        {
            value = xml.LocalName == "val" ? xml.Value : value;
        }
        xml.MoveToElement();
        return value;
    }

    /// <summary>Returns whether the current element switches a property on.</summary>
    internal static bool IsOn(XmlReader xml) => Value(xml) is not ("0" or "false" or "off");

    /// <summary>Returns whether the current element is of WordprocessingML.</summary>
    internal static bool IsWord(XmlReader xml) => xml.NamespaceURI is Word or StrictWord;

    /// <summary>Reads the children of the current element, and leaves the reader on its end.</summary>
    void ReadChildren(Place place)
    {
        if (xml.IsEmptyElement)
        {
            return;
        }
        if (xml.Depth > depth)
        {
            warnings.Add("the elements are nested too deeply; the deepest are missing");
            SkipContent();
            return;
        }
        while (xml.Read() && xml.NodeType != XmlNodeType.EndElement)
        {
            if (xml.NodeType == XmlNodeType.Element)
            {
                ReadElement(place);
            }
        }
    }

    void ReadElement(Place place)
    {
        string name = xml.LocalName;
        if (!IsWord(xml))
        {
            ReadOther(name, place);
            return;
        }
        switch (name)
        {
            case "p":
                ReadParagraph(place);
                break;
            case "r":
                ReadRun(place);
                break;
            case "t":
                AddText(place);
                break;
            case "tbl":
                StartBlock();
                ReadChildren(place);
                StartBlock();
                break;
            case "tr":
                ReadRow(place);
                break;
            case "tab" or "ptab":
                Add("\t", place);
                break;
            case "br" or "cr":
                Add("\n", place);
                break;
            case "noBreakHyphen":
                Add("-", place);
                break;
            case "sym":
                Add(Symbol(), place);
                break;
            case "fldChar":
                ReadField();
                break;
            case "footnoteReference" or "endnoteReference":
                AddNote(name[..1], place);
                break;
            case "txbxContent":
                ReadTextBox(place);
                break;
            case "altChunk" or "subDoc":
                warnings.Add("a document inside the document was not read");
                SkipContent();
                break;
            case "del" or "moveFrom" or "delText" or "instrText" or "delInstrText" or "rt" or "sectPr" or "tblGrid":
                SkipContent();
                break;
            default:
                if (name.EndsWith("Pr", StringComparison.Ordinal) || name.EndsWith("PrChange", StringComparison.Ordinal))
                {
                    SkipContent();
                }
                else
                {
                    ReadChildren(place);
                }
                break;
        }
    }

    /// <summary>Reads an element of drawings, formulas or compatibility.</summary>
    void ReadOther(string name, Place place)
    {
        switch (name)
        {
            case "AlternateContent":
                ReadAlternatives(place);
                break;
            case "t": // DrawingML and formulas have texts of their own
                AddText(place);
                break;
            case "p":
                StartBlock();
                ReadChildren(place);
                StartBlock();
                break;
            default:
                ReadChildren(place);
                break;
        }
    }

    /// <summary>Reads the first alternative that has text; the others repeat it for older programs.</summary>
    void ReadAlternatives(Place place)
    {
        int length = _blocks.Length + _afterParagraph.Count;
        if (xml.IsEmptyElement)
        {
            return;
        }
        while (xml.Read() && xml.NodeType != XmlNodeType.EndElement)
        {
            if (xml.NodeType != XmlNodeType.Element)
            {
                continue;
            }
            if (_blocks.Length + _afterParagraph.Count == length)
            {
                ReadChildren(place);
            }
            else
            {
                SkipContent();
            }
        }
    }

    void ReadParagraph(Place place)
    {
        if (!_isJoined)
        {
            StartBlock();
        }
        bool joins = false;
        _isList = false;
        if (!xml.IsEmptyElement)
        {
            while (xml.Read() && xml.NodeType != XmlNodeType.EndElement)
            {
                if (xml.NodeType != XmlNodeType.Element)
                {
                    continue;
                }
                if (IsWord(xml) && xml.LocalName == "pPr")
                {
                    joins = ReadParagraphProperties(ref place);
                    if (_isList && _wasList && !_isJoined)
                    {
                        _blocks.RelaxBreak();
                    }
                }
                else
                {
                    ReadElement(place);
                }
            }
        }
        (_isJoined, _wasList) = (joins, _isList);
        if (!joins)
        {
            _blocks.Break(TextBlocks.Paragraph);
            AddAfterParagraph();
        }
    }

    /// <summary>Returns whether the mark of the paragraph was deleted or moved away, so that the next one continues it.</summary>
    bool ReadParagraphProperties(ref Place place)
    {
        bool joins = false;
        int top = xml.Depth;
        if (xml.IsEmptyElement)
        {
            return false;
        }
        while (xml.Read() && xml.Depth > top)
        {
            if (xml.NodeType != XmlNodeType.Element)
            {
                continue;
            }
            switch (xml.LocalName)
            {
                case "pPrChange" or "sectPr":
                    SkipContent(); // the properties before a change
                    break;
                case "pStyle" when xml.Depth == top + 1:
                    string? style = Value(xml);
                    _isList |= styles.IsList(style);
                    place = place with { IsHidden = styles.Hides(style) ?? place.IsHidden };
                    break;
                case "numPr":
                    _isList = true;
                    break;
                case "del" or "moveFrom":
                    joins |= xml.Depth == top + 2; // in rPr, the properties of the mark
                    break;
                default:
                    break;
            }
        }
        return joins;
    }

    void ReadRun(Place place)
    {
        if (xml.IsEmptyElement)
        {
            return;
        }
        while (xml.Read() && xml.NodeType != XmlNodeType.EndElement)
        {
            if (xml.NodeType != XmlNodeType.Element)
            {
                continue;
            }
            if (IsWord(xml) && xml.LocalName == "rPr")
            {
                place = place with { IsHidden = IsHiddenRun() ?? place.IsHidden };
            }
            else
            {
                ReadElement(place);
            }
        }
    }

    /// <summary>Returns whether the current run properties hide the run; null if they do not say.</summary>
    bool? IsHiddenRun()
    {
        bool? byStyle = null, own = null;
        int top = xml.Depth;
        if (xml.IsEmptyElement)
        {
            return null;
        }
        while (xml.Read() && xml.Depth > top)
        {
            if (xml.NodeType != XmlNodeType.Element || xml.Depth > top + 1)
            {
                continue;
            }
            byStyle = xml.LocalName == "rStyle" ? styles.Hides(Value(xml)) : byStyle;
            own = xml.LocalName is "vanish" ? IsOn(xml) : own;
        }
        return own ?? byStyle;
    }

    void ReadRow(Place place)
    {
        _blocks.Break(TextBlocks.Line);
        ReadCells(place, _blocks.Length);
        _blocks.Break(TextBlocks.Line);
    }

    /// <summary>Reads the cells of a row, also those in content controls.</summary>
    /// <param name="place">The meaning of the ancestors.</param>
    /// <param name="rowStart">Length of the text before the row.</param>
    void ReadCells(Place place, int rowStart)
    {
        if (xml.IsEmptyElement)
        {
            return;
        }
        if (xml.Depth > depth)
        {
            ReadChildren(place); // which warns
            return;
        }
        bool isDeleted = false;
        while (xml.Read() && xml.NodeType != XmlNodeType.EndElement)
        {
            if (xml.NodeType != XmlNodeType.Element)
            {
                continue;
            }
            switch (xml.LocalName)
            {
                case "tc" when !isDeleted:
                    ReadCell(place, rowStart);
                    break;
                case "trPr":
                    isDeleted |= HasChild("del");
                    break;
                case "sdt" or "sdtContent" or "customXml" when !isDeleted:
                    ReadCells(place, rowStart);
                    break;
                default:
                    SkipContent();
                    break;
            }
        }
    }

    void ReadCell(Place place, int rowStart)
    {
        _blocks.StartCell(rowStart);
        _cells++;
        bool isLeftOut = false; // deleted, or covered by the cell above or beside it
        if (!xml.IsEmptyElement)
        {
            while (xml.Read() && xml.NodeType != XmlNodeType.EndElement)
            {
                if (xml.NodeType != XmlNodeType.Element)
                {
                    continue;
                }
                if (xml.LocalName == "tcPr")
                {
                    isLeftOut = HasChild("vMerge", "hMerge", "cellDel");
                }
                else if (isLeftOut)
                {
                    SkipContent();
                }
                else
                {
                    ReadElement(place);
                }
            }
        }
        _cells--;
        _blocks.EndCell();
    }

    /// <summary>Returns whether the current properties have one of the children; a merge counts where it continues another cell.</summary>
    bool HasChild(params ReadOnlySpan<string> names)
    {
        bool has = false;
        int top = xml.Depth;
        if (xml.IsEmptyElement)
        {
            return false;
        }
        while (xml.Read() && xml.Depth > top)
        {
            has |= xml.NodeType == XmlNodeType.Element && xml.Depth == top + 1 && names.Contains(xml.LocalName) && Value(xml) != "restart";
        }
        return has;
    }

    void ReadField()
    {
        string kind = "";
        for (bool has = xml.MoveToFirstAttribute(); has; has = xml.MoveToNextAttribute())
        {
            kind = xml.LocalName == "fldCharType" ? xml.Value : kind;
        }
        xml.MoveToElement();
        SkipContent();
        if (kind == "begin")
        {
            _fields.Push(false);
            _instructions++;
        }
        else if (kind is "separate" or "end" && _fields.TryPop(out bool isResult))
        {
            _instructions -= isResult ? 0 : 1;
            if (kind == "separate")
            {
                _fields.Push(true);
            }
        }
    }

    void ReadTextBox(Place place)
    {
        DocxText box = new(xml, styles, notes, warnings, depth);
        box.ReadChildren(place);
        box.AddAfterParagraph();
        if (!box.IsEmpty)
        {
            _afterParagraph.Add(box.ToString());
        }
    }

    void AddNote(string kind, Place place)
    {
        string id = "";
        for (bool has = xml.MoveToFirstAttribute(); has; has = xml.MoveToNextAttribute())
        {
            id = xml.LocalName == "id" ? xml.Value : id;
        }
        xml.MoveToElement();
        SkipContent();
        if (place.IsHidden)
        {
            return;
        }
        if (notes.TryGetValue(kind + id, out string? note))
        {
            _afterParagraph.Add(note);
        }
        else
        {
            warnings.Add(kind == "f" ? "a footnote is missing" : "an endnote is missing");
        }
    }

    /// <summary>Adds the notes and text boxes of a paragraph; those of a table after the table.</summary>
    void AddAfterParagraph()
    {
        if (_cells > 0)
        {
            return;
        }
        foreach (string text in _afterParagraph)
        {
            _blocks.Break(TextBlocks.Paragraph);
            _blocks.AddVerbatim(text);
            _blocks.Break(TextBlocks.Paragraph);
        }
        _afterParagraph.Clear();
    }

    void StartBlock() => _blocks.Break(TextBlocks.Paragraph);

    /// <summary>Adds the text of the current element, in parts, so that no text is too large for memory at once.</summary>
    void AddText(Place place)
    {
        if (xml.IsEmptyElement)
        {
            return;
        }
        int top = xml.Depth;
        while (xml.Read() && xml.Depth > top)
        {
            if (xml.NodeType is not (XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace))
            {
                continue;
            }
            for (int read = xml.ReadValueChunk(_buffer, 0, _buffer.Length); read > 0; read = xml.ReadValueChunk(_buffer, 0, _buffer.Length))
            {
                Span<char> part = _buffer.AsSpan(0, read);
                part.Replace('\n', ' ');
                Add(part, place);
            }
        }
    }

    void Add(ReadOnlySpan<char> text, Place place)
    {
        if (!place.IsHidden && _instructions == 0)
        {
            _blocks.AddVerbatim(text);
        }
    }

    /// <summary>Returns the character of the current symbol; none for a picture of a symbol font.</summary>
    string Symbol()
    {
        string font = "", code = "";
        for (bool has = xml.MoveToFirstAttribute(); has; has = xml.MoveToNextAttribute())
        {
            font = xml.LocalName == "font" ? xml.Value : font;
            code = xml.LocalName == "char" ? xml.Value : code;
        }
        xml.MoveToElement();
        if (!int.TryParse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int value) || value > char.MaxValue)
        {
            return "";
        }
        bool isPicture = font.Contains("dings", StringComparison.OrdinalIgnoreCase)
            || font.Equals("Symbol", StringComparison.OrdinalIgnoreCase);
        // Symbol fonts have their codes at U+F000.
        return value is >= 0xF000 and <= 0xF0FF ? isPicture ? "" : ((char)(value - 0xF000)).ToString() : ((char)value).ToString();
    }

    /// <summary>Skips the content of the current element, and leaves the reader on its end.</summary>
    void SkipContent()
    {
        int top = xml.Depth;
        if (xml.IsEmptyElement)
        {
            return;
        }
        while (xml.Read() && xml.Depth > top)
        {
        }
    }

    /// <summary>Represents what the ancestors of an element mean for its text.</summary>
    readonly record struct Place(bool IsHidden);
}
