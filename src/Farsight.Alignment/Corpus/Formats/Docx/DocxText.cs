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
    readonly TextBlocks _blocks = new();
    readonly List<string> _afterParagraph = [];
    readonly DocxFields _fields = new();
    readonly char[] _buffer = new char[4096];
    bool _isJoined, _wasList;
    int _cells;

    /// <summary>Gets whether nothing was written.</summary>
    internal bool IsEmpty => _blocks.Length == 0;

    /// <summary>Gets the headings so far.</summary>
    internal IReadOnlyList<TextMark> Marks => _blocks.Marks;

    /// <summary>Returns the text so far.</summary>
    public override string ToString() => _blocks.ToString();

    /// <summary>Reads the content of the current element, a story.</summary>
    internal void ReadStory()
    {
        ReadChildren(new());
        AddAfterParagraph();
    }

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
            xml.SkipContent();
            return;
        }
        while (xml.ReadToChild())
        {
            ReadElement(place);
        }
    }

    void ReadElement(Place place)
    {
        string name = xml.LocalName;
        if (!xml.IsWord())
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
                Add(xml.Symbol(), place);
                break;
            case "fldChar":
                _fields.Read(xml);
                break;
            case "footnoteReference" or "endnoteReference":
                AddNote(name[..1], place);
                break;
            case "txbxContent":
                ReadTextBox(place);
                break;
            case "altChunk" or "subDoc":
                warnings.Add("a document inside the document was not read");
                xml.SkipContent();
                break;
            case "del" or "moveFrom" or "delText" or "instrText" or "delInstrText" or "rt" or "sectPr" or "tblGrid":
                xml.SkipContent();
                break;
            default:
                if (name.EndsWith("Pr", StringComparison.Ordinal) || name.EndsWith("PrChange", StringComparison.Ordinal))
                {
                    xml.SkipContent();
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
        while (xml.ReadToChild())
        {
            if (_blocks.Length + _afterParagraph.Count == length)
            {
                ReadChildren(place);
            }
            else
            {
                xml.SkipContent();
            }
        }
    }

    void ReadParagraph(Place place)
    {
        if (!_isJoined)
        {
            StartBlock();
        }
        DocxProperties properties = new();
        if (!xml.IsEmptyElement)
        {
            while (xml.ReadToChild())
            {
                if (xml.IsWord() && xml.LocalName == "pPr")
                {
                    properties = DocxProperties.OfParagraph(xml, styles);
                    place = place with { IsHidden = properties.Hides ?? place.IsHidden };
                    if (properties.IsList && _wasList && !_isJoined)
                    {
                        _blocks.RelaxBreak();
                    }
                    if (properties.IsHeading)
                    {
                        _blocks.StartHeading();
                    }
                }
                else
                {
                    ReadElement(place);
                }
            }
        }
        if (properties.IsHeading)
        {
            _blocks.EndHeading();
        }
        (_isJoined, _wasList) = (properties.IsJoined, properties.IsList);
        if (!properties.IsJoined)
        {
            _blocks.Break(TextBlocks.Paragraph);
            AddAfterParagraph();
        }
    }

    void ReadRun(Place place)
    {
        if (xml.IsEmptyElement)
        {
            return;
        }
        while (xml.ReadToChild())
        {
            if (xml.IsWord() && xml.LocalName == "rPr")
            {
                place = place with { IsHidden = DocxProperties.HidesRun(xml, styles) ?? place.IsHidden };
            }
            else
            {
                ReadElement(place);
            }
        }
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
        while (xml.ReadToChild())
        {
            switch (xml.LocalName)
            {
                case "tc" when !isDeleted:
                    ReadCell(place, rowStart);
                    break;
                case "trPr":
                    isDeleted |= xml.HasChild("del");
                    break;
                case "sdt" or "sdtContent" or "customXml" when !isDeleted:
                    ReadCells(place, rowStart);
                    break;
                default:
                    xml.SkipContent();
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
            while (xml.ReadToChild())
            {
                if (xml.LocalName == "tcPr")
                {
                    isLeftOut = xml.HasChild("vMerge", "hMerge", "cellDel");
                }
                else if (isLeftOut)
                {
                    xml.SkipContent();
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
        string? id = xml.Attribute("id");
        xml.SkipContent();
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
        if (!place.IsHidden && !_fields.IsInstruction)
        {
            _blocks.AddVerbatim(text);
        }
    }

    /// <summary>Represents what the ancestors of an element mean for its text.</summary>
    readonly record struct Place(bool IsHidden);
}
