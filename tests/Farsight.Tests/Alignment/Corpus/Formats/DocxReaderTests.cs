using System.IO.Compression;
using System.Text;
using Farsight.Alignment.Corpus.Formats;
using Farsight.Alignment.Corpus.Formats.Docx;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Corpus.Formats;

public sealed class DocxReaderTests
{
    [Theory]
    [InlineData("<w:p><w:r><w:t>One</w:t></w:r></w:p><w:p><w:r><w:t>Two</w:t><w:tab/><w:t>3</w:t><w:br/><w:t>4</w:t>"
        + "</w:r></w:p>", "One\n\nTwo\t3\n4")]
    [InlineData("<w:p><w:r><w:t>in</w:t></w:r><w:proofErr/><w:r><w:t>keep</w:t><w:noBreakHyphen/><w:t>er</w:t>"
        + "<w:softHyphen/></w:r></w:p>", "inkeep-er")]
    [InlineData("<w:p><w:ins><w:r><w:t>New</w:t></w:r></w:ins><w:del><w:r><w:delText>Old</w:delText></w:r></w:del>"
        + "<w:moveFrom><w:r><w:t>Away</w:t></w:r></w:moveFrom></w:p>", "New")]
    [InlineData("<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>One </w:t></w:r></w:p><w:p><w:r><w:t>line</w:t>"
        + "</w:r></w:p>", "One line")]
    [InlineData("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>No</w:t></w:r><w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>"
        + "Yes</w:t></w:r></w:p>", "Yes")]
    [InlineData("<w:p><w:pPr><w:pPrChange><w:pPr><w:rPr><w:del/></w:rPr></w:pPr></w:pPrChange></w:pPr><w:r><w:t>A</w:t></w:r></w:p>"
        + "<w:p><w:r><w:t>B</w:t></w:r></w:p>", "A\n\nB")]
    [InlineData("<w:sdt><w:sdtPr><w:alias w:val='x'/></w:sdtPr><w:sdtContent><w:p><w:smartTag><w:r><w:t>In</w:t></w:r>"
        + "</w:smartTag></w:p></w:sdtContent></w:sdt>",
        "In")]
    [InlineData("<w:p><w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText>PAGE</w:instrText><w:t>no</w:t></w:r>"
        + "<w:r><w:fldChar w:fldCharType='separate'/></w:r><w:r><w:t>7</w:t></w:r><w:r><w:fldChar "
        + "w:fldCharType='end'/></w:r></w:p>", "7")]
    [InlineData("<w:tbl><w:tr><w:tc><w:p/></w:tc><w:tc><w:p><w:r><w:t>A</w:t></w:r></w:p></w:tc></w:tr><w:tr><w:trPr>"
        + "<w:del/></w:trPr><w:tc><w:p><w:r>"
        + "<w:t>X</w:t></w:r></w:p></w:tc></w:tr><w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p><w:r><w:t>again</w:t>"
        + "</w:r></w:p></w:tc><w:tc><w:p><w:r>"
        + "<w:t>B</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>C</w:t></w:r></w:p></w:tc></w:tr></w:tbl>", "A\nB\tC")]
    public void The_text_is_the_accepted_version_of_the_document(string body, string expected) => Assert.Equal(expected, Read(body).Text);

    [Fact]
    public void Headings_by_style_or_outline_level_are_marks()
    {
        FormattedText read = Read(
            "<w:p><w:pPr><w:pStyle w:val='Heading1'/></w:pPr><w:r><w:t>Mills</w:t></w:r></w:p><w:p><w:r><w:t>Text.</w:t></w:r></w:p>"
                + "<w:p><w:pPr><w:outlineLvl w:val='2'/></w:pPr><w:r><w:t>Tides</w:t></w:r></w:p>"
                + "<w:p><w:pPr><w:outlineLvl w:val='9'/></w:pPr><w:r><w:t>More.</w:t></w:r></w:p>");

        Assert.Equal("Mills\n\nText.\n\nTides\n\nMore.", read.Text);
        Assert.Equal([new TextMark(0, "section: Mills"), new TextMark(14, "section: Tides")], read.Marks);
    }

    [Fact]
    public void Notes_and_text_boxes_follow_their_paragraph_once()
    {
        const string Box = "<w:txbxContent><w:p><w:r><w:t>Boxed.</w:t></w:r></w:p></w:txbxContent>";
        FormattedText read = Read(
            "<w:p><w:r><w:t>Two gates</w:t><w:footnoteReference w:id='1'/></w:r><w:r><mc:AlternateContent><mc:Choice>" + Box
                + "</mc:Choice><mc:Fallback>" + Box + "</mc:Fallback></mc:AlternateContent></w:r><w:r><w:t> and a "
                + "keeper.</w:t></w:r></w:p>",
            ("word/footnotes.xml", Xml("footnotes", "<w:footnote w:id='1'><w:p><w:r><w:footnoteRef/><w:t> A "
                + "third.</w:t></w:r></w:p></w:footnote>")));

        Assert.Equal("Two gates and a keeper.\n\nA third.\n\nBoxed.", read.Text);
    }

