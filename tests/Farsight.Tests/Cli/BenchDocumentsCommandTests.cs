using System.Text.Json;

namespace Farsight.Tests.Cli;

public sealed class BenchDocumentsCommandTests
{
    [Fact]
    public async Task Without_documents_every_format_is_read_from_the_same_generated_texts()
    {
        (int code, string output, string error) = await CommandLine.Run(
            "bench", "documents", "--count", "2", "--words", "300", "--passes", "1", "--json");

        Assert.Equal((0, ""), (code, error));
        using JsonDocument json = JsonDocument.Parse(output);
        Assert.Equal(
            ["text", "jsonl", "parquet", "html", "docx", "pdf"],
            json.RootElement.EnumerateArray().Select(f => f.GetProperty("format").GetString()));
        long[] bytes = [.. json.RootElement.EnumerateArray().Select(f => f.GetProperty("text_bytes").GetInt64())];
        Assert.All(bytes, b => Assert.InRange(b, 0.98 * bytes[0], 1.02 * bytes[0])); // white space may differ
        Assert.All(json.RootElement.EnumerateArray(), f => Assert.InRange(f.GetProperty("documents_per_second").GetDouble(), 0.01, 1e6));
    }

    [Fact]
    public async Task The_table_has_a_row_per_format()
    {
        (int code, string output, _) = await CommandLine.Run("bench", "documents", "--count", "1", "--words", "100", "--passes", "1");

        Assert.Equal(0, code);
        string[] lines = output.TrimEnd().Split('\n');
        Assert.Equal("| format | documents/s | MB/s of text | MB/s of files |", lines[0]);
        Assert.Equal(8, lines.Length);
        Assert.StartsWith("| pdf | ", lines[7], StringComparison.Ordinal);
    }
}
