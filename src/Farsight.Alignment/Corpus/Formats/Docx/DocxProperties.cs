using System.Xml;

namespace Farsight.Alignment.Corpus.Formats.Docx;

/// <summary>Represents what the properties of a paragraph say about its text.</summary>
/// <param name="IsJoined">Whether the mark of the paragraph was deleted or moved away, so that the next one continues it.</param>
/// <param name="IsList">Whether the paragraph is an item of a list.</param>
/// <param name="IsHeading">Whether the paragraph is a heading.</param>
/// <param name="Hides">Whether the style hides the text; null if it does not say.</param>
readonly record struct DocxProperties(bool IsJoined, bool IsList, bool IsHeading, bool? Hides)
{
    /// <summary>Reads the current properties of a paragraph.</summary>
    internal static DocxProperties OfParagraph(XmlReader xml, DocxStyles styles)
    {
        DocxProperties found = new();
        int top = xml.Depth;
        if (xml.IsEmptyElement)
        {
            return found;
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
                    xml.SkipContent(); // the properties before a change
                    break;
                case "pStyle" when xml.Depth == top + 1:
                    string? style = xml.Val();
                    found = found with
                    {
                        IsList = found.IsList || styles.IsList(style),
                        IsHeading = found.IsHeading || styles.IsHeading(style),
                        Hides = styles.Hides(style),
                    };
                    break;
                case "numPr":
                    found = found with { IsList = true };
                    break;
                case "outlineLvl":
                    found = found with { IsHeading = xml.IsHeadingLevel() };
                    break;
                case "del" or "moveFrom" when xml.Depth == top + 2: // in rPr, the properties of the mark
                    found = found with { IsJoined = true };
                    break;
                default:
                    break;
            }
        }
        return found;
    }

    /// <summary>Returns whether the current properties of a run hide it; null if they do not say.</summary>
    internal static bool? HidesRun(XmlReader xml, DocxStyles styles)
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
            byStyle = xml.LocalName == "rStyle" ? styles.Hides(xml.Val()) : byStyle;
            own = xml.LocalName is "vanish" ? xml.IsOn() : own;
        }
        return own ?? byStyle;
    }
}
