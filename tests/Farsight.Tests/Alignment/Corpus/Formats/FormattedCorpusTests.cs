using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using Farsight.Alignment.Corpus;
using Farsight.Alignment.Corpus.Formats;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Corpus.Formats;

public sealed class FormattedCorpusTests : IDisposable
{
    static readonly byte[] s_sound = new PdfBytes().Page(PdfBytes.Line(72, 700, "The tide mill.")).Write(),
        s_scan = new PdfBytes().Page("BI /W 1 /H 1 /BPC 8 /CS /G ID x EI\n").Write();

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_yields_its_readable_documents_and_the_report_lists_the_others_with_reasons()
    {
        Write("a.txt", "A text."u8.ToArray());
        Write("b.pdf", s_sound);
        Write("c.pdf", s_scan);
        Write("d.pdf", "<html>404</html>"u8.ToArray());
        Write("e.txt", s_sound);
        CorpusReport report = new();
        List<string> notices = [];

        SourceDocument[] read = [.. DocumentReader.Read(new CorpusOptions(_folder.Path) { Notice = notices.Add }, report)];

        Assert.Equal(["a.txt", "b.pdf"], read.Select(d => d.Id));
        Assert.Equal("The tide mill.", read[1].Text);
        Assert.Equal([new TextMark(0, "page 1")], read[1].Marks);
        Assert.Equal(["pdf", "text"], report.Formats.Keys);
        Assert.Equal(["c.pdf", "d.pdf", "e.txt"], report.Refused.Select(r => r.File));
        Assert.Contains("scanned image", report.Refused[0].Sentence, StringComparison.Ordinal);
        Assert.Contains("not a PDF", report.Refused[1].Sentence, StringComparison.Ordinal);
        Assert.Contains("rename it to .pdf", report.Refused[2].Sentence, StringComparison.Ordinal);
        Assert.Equal(3, notices.Count);
        Assert.Equal("c.pdf", report.ToJson()["refused"]![0]!["file"]!.GetValue<string>());
        Assert.Equal(2, report.Scripts["latin"]);
    }

    [Fact]
    public void A_single_file_and_a_strict_reading_end_with_one_sentence()
    {
        Write("c.pdf", s_scan);
        Write("x.txt", "A text."u8.ToArray());
        string expected = $"'{_folder["c.pdf"]}': the file has no text: page 1 has no text (scanned image).";

        Assert.Equal(expected, Fault(() => DocumentReader.Read(_folder["c.pdf"])));
        Assert.Equal(expected, Fault(() => DocumentReader.Read(_folder.Path)));
        Assert.Equal(expected, Fault(() => DocumentReader.Read(new CorpusOptions(_folder.Path) { IsStrict = true }, new())));
        Assert.Single(DocumentReader.Read(_folder.Path, _ => { }));
    }

    [Fact]
    public void Warnings_are_reported_with_their_file()
    {
        Write("a.pdf", new PdfBytes().Page(PdfBytes.Line(72, 700, "Text.")).Page("BI /W 1 /H 1 /BPC 8 /CS /G ID x EI\n").Write());
        CorpusReport report = new();

        Assert.Single(DocumentReader.Read(new CorpusOptions(_folder.Path), report));

        Assert.Equal([new FileNote("a.pdf", "page 2 has no text (scanned image)")], report.Warnings);
    }

    [Fact]
    public void A_file_without_extension_is_recognized_by_its_first_bytes_and_a_compressed_one_is_unpacked()
    {
        Write("paper", s_sound);
        using (GZipStream packed = new(File.Create(_folder["b.pdf.gz"]), CompressionLevel.Fastest))
        {
            packed.Write(s_sound);
        }

        Assert.Equal("The tide mill.", Assert.Single(DocumentReader.Read(_folder["paper"])).Text);
        Assert.Equal("The tide mill.", Assert.Single(DocumentReader.Read(_folder["b.pdf.gz"])).Text);
    }

    [Fact]
    public void Of_a_folder_at_most_two_documents_are_in_memory()
    {
        for (int i = 0; i < 12; i++)
        {
            Write($"{i:D2}.pdf", s_sound);
            Write($"{i:D2}.html", Encoding.UTF8.GetBytes($"<h1>Title</h1><p>Page {i} {new string('x', 100_000)}</p>"));
            Write($"{i:D2}.txt", Encoding.UTF8.GetBytes($"Text {i} {new string('y', 100_000)}"));
        }
        List<WeakReference> texts = [];
        int most = 0;
        using IEnumerator<SourceDocument> documents = DocumentReader.Read(new CorpusOptions(_folder.Path), new()).GetEnumerator();
        while (documents.MoveNext())
        {
            AddText(documents, texts);
            GC.Collect();
            most = Math.Max(most, texts.Count(t => t.IsAlive));
        }

        Assert.Equal(36, texts.Count);
        Assert.InRange(most, 1, 2);
    }

    /// <summary>Adds the current text, in a method of its own so that no local variable keeps it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static void AddText(IEnumerator<SourceDocument> documents, List<WeakReference> texts) =>
        texts.Add(new(documents.Current.Text));

    [Fact]
    public void A_process_answers_each_request_with_a_text_or_a_reason()
    {
        Write("a.pdf", s_sound);
        Write("c.pdf", s_scan);
        using MemoryStream requests = new(), answers = new();
        using (BinaryWriter writer = new(requests, Encoding.UTF8, leaveOpen: true))
        {
            foreach (string name in (string[])["a.pdf", "c.pdf"])
            {
                writer.Write(_folder[name]);
                writer.Write("PDF");
            }
        }
        requests.Position = 0;

        FormatProcess.Serve(requests, answers);

        using BinaryReader reader = new(new MemoryStream(answers.ToArray()), Encoding.UTF8);
        Assert.True(reader.ReadBoolean()); // ready
        Assert.True(reader.ReadBoolean());
        Assert.Equal("The tide mill.", reader.ReadString());
        Assert.Equal((1, 0, "page 1", 0), (reader.ReadInt32(), reader.ReadInt32(), reader.ReadString(), reader.ReadInt32()));
        Assert.False(reader.ReadBoolean());
        Assert.Contains("scanned image", reader.ReadString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(134, "damaged")]
    [InlineData(75, "too much time")]
    public void A_process_that_ends_is_a_reason_to_refuse_the_file(int exitCode, string reason)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // there is no sh
        }
        using FormatProcess process = new(["sh", "-c", $"printf '\\001'; exit {exitCode}"]);

        InputException fault = Assert.Throws<InputException>(() => process.Ask("a.pdf", "PDF"));

        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
        Assert.IsAssignableFrom<IOException>(fault.InnerException);
    }

    [Theory]
    [InlineData("no such program", "did not start")]
    [InlineData("false", "ended with exit code 1")]
    public void A_process_that_does_not_start_is_one_sentence_and_no_fault_of_the_file(string program, string reason)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // there is no false
        }
        InputException fault = Assert.ThrowsAny<InputException>(() => new FormatProcess([program]));

        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
        Assert.StartsWith($"The process that reads document formats did not start ({program}: ", fault.Message, StringComparison.Ordinal);
    }

    void Write(string name, byte[] bytes) => File.WriteAllBytes(_folder[name], bytes);

    static string Fault(Func<IEnumerable<SourceDocument>> read) => Assert.Throws<InputException>(() => read().Count()).Message;
}
