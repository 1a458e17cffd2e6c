namespace Farsight.Alignment.Corpus.Formats.Html;

/// <summary>Writes the text of a page from its tree.</summary>
/// <param name="tree">The page.</param>
/// <param name="hasChrome">Whether to keep navigation, headers and the like, which may be all that a page has.</param>
sealed class HtmlText(HtmlTree tree, bool hasChrome)
{
    readonly TextBlocks _blocks = new();

    // The title of a page is often the heading in its header.
    readonly bool _hasTitleInHeader = !HasTitle(tree.Root);

    /// <summary>Gets the number of characters that could not be decoded and were left out.</summary>
    internal int Lost => _blocks.Lost;

    /// <summary>Gets the headings.</summary>
    internal IReadOnlyList<TextMark> Marks => _blocks.Marks;

    /// <summary>Returns the text.</summary>
    internal string Write()
    {
        WriteChildren(tree.Root, new());
        return _blocks.ToString();
    }

    void WriteChildren(HtmlElement element, Place place)
    {
        bool isFirst = true;
        foreach (HtmlElement child in element.Children)
        {
            if (child.Name != HtmlElement.TextName)
            {
                Write(child, place);
            }
            else if (place.IsPreformatted)
            {
                string text = child.Text;
                // A line break directly after <pre> is not part of its text.
                _blocks.AddVerbatim(isFirst && HtmlNames.Preformatted.Contains(element.Name) && text.StartsWith('\n') ? text[1..] : text);
            }
            else
            {
                _blocks.AddWords(child.Text);
            }
            isFirst = false;
        }
    }

    void Write(HtmlElement element, Place place)
    {
        string name = element.Name;
        if (name is "br")
        {
            WriteLineBreak(place);
            return;
        }
        if (HtmlNames.Skipped.Contains(name)
            || (element.IsButton && !place.IsHeading)
            || tree.Styles.Hides(element)
            || (!hasChrome && element.HasAriaHidden))
        {
            return;
        }
        if (!hasChrome && HtmlChrome.Is(element, place.IsInMain))
        {
            WriteTitle(element, place);
            return;
        }
        int lines = HtmlNames.Paragraphs.Contains(name) ? TextBlocks.Paragraph : HtmlNames.Lines.Contains(name) ? TextBlocks.Line : 0;
        lines = place.IsInList && name is "ul" or "ol" ? TextBlocks.Line : lines;
        Separate(lines);
        Place inside = place.Inside(element);
        if (name is "td" or "th")
        {
            _blocks.StartCell(place.RowStart);
            WriteChildren(element, inside);
            _blocks.EndCell();
        }
        else if (name is ['h', >= '1' and <= '6'])
        {
            _blocks.StartHeading();
            WriteChildren(element, inside);
            _blocks.EndHeading();
        }
        else
        {
            WriteChildren(element, name == "tr" ? inside with { RowStart = _blocks.Length } : inside);
        }
        Separate(lines);
    }

    /// <summary>Writes the main heading of a page header, if the page has no other.</summary>
    void WriteTitle(HtmlElement header, Place place)
    {
        foreach (HtmlElement child in header.Children)
        {
            if (child.Name == "h1" && _hasTitleInHeader)
            {
                Write(child, place);
            }
            else if (child.HasMain)
            {
                WriteTitle(child, place);
            }
        }
    }

    void WriteLineBreak(Place place)
    {
        if (place.IsPreformatted)
        {
            _blocks.AddVerbatim("\n");
        }
        else
        {
            _blocks.BreakLine();
        }
    }

    void Separate(int lines)
    {
        if (lines > 0)
        {
            _blocks.Break(lines);
        }
    }

    /// <summary>Returns whether there is a main heading outside of headers and navigation.</summary>
    static bool HasTitle(HtmlElement element) =>
        element.Children.Any(c => c.Name == "h1" || (c.HasMain && c.Name is not ("header" or "nav") && c.Role != "banner" && HasTitle(c)));

    /// <summary>Represents what the ancestors of an element mean for its text.</summary>
    readonly record struct Place(bool IsInMain, bool IsPreformatted, bool IsHeading, bool IsInList, int RowStart)
    {
        internal Place Inside(HtmlElement element)
        {
            string name = element.Name;
            return this with
            {
                IsInMain = IsInMain || name is "main" or "article" || element.Role is "main" or "article",
                IsPreformatted = IsPreformatted || HtmlNames.Preformatted.Contains(name)
                    || element.Style.Contains("white-space:pre", StringComparison.OrdinalIgnoreCase)
                    || element.Style.Contains("white-space: pre", StringComparison.OrdinalIgnoreCase),
                IsHeading = IsHeading || name is "summary" or "dt" || name is ['h', >= '1' and <= '6'],
                IsInList = name is "li" || (IsInList && !HtmlNames.Paragraphs.Contains(name)),
            };
        }
    }
}
