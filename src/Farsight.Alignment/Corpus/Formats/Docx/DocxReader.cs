using System.Xml;
using Farsight.Engine;

namespace Farsight.Alignment.Corpus.Formats.Docx;

/// <summary>Extracts the text of Word documents.</summary>
sealed class DocxReader : IFormatReader
{
    /// <inheritdoc/>
    public string Name => "DOCX";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".docx", ".docm"];

    /// <inheritdoc/>
    /// <remarks>Any zip file is recognized; what else it holds is found when it is read.</remarks>
    public bool Recognizes(ReadOnlySpan<byte> head) => head is [(byte)'P', (byte)'K', 3, 4, ..];

    /// <inheritdoc/>
    public FormattedText Read(Stream file, FormatLimits limits)
    {
        using DocxPackage package = DocxPackage.Open(file, limits);
        string main = package.MainPart();
        HashSet<string> warnings = new(StringComparer.Ordinal);
        string? stylesPart = package.PartOf(main, "styles");
        DocxStyles styles;
        using (XmlReader? xml = stylesPart is null ? null : package.Read(stylesPart))
        {
            styles = DocxStyles.Read(xml);
        }
        Dictionary<string, string> notes = new(StringComparer.Ordinal);
        ReadNotes(package, package.PartOf(main, "footnotes"), "f");
        ReadNotes(package, package.PartOf(main, "endnotes"), "e");
        DocxText story = ReadMain(package, main, styles, notes, warnings, limits.Depth);
        return story.ToString() is { Length: > 0 } text ? new(text, story.Marks, [.. warnings])
            : throw new InputException("the document contains no text");

        void ReadNotes(DocxPackage package, string? part, string kind)
        {
            if (part is null)
            {
                return;
            }
            try
            {
                using XmlReader xml = package.Read(part);
                while (xml.Read())
                {
                    if (xml.NodeType == XmlNodeType.Element && xml.LocalName is "footnote" or "endnote")
                    {
                        string id = xml.GetAttribute("id", xml.NamespaceURI) ?? "";
                        DocxText note = new(xml, styles, notes, warnings, limits.Depth);
                        note.ReadStory();
                        notes[kind + id] = note.ToString().TrimStart();
                    }
                }
            }
            catch (Exception e) when (e is XmlException or InvalidDataException)
            {
                warnings.Add($"the notes in {part} are damaged; some are missing");
            }
        }
    }

    /// <summary>Reads the main part. What precedes damage in it is kept, with a warning.</summary>
    static DocxText ReadMain(
        DocxPackage package,
        string main,
        DocxStyles styles,
        Dictionary<string, string> notes,
        HashSet<string> warnings,
        int depth)
    {
        DocxText? story = null;
        try
        {
            using XmlReader xml = package.Read(main);
            xml.MoveToContent();
            if (!xml.IsWord() || xml.LocalName != "document")
            {
                throw new InputException($"the file is not a Word document: its main part begins with <{xml.LocalName}>");
            }
            story = new(xml, styles, notes, warnings, depth);
            story.ReadStory();
        }
        catch (XmlException) when (story is { IsEmpty: false })
        {
            warnings.Add("the document is damaged; the text after the damage is missing");
        }
        catch (InvalidDataException) when (story is { IsEmpty: false })
        {
            warnings.Add("the document is damaged; the text after the damage is missing");
        }
        catch (XmlException e) when (e.Message.Contains("DTD", StringComparison.Ordinal))
        {
            throw new InputException($"{main} has a document type definition (DTD), which is not allowed in a Word document", e);
        }
        catch (Exception e) when (e is XmlException or InvalidDataException)
        {
            throw new InputException($"the document is damaged: {main} cannot be read", e);
        }
        return story;
    }
}
