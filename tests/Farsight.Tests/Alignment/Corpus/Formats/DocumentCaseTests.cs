using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using Farsight.Alignment.Corpus;
using Farsight.Alignment.Corpus.Chunks;
using Farsight.Alignment.Corpus.Formats;
using Farsight.Alignment.Corpus.Formats.Docx;
using Farsight.Alignment.Corpus.Formats.Html;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Corpus.Formats;

/// <summary>Reads the shared document cases, whose README explains the expected values.</summary>
public sealed partial class DocumentCaseTests
{
    const string Folder = "cases-documents";

    [SharedTheory(Folder)]
    [InlineData("html")]
    [InlineData("docx")]
    [InlineData("parquet")]
    public void Every_case_has_its_expected_text_or_refusal(string kind)
    {
        IFormatReader? reader = kind switch { "html" => new HtmlReader(), "docx" => new DocxReader(), _ => null };
        List<string> wrong = [];
        foreach (JsonElement test in Cases(kind))
        {
            string file = test.GetProperty("file").GetString()!;
            JsonElement expect = test.GetProperty("expect");
            string refused = expect.GetProperty("refused").ToString();
            try
            {
                string flat = Flat(reader is null ? Rows(Bytes(file)) : reader.Read(new MemoryStream(Bytes(file)), new()).Text);
                wrong.AddRange(refused == "True" ? [$"{file}: not refused"] : []);
                wrong.AddRange(Strings(expect, "contains").Where(s => !flat.Contains(Flat(s), StringComparison.Ordinal))
                    .Select(s => $"{file}: missing '{s}'"));
                wrong.AddRange(Strings(expect, "not_contains").Where(s => s.Length > 1 && flat.Contains(Flat(s), StringComparison.Ordinal))
                    .Select(s => $"{file}: has '{s}'"));
                int at = 0;
                foreach (string part in Strings(expect, "order"))
                {
                    at = at < 0 ? at : flat.IndexOf(Flat(part), at, StringComparison.Ordinal);
                }
                wrong.AddRange(at < 0 ? [$"{file}: out of order"] : []);
            }
            catch (InputException e)
            {
                string about = expect.TryGetProperty("message_about", out JsonElement reason) ? reason.GetString()! : "";
                bool isExpected = refused != "False" && Regex.IsMatch(e.Message, about, RegexOptions.IgnoreCase);
                wrong.AddRange(isExpected ? [] : [$"{file}: {e.Message}"]);
            }
        }
        Assert.Empty(wrong);
    }

    [SharedFact(Folder)]
    public void Every_text_is_cut_where_a_reader_would_cut_it()
    {
        List<string> wrong = [];
        foreach (JsonElement test in Cases("edges"))
        {
            string file = test.GetProperty("file").GetString()!, text = System.Text.Encoding.UTF8.GetString(Bytes(file));
            JsonElement expect = test.GetProperty("expect");
            foreach (int length in test.GetProperty("targets").EnumerateArray().Select(t => t.GetInt32()))
            {
                IReadOnlyList<string> chunks = SentenceChunks.Cut(text, length);
                Assert.All(chunks, c => Assert.InRange(Points(c), 1, length));
                int at = 0;
                foreach ((int i, string chunk) in chunks.SkipLast(1).Index())
                {
                    at = text.IndexOf(chunk, at, StringComparison.Ordinal) + chunk.Length;
                    int cut = Points(text[..at]), next = Points(text[..(at + (text[at..].Length - text[at..].TrimStart().Length))]);
                    JsonElement windows = i == 0 ? expect.GetProperty("near").GetProperty($"{length}") : expect.GetProperty("windows");
                    wrong.AddRange(windows.EnumerateArray().Any(w => cut >= w[0].GetInt32() && cut <= w[1].GetInt32()
                        || next >= w[0].GetInt32() && next <= w[1].GetInt32()) ? [] : [$"{file}, {length}: cut at {cut}"]);
                }
            }
        }
        Assert.Empty(wrong);
    }

    /// <summary>Returns the texts of all rows of a Parquet file.</summary>
    static string Rows(byte[] file)
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["a.parquet"], file);
        CorpusOptions options = new(folder["a.parquet"]) { HasWholeRows = true };
        return string.Join('\n', DocumentReader.Read(options, new()).Select(d => d.Text));
    }

    static IEnumerable<JsonElement> Cases(string kind) =>
        JsonDocument.Parse(File.ReadAllBytes(SharedMaterial.PathOf($"{Folder}/cases.json"))).RootElement.EnumerateArray()
            .Where(c => c.GetProperty("kind").GetString() == kind);

    static byte[] Bytes(string file)
    {
        using FileStream stored = File.OpenRead(SharedMaterial.PathOf($"{Folder}/{file}"));
        using Stream stream = file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stored, CompressionMode.Decompress) : stored;
        MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    static IEnumerable<string> Strings(JsonElement expect, string name) =>
        expect.TryGetProperty(name, out JsonElement strings) ? strings.EnumerateArray().Select(s => s.GetString()!) : [];

    static int Points(string text) => text.EnumerateRunes().Count();

    static string Flat(string text) => Space().Replace(text, " ").Trim();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
