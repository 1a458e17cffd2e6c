using System.Xml;

namespace Farsight.Alignment.Corpus.Formats.Docx;

/// <summary>Holds what the styles of a Word document say about its text: which hide it, and which are lists or headings.</summary>
sealed class DocxStyles
{
    const int MostLevels = 32; // of styles based on others; a circle is cut here

    readonly Dictionary<string, (bool? Hides, bool IsList, bool? IsHeading, string? Base)> _styles = new(StringComparer.Ordinal);

    /// <summary>Reads the styles part; a damaged one has the styles before the damage.</summary>
    internal static DocxStyles Read(XmlReader? xml)
    {
        DocxStyles styles = new();
        try
        {
            while (xml is not null && xml.Read())
            {
                if (xml.NodeType == XmlNodeType.Element && xml.LocalName == "style")
                {
                    styles.ReadStyle(xml);
                }
            }
        }
        catch (Exception e) when (e is XmlException or InvalidDataException)
        {
            // Hidden text by style is rare, and no reason to refuse the document.
        }
        return styles;
    }

    /// <summary>Returns whether a style hides its text; null if it does not say.</summary>
    internal bool? Hides(string? style)
    {
        for (int i = 0; i < MostLevels && style is not null && _styles.TryGetValue(style, out var found); i++)
        {
            if (found.Hides is { } hides)
            {
                return hides;
            }
            style = found.Base;
        }
        return null;
    }

    /// <summary>Returns whether paragraphs of a style are items of a list or of a table of contents.</summary>
    internal bool IsList(string? style)
    {
        for (int i = 0; i < MostLevels && style is not null; i++)
        {
            if (style.StartsWith("List", StringComparison.OrdinalIgnoreCase) || style.StartsWith("TOC", StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
            if (!_styles.TryGetValue(style, out var found))
            {
                return false;
            }
            if (found.IsList)
            {
                return true;
            }
            style = found.Base;
        }
        return false;
    }

    /// <summary>Returns whether paragraphs of a style are headings.</summary>
    internal bool IsHeading(string? style)
    {
        for (int i = 0; i < MostLevels && style is not null && _styles.TryGetValue(style, out var found); i++)
        {
            if (found.IsHeading is { } heading)
            {
                return heading;
            }
            style = found.Base;
        }
        return style is "Title" || (style?.StartsWith("Heading", StringComparison.Ordinal) ?? false);
    }

    void ReadStyle(XmlReader xml)
    {
        string id = xml.Attribute("styleId") ?? "";
        bool? hides = null, isHeading = null;
        bool isList = false;
        string? parent = null;
        if (!xml.IsEmptyElement)
        {
            int depth = xml.Depth;
            while (xml.Read() && xml.Depth > depth)
            {
                if (xml.NodeType == XmlNodeType.Element)
                {
                    hides = xml.LocalName == "vanish" ? xml.IsOn() : hides;
                    isList |= xml.LocalName == "numPr";
                    parent = xml.LocalName == "basedOn" ? xml.Val() : parent;
                    isHeading = xml.LocalName == "outlineLvl" ? xml.IsHeadingLevel()
                        : xml.LocalName == "name" && xml.Val() is { } name
                            && (name.StartsWith("heading ", StringComparison.OrdinalIgnoreCase)
                                || name.Equals("title", StringComparison.OrdinalIgnoreCase)) ? true
                        : isHeading;
                }
            }
        }
        _styles[id] = (hides, isList, isHeading, parent);
    }
}
