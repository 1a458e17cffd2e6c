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
    public async Task A_length_below_one_is_refused()
    {
        (int code, _, string error) = await CommandLine.Run("documents", "chunks", "a.txt", "--length", "0");

        Assert.Equal(2, code);
        Assert.Contains("at least 1", error, StringComparison.Ordinal);
    }
}
