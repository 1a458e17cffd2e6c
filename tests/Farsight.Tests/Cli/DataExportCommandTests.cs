using System.Text.Json.Nodes;

namespace Farsight.Tests.Cli;

public sealed class DataExportCommandTests : IDisposable
{
    readonly TrainingFiles _files = new();

    [Theory]
    [InlineData("trl", 24)] // a line per rejected response
    [InlineData("trl-text", 24)]
    [InlineData("openai", 24)]
    [InlineData("openai-messages", 12)]
    public async Task Exports_every_sample_and_counts_the_lines(string format, int lines)
    {
        (int code, string output, string error) = await Export("data.jsonl", "--format", format, "--tokenizer", _files.In("model"));

        Assert.Equal((0, ""), (code, error));
        Assert.Equal($"{_files.In("out.jsonl")}: {lines} lines from 12 samples{Environment.NewLine}", output);
        string[] written = File.ReadAllLines(_files.In("out.jsonl"));
        Assert.Equal(lines, written.Length);
        Assert.All(written, l => Assert.Contains("The lamp is", JsonNode.Parse(l)!.ToJsonString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("data.jsonl", new string[0], "--format")]
    [InlineData("data.jsonl", new[] { "--format", "csv" }, "csv")]
    [InlineData("nowhere.jsonl", new[] { "--format", "trl" }, "nowhere.jsonl")]
    [InlineData("recipe.jsonc", new[] { "--format", "trl" }, "recipe.jsonc")]
    public async Task A_fault_of_the_input_is_one_clear_message_and_exit_code_2(string dataset, string[] more, string named)
    {
        (int code, string output, string error) = await Export(dataset, more);

        Assert.Equal(2, code);
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output + error, StringComparison.Ordinal);
        Assert.False(File.Exists(_files.In("out.jsonl")));
    }

    public void Dispose() => _files.Dispose();

    Task<(int Code, string Out, string Error)> Export(string dataset, params string[] more) =>
        CommandLine.Run(["data", "export", _files.In(dataset), "--out", _files.In("out.jsonl"), .. more]);
}
