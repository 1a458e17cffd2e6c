using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Farsight.Alignment.Corpus;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Corpus;

/// <summary>Faults that cost one document, and limits that a hostile file meets.</summary>
public sealed class CorpusFaultTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("""{"text":null}""", "no_text", "the text field 'text' is null")]
    [InlineData("""{"content":"x"}""", "malformed", "the text field 'text' is missing")]
    [InlineData("""{"text":7}""", "malformed", "the text field 'text' is missing")]
    [InlineData("17", "malformed", "expected a JSON object")]
    [InlineData("""{"text":"x","questions":{}}""", "malformed", "'questions' must be an array")]
    public void A_record_without_its_text_costs_one_document_or_with_strict_the_run(string line, string reason, string problem)
    {
        foreach (string[] lines in new string[][] { [Sound("a"), line, Sound("b"), line], [line, Sound("a"), line, Sound("b")] })
        {
            File.WriteAllLines(_folder["c.jsonl"], lines);
            CorpusReport report = new();

            Assert.Equal(["a", "b"], Read(report).Select(d => d.Text));

            int[] places = [.. Enumerable.Range(1, 4).Where(i => lines[i - 1] == line)];
            Assert.Equal(new CorpusCount(2, 2, $"c.jsonl#{places[0]}"), report.Dropped[reason]);
            Assert.Equal(places.Select(p => $"c.jsonl#{p}"), report.Dropped[reason].Examples);
            Assert.Equal((4, 2), (report.Read, report.Kept));
            Assert.Contains($"line {places[0]}: {problem}", Fault(o => o with { IsStrict = true }), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Only_the_first_places_are_kept()
    {
        File.WriteAllLines(_folder["c.jsonl"], Enumerable.Repeat("""{"text":null}""", 1000).Append(Sound("a")));
        CorpusReport report = new();

        Assert.Single(Read(report));

        Assert.Equal(1000, report.Dropped["no_text"].Documents);
        Assert.Equal(Enumerable.Range(1, 5).Select(i => $"c.jsonl#{i}"), report.Dropped["no_text"].Examples);
    }

    [Fact]
    public void A_file_that_is_read_in_the_wrong_way_is_an_error_and_not_a_thousand_dropped_documents()
    {
        File.WriteAllLines(_folder["c.jsonl"], Enumerable.Repeat("""{"content":"x"}""", 1000));
        Assert.Contains("line 1: the text field 'text' is missing. Set the field to one of 'content'.", Fault(o => o));
        Assert.Contains("'conversations' is missing", Fault(o => o with { Format = DocumentFormat.Conversations }));
        Assert.Equal(1000, DocumentReader.Read(Options with { Field = "content" }, new()).Count());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(512)]
    [InlineData(70_000)]
    public void Zeros_after_the_last_gzip_member_are_ignored_and_bytes_are_not(int zeros)
    {
        byte[] empty = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        byte[] one = Gzip(Lines(1)), many = [.. empty, .. Gzip(Lines(3000)), .. empty, .. Gzip(Lines(2)), .. empty];
        foreach ((byte[] sound, int documents) in new[] { (one, 1), (many, 3002), ([.. one, .. empty], 1), ([.. empty, .. one], 1) })
        {
            byte[] padded = [.. sound, .. new byte[zeros]];
            File.WriteAllBytes(_folder["c.jsonl.gz"], padded);
            Assert.Equal(documents, Read(new()).Count());

            File.WriteAllBytes(_folder["c.jsonl.gz"], [.. padded, 1]);
            Assert.Contains("damaged or incomplete", Fault(o => o), StringComparison.Ordinal);
            File.WriteAllBytes(_folder["c.jsonl.gz"], [.. sound, 7, .. new byte[zeros]]);
            Assert.Contains("damaged or incomplete", Fault(o => o), StringComparison.Ordinal);
        }
        File.WriteAllBytes(_folder["c.jsonl.gz"], [.. one[..^9], .. new byte[zeros]]);
        Assert.Contains("damaged or incomplete", Fault(o => o), StringComparison.Ordinal);
    }

    [Fact]
    public void Gzip_with_runs_of_zeros_in_its_data_is_read()
    {
        using MemoryStream file = new();
        using (GZipStream gzip = new(file, CompressionLevel.NoCompression)) // stored as they are, zeros too
        {
            gzip.Write(Encoding.UTF8.GetBytes("{\"text\":\"a\"}\n"));
            gzip.Write(new byte[300_000]);
            gzip.Write(Encoding.UTF8.GetBytes("\n{\"text\":\"b\"}\n"));
        }
        File.WriteAllBytes(_folder["c.txt.gz"], file.ToArray());

        Assert.Equal(300_027, Assert.Single(DocumentReader.Read(_folder.Path)).Text.Length);
    }

    [Fact]
    public void A_compressed_file_that_expands_without_end_is_stopped_at_the_limit()
    {
        using (GZipStream gzip = new(File.Create(_folder["bomb.jsonl.gz"]), CompressionLevel.Optimal))
        {
            byte[] spaces = Encoding.UTF8.GetBytes(new string(' ', (1 << 20) - 1) + "\n");
            for (int i = 0; i < 100; i++)
            {
                gzip.Write(spaces);
            }
        }
        Assert.Contains("the compressed data expands to more than 200 times its size, which is the limit", Fault(o => o));
    }

    [Theory]
    [InlineData("large.txt")]
    [InlineData("large.jsonl")]
    public void A_document_beyond_the_limit_is_dropped_or_with_strict_an_error(string name)
    {
        using (FileStream file = File.Create(_folder[name]))
        {
            file.SetLength((1L << 28) + 100); // sparse
            file.Position = file.Length;
            file.Write("\n{\"text\":\"b\"}\n"u8);
        }
        CorpusReport report = new();
        bool isText = name.EndsWith(".txt", StringComparison.Ordinal);
        if (isText)
        {
            File.WriteAllText(_folder["b.txt"], "b");
        }

        Assert.Equal("b", Assert.Single(Read(report)).Text);
        Assert.Equal(isText ? name : $"{name}#1", report.Dropped["too_large"].First);
        Assert.Contains("the document has more than 256 MiB, which is the limit", Fault(o => o with { IsStrict = true }));
    }

    [Fact]
    public void Pipes_and_devices_and_links_to_them_and_to_the_folder_itself_do_not_block()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }
        File.WriteAllText(_folder["a.txt"], "a");
        using (Process make = Process.Start("mkfifo", _folder["pipe.txt"]))
        {
            make.WaitForExit();
        }
        File.CreateSymbolicLink(_folder["null.txt"], "/dev/zero");
        File.CreateSymbolicLink(_folder["link.txt"], _folder["pipe.txt"]);
        Directory.CreateSymbolicLink(_folder["loop"], _folder.Path);
        Directory.CreateSymbolicLink(_folder["loop.txt"], _folder.Path);
        CorpusReport report = new();

        Assert.Equal("a.txt", Assert.Single(Read(report)).Id);

        Assert.Equal(["link.txt", "null.txt", "pipe.txt"], report.PassedOver);
        foreach (string path in new[] { _folder["pipe.txt"], _folder["null.txt"], "/dev/zero" })
        {
            Assert.Contains(
                "is a pipe, socket or device, not a regular file",
                Assert.Throws<InputException>(() =>
                    DocumentReader.Read(new CorpusOptions(path) { Format = DocumentFormat.Text }, new()).Count()).Message,
                StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("picture.png")]
    [InlineData("picture.txt")]
    [InlineData("picture.jsonl")]
    public void A_binary_file_is_refused_with_the_kind_that_it_seems_to_be(string name)
    {
        File.WriteAllBytes(_folder[name], [0x89, .. "PNG\r\n"u8, 0x1A, 0x0A, 0, 0, 0, 13]);

        Assert.Equal(
            $"'{_folder[name]}' seems to be a PNG image. Specify a file or folder with documents "
                + "(.txt, .md, .jsonl, .json, .pdf, .html, .docx or .parquet).",
            Assert.Throws<InputException>(() => DocumentReader.FilesOf(_folder[name])).Message);
    }

    CorpusOptions Options => new(_folder.Path);

    static string Sound(string text) => $$"""{"text":"{{text}}"}""";

    static byte[] Lines(int count) =>
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, count).Select(i => $"{{\"text\":\"document {i * 7919 % 10007}\"}}\n")));

    static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream target = new();
        using (GZipStream gzip = new(target, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }
        return target.ToArray();
    }

    IEnumerable<SourceDocument> Read(CorpusReport report) => DocumentReader.Read(Options, report);

    string Fault(Func<CorpusOptions, CorpusOptions> options) =>
        Assert.Throws<InputException>(() => DocumentReader.Read(options(Options), new()).ToList()).Message;
}
