using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Alignment.Corpus.Formats.Parquet;
using Farsight.Alignment.Fiction;

namespace Farsight.Workflows.Timing;

/// <summary>Writes the same generated documents in each format that is read, as plain as the formats allow.</summary>
static class FormatSamples
{
    const string Word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        Package = "http://schemas.openxmlformats.org/package/2006",
        Office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument";

    const int LinesPerPage = 50, CharactersPerLine = 90;

    static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a folder per format.</summary>
    /// <param name="root">Existing folder.</param>
    /// <param name="count">Documents per format.</param>
    /// <param name="words">Words per document.</param>
    /// <param name="cancel">Stops between documents.</param>
    /// <returns>The formats and their folders.</returns>
    internal static IReadOnlyList<(string Format, string Folder)> Write(string root, int count, int words, CancellationToken cancel)
    {
        List<string> texts = [];
        for (int i = 0; i < count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            texts.Add(FictionWriter.Write(seed: 1, i, words).Text);
        }
        string[] lines = [.. texts.Select(t => JsonSerializer.Serialize(new Dictionary<string, string> { ["text"] = t }, s_json))];
        return
        [
            Each("text", ".txt", (text, file) => file.Write(Encoding.UTF8.GetBytes(text))),
            One("jsonl", file => file.Write(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"))),
            One("parquet", file => ParquetWriter.Write(file, () => Rows(lines))),
            Each("html", ".html", (text, file) => file.Write(Encoding.UTF8.GetBytes(
                $"<!DOCTYPE html><html><body>{Paragraphs(text, "<p>", "</p>\n")}</body></html>"))),
            Each("docx", ".docx", WriteDocx),
            Each("pdf", ".pdf", WritePdf),
        ];

        (string, string) Each(string format, string extension, Action<string, Stream> write)
        {
            string folder = Directory.CreateDirectory(Path.Combine(root, format)).FullName;
            foreach ((int i, string text) in texts.Index())
            {
                cancel.ThrowIfCancellationRequested();
                string name = string.Create(CultureInfo.InvariantCulture, $"{i:D5}{extension}");
                using FileStream file = File.Create(Path.Combine(folder, name));
                write(text, file);
            }
            return (format, folder);
        }

        (string, string) One(string format, Action<Stream> write)
        {
            string folder = Directory.CreateDirectory(Path.Combine(root, format)).FullName;
            using FileStream file = File.Create(Path.Combine(folder, $"documents.{format}"));
            write(file);
            return (format, folder);
        }
    }

    static IEnumerable<JsonElement> Rows(string[] lines)
    {
        foreach (string line in lines)
        {
            using JsonDocument row = JsonDocument.Parse(line);
            yield return row.RootElement;
        }
    }

    static string Paragraphs(string text, string before, string after) =>
        string.Concat(text.Split("\n\n").Select(p => before + WebUtility.HtmlEncode(p) + after));

    /// <summary>Writes the three parts that a Word document needs (ECMA-376, part 2).</summary>
    static void WriteDocx(string text, Stream file)
    {
        using ZipArchive zip = new(file, ZipArchiveMode.Create, leaveOpen: true);
        Part("[Content_Types].xml", $"<Types xmlns=\"{Package}/content-types\"><Default Extension=\"rels\" "
            + "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/word/document.xml\" "
            + "ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>");
        Part("_rels/.rels", $"<Relationships xmlns=\"{Package}/relationships\"><Relationship Id=\"r1\" Type=\"{Office}\" "
            + "Target=\"word/document.xml\"/></Relationships>");
        Part("word/document.xml", $"<w:document xmlns:w=\"{Word}\"><w:body>"
            + Paragraphs(text, "<w:p><w:r><w:t xml:space=\"preserve\">", "</w:t></w:r></w:p>") + "</w:body></w:document>");

        void Part(string name, string xml)
        {
            using Stream part = zip.CreateEntry(name).Open();
            part.Write(Encoding.UTF8.GetBytes(xml));
        }
    }

    /// <summary>Writes pages of lines in a standard font (ISO 32000-1).</summary>
    static void WritePdf(string text, Stream file)
    {
        string[][] pages = [.. text.Split("\n\n").SelectMany(p => Lines(p).Append("")).Chunk(LinesPerPage)];
        string kids = string.Join(' ', pages.Select((_, i) => $"{4 + (2 * i)} 0 R"));
        List<byte[]> objects =
        [
            Latin("<</Type/Catalog/Pages 2 0 R>>"), Latin($"<</Type/Pages/Count {pages.Length}/Kids[{kids}]>>"),
            Latin("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"),
        ];
        foreach (string[] page in pages)
        {
            using MemoryStream packed = new();
            using (ZLibStream stream = new(packed, CompressionLevel.Optimal, leaveOpen: true))
            {
                stream.Write(Latin($"BT /F1 10 Tf 14 TL 60 780 Td\n{string.Concat(page.Select(l => $"({Escaped(l)}) Tj T*\n"))}ET"));
            }
            objects.Add(Latin($"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {objects.Count + 2} 0 R"
                + "/Resources<</Font<</F1 3 0 R>>>>>>"));
            objects.Add([.. Latin($"<</Length {packed.Length}/Filter/FlateDecode>>stream\n"), .. packed.ToArray(), .. "\nendstream"u8]);
        }
        StringBuilder table = new(string.Create(CultureInfo.InvariantCulture, $"xref\n0 {objects.Count + 1}\n0000000000 65535 f \n"));
        file.Write("%PDF-1.4\n"u8);
        for (int i = 0; i < objects.Count; i++)
        {
            table.Append(CultureInfo.InvariantCulture, $"{file.Position:D10} 00000 n \n");
            file.Write([.. Latin($"{i + 1} 0 obj\n"), .. objects[i], .. "\nendobj\n"u8]);
        }
        long at = file.Position;
        file.Write(Latin($"{table}trailer<</Size {objects.Count + 1}/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n"));
    }

    static IEnumerable<string> Lines(string paragraph)
    {
        StringBuilder line = new();
        foreach (string word in paragraph.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > CharactersPerLine)
            {
                yield return line.ToString();
                line.Clear();
            }
            line.Append(line.Length > 0 ? " " : "").Append(word);
        }
        if (line.Length > 0)
        {
            yield return line.ToString();
        }
    }

    static string Escaped(string line) => line.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("(", "\\(", StringComparison.Ordinal).Replace(")", "\\)", StringComparison.Ordinal);

    static byte[] Latin(string text) => Encoding.Latin1.GetBytes(text);
}