    [Fact]
    public void Hidden_styles_hide_and_relations_name_the_main_part()
    {
        byte[] file = Zip(
            ("_rels/.rels", "<Relationships xmlns='r'><Relationship Type='x/officeDocument' "
                + "Target='/word/other%20name.xml'/></Relationships>"),
            ("word/other name.xml", Xml("document", "<w:body><w:p><w:r><w:rPr><w:rStyle w:val='S'/></w:rPr><w:t>"
                + "No</w:t></w:r><w:r><w:t>Yes</w:t></w:r></w:p></w:body>")),
            ("word/styles.xml", Xml("styles", "<w:style w:styleId='B'><w:rPr><w:vanish/></w:rPr></w:style><w:style "
                + "w:styleId='S'><w:basedOn w:val='B'/></w:style>")));

        Assert.Equal("Yes", new DocxReader().Read(new MemoryStream(file), new()).Text);
    }

    [Fact]
    public void A_damaged_end_is_named_and_the_text_before_it_kept()
    {
        string document = Xml("document", "<w:body><w:p><w:r><w:t>Kept.</w:t></w:r></w:p><w:p><w:r><w:t>Lost</w:t></w:r></w:p></w:body>");
        byte[] file = Zip(("word/document.xml", document[..document.IndexOf("Lost", StringComparison.Ordinal)]));
        FormattedText read = new DocxReader().Read(new MemoryStream(file), new());

        Assert.Equal("Kept.", read.Text);
        Assert.Contains("damaged", Assert.Single(read.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Nested_elements_and_large_parts_have_a_bound()
    {
        string deep = string.Concat(Enumerable.Repeat("<w:sdt>", 5000)) + string.Concat(Enumerable.Repeat("</w:sdt>", 5000));
        Assert.Contains("nested too deeply", Assert.Single(Read("<w:p><w:r><w:t>A</w:t></w:r></w:p>"
            + "" + deep).Warnings), StringComparison.Ordinal);
        string large = $"<w:p><w:r><w:t>{new string('a', 1 << 20)}</w:t></w:r></w:p>";
        Assert.Contains(
            "the limit",
            Assert.Throws<InputException>(() => Read(large, new FormatLimits(PartBytes: 1 << 19))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("\u00D0\u00CF\u0011\u00E0....", "Word 97")]
    [InlineData("\u00D0\u00CF\u0011\u00E0..E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0", "encrypted with a password")]
    [InlineData("PK\u0003\u0004 and no end", "damaged")]
    [InlineData("plain", "not a zip file")]
    public void Other_files_are_refused_with_the_reason(string bytes, string reason) =>
        Assert.Contains(
            reason,
            Assert.Throws<InputException>(() => new DocxReader().Read(new MemoryStream(Encoding.Latin1.GetBytes(bytes)), new())).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Documents_without_text_and_with_a_document_type_and_other_zip_files_are_refused()
    {
        Assert.Contains("no text", Assert.Throws<InputException>(() => Read("<w:p/>")).Message, StringComparison.Ordinal);
        byte[] other = Zip(("xl/workbook.xml", "<x/>"));
        Assert.Contains("no Word document", Refusal(other), StringComparison.Ordinal);
        byte[] dtd = Zip(("word/document.xml", "<!DOCTYPE d [<!ENTITY a 'b'>]>" + Xml("document", "<w:body/>")));
        Assert.Contains("DTD", Refusal(dtd), StringComparison.Ordinal);
    }

    static string Refusal(byte[] file) => Assert.Throws<InputException>(() => new DocxReader().Read(new MemoryStream(file), new())).Message;

    static FormattedText Read(string body, params (string, string)[] parts) => Read(body, new(), parts);

    static FormattedText Read(string body, FormatLimits limits, params (string, string)[] parts) =>
        new DocxReader().Read(new MemoryStream(Zip([("word/document.xml", Xml("document", $"<w:body>{body}</w:body>"
            + "")), .. parts])), limits);

    static string Xml(string root, string content) =>
        $"<w:{root} xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main' xmlns:mc='mc'>{content}</w:{root}>";

    static byte[] Zip(params (string Name, string Content)[] parts)
    {
        MemoryStream file = new();
        using (ZipArchive zip = new(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, string content) in parts)
            {
                using Stream part = zip.CreateEntry(name).Open();
                part.Write(Encoding.UTF8.GetBytes(content));
            }
        }
        return file.ToArray();
    }
}
