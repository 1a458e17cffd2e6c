using Farsight.Tests.Alignment.Corpus.Formats;

namespace Farsight.Tests.Cli;

public sealed class DocumentsShowCommandTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_text_is_printed_with_marks_on_request_and_warnings_on_standard_error()
    {
        byte[] file = new PdfBytes()
            .Page(PdfBytes.Line(72, 700, "First page."))
            .Page("BI /W 1 /H 1 /BPC 8 /CS /G ID x EI\n")
            .Page(PdfBytes.Line(72, 700, "Third page."))
            .Write();
        File.WriteAllBytes(_folder["a.pdf"], file);

        (int code, string text, string error) = await CommandLine.Run("documents", "show", _folder["a.pdf"]);
        (_, string marked, _) = await CommandLine.Run("documents", "show", _folder["a.pdf"], "--marks");

        Assert.Equal((0, "First page.\n\nThird page.\n"), (code, text));
        Assert.Equal($"'{_folder["a.pdf"]}': page 2 has no text (scanned image).", error.Trim());
        Assert.Equal("[a.pdf]\n[page 1]\nFirst page.\n\n[page 3]\nThird page.\n", marked);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_ends_with_exit_code_2_and_its_reason()
    {
        File.WriteAllBytes(_folder["a.pdf"], []);

        (int code, string text, string error) = await CommandLine.Run("documents", "show", _folder["a.pdf"]);

        Assert.Equal((2, ""), (code, text));
        Assert.Equal($"'{_folder["a.pdf"]}': the file is empty (0 bytes).", error.Trim());
    }

    [Fact]
    public async Task Headings_of_a_page_are_marks()
    {
        File.WriteAllText(
            _folder["a.html"],
            "<h1>The <b>tide</b> mill</h1><p>One.</p><h2></h2><table><tr><td><h3>In</h3>Two</td></tr></table>");

        (_, string text, _) = await CommandLine.Run("documents", "show", _folder["a.html"], "--marks");

        Assert.Equal("[a.html]\n[section: The tide mill]\nThe tide mill\n\nOne.\n\n[section: In]\nIn\nTwo\n", text);
    }

    [Fact]
    public async Task Repairs_and_dropped_records_are_told_and_a_path_without_text_is_an_error()
    {
        File.WriteAllBytes(_folder["a.txt"], [.. "caf"u8, 0xE9]);
        File.WriteAllText(_folder["b.txt"], " ");

        (int code, string text, string error) = await CommandLine.Run("documents", "show", _folder.Path);
        (int empty, _, string reason) = await CommandLine.Run("documents", "show", _folder["b.txt"]);

        Assert.Equal((0, "café\n"), (code, text));
        Assert.Equal(
            ["a.txt: bytes that are not UTF-8 were read as Windows-1252.", "b.txt: dropped, because it has no text."],
            error.Trim().Split('\n').Select(l => l.Trim()));
        Assert.Equal(2, empty);
        Assert.Equal($"'{_folder["b.txt"]}' yields no text. b.txt: dropped, because it has no text.", reason.Trim());
    }

    [Theory]
    [InlineData("30", "One lamp burns.|Two lamps burn here. Three.")]
    [InlineData("40", "One lamp burns. Two lamps burn here.|Three.")]
    public async Task Chunks_are_printed_as_JSON_strings(string length, string expected)
    {
        File.WriteAllText(_folder["a.txt"], "One lamp burns. Two lamps burn here. Three.");

        (int code, string text, _) = await CommandLine.Run("documents", "chunks", _folder["a.txt"], "--length", length);

        Assert.Equal(0, code);
        Assert.Equal(expected.Split('|'), text.TrimEnd().Split('\n').Select(l => System.Text.Json.JsonSerializer.Deserialize<string>(l)));
    }

    [Fact]
    public async Task A_length_below_one_is_refused()
    {
        (int code, _, string error) = await CommandLine.Run("documents", "chunks", "a.txt", "--length", "0");

        Assert.Equal(2, code);
        Assert.Contains("at least 1", error, StringComparison.Ordinal);
    }
}
