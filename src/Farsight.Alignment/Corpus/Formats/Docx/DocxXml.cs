using System.Globalization;
using System.Xml;

namespace Farsight.Alignment.Corpus.Formats.Docx;

/// <summary>Reads parts of the current element of WordprocessingML, in its transitional and its strict form.</summary>
static class DocxXml
{
    const string Word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        StrictWord = "http://purl.oclc.org/ooxml/wordprocessingml/main";

    /// <summary>Returns whether the element is of WordprocessingML.</summary>
    internal static bool IsWord(this XmlReader xml) => xml.NamespaceURI is Word or StrictWord;

    /// <summary>Returns an attribute by its name in any namespace; null for none.</summary>
    internal static string? Attribute(this XmlReader xml, string name)
    {
        string? value = null;
        for (bool has = xml.MoveToFirstAttribute(); has; has = xml.MoveToNextAttribute())
        {
            value = xml.LocalName == name ? xml.Value : value;
        }
        xml.MoveToElement();
        return value;
    }

    /// <summary>Returns the attribute <c>val</c>.</summary>
    internal static string? Val(this XmlReader xml) => xml.Attribute("val");

    /// <summary>Returns whether the element switches a property on.</summary>
    internal static bool IsOn(this XmlReader xml) => xml.Val() is not ("0" or "false" or "off");

    /// <summary>Returns whether the element is an outline level of a heading; level 9 is body text.</summary>
    internal static bool IsHeadingLevel(this XmlReader xml) => xml.LocalName == "outlineLvl" && xml.Val() is [>= '0' and <= '8'];

    /// <summary>Returns whether the properties have one of the children; a merge counts where it continues another cell. The reader is
    /// then on the end of the properties.</summary>
    internal static bool HasChild(this XmlReader xml, params ReadOnlySpan<string> names)
    {
        bool has = false;
        int top = xml.Depth;
        if (xml.IsEmptyElement)
        {
            return false;
        }
        while (xml.Read() && xml.Depth > top)
        {
            has |= xml.NodeType == XmlNodeType.Element && xml.Depth == top + 1 && names.Contains(xml.LocalName) && xml.Val() != "restart";
        }
        return has;
    }

    /// <summary>Reads on to the next child of an element that is not empty. Returns false at its end.</summary>
    internal static bool ReadToChild(this XmlReader xml)
    {
        while (xml.Read() && xml.NodeType != XmlNodeType.EndElement)
        {
            if (xml.NodeType == XmlNodeType.Element)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Skips the content, and leaves the reader on the end of the element.</summary>
    internal static void SkipContent(this XmlReader xml)
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

    /// <summary>Returns the character of a symbol; none for a picture of a symbol font.</summary>
    internal static string Symbol(this XmlReader xml)
    {
        string font = xml.Attribute("font") ?? "";
        if (!int.TryParse(xml.Attribute("char"), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int value)
            || value is < 0 or > char.MaxValue)
        {
            return "";
        }
        bool isPicture = font.Contains("dings", StringComparison.OrdinalIgnoreCase)
            || font.Equals("Symbol", StringComparison.OrdinalIgnoreCase);
        // Symbol fonts have their codes at U+F000.
        return value is >= 0xF000 and <= 0xF0FF ? isPicture ? "" : ((char)(value - 0xF000)).ToString() : ((char)value).ToString();
    }
}
