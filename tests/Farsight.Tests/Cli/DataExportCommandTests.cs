using System.Text.Json.Nodes;

namespace Farsight.Tests.Cli;

public sealed class DataExportCommandTests : IDisposable
{
    readonly TrainingFiles _files = new();

    [Theory]
    [InlineData("trl", 24)] // a line per rejected response
    [InlineData("trl-text", 24)]
    [InlineData("ms-swift", 24)]
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

    [Fact]
    public async Task The_export_for_llama_factory_adds_its_entry_to_dataset_info()
    {
        string index = _files.In("dataset_info.json");
        File.WriteAllText(index, """{"other":{"hf_hub_url":"org/other"}}""");

        (int code, string output, string error) = await Export(
            "data.jsonl", "--format", "llama-factory", "--tokenizer", _files.In("model"));

        Assert.Equal((0, ""), (code, error));
        Assert.Equal(
            $"{_files.In("out.jsonl")}: 24 lines from 12 samples{Environment.NewLine}"
                + $"{index}: describes it to LLaMA-Factory as 'out'{Environment.NewLine}",
            output);
        Assert.Equal(
            """{"other":{"hf_hub_url":"org/other"},"out":{"file_name":"out.jsonl","formatting":"sharegpt","ranking":true,"""
                + "\"columns\":"
                + """{"messages":"conversations","chosen":"chosen","rejected":"rejected"}}}""",
            JsonNode.Parse(File.ReadAllText(index))!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"out":{"file_name":"old.json"}}""", "already has a dataset 'out' of another file; write to another file name.")]
    [InlineData("""{"out":""", "is not valid JSON")]
    [InlineData("""{"a":{},"a":{}}""", "is not valid JSON")]
    [InlineData("[]", "is not a JSON object")]
    public async Task An_unusable_dataset_info_stops_the_export_before_it_writes(string index, string problem)
    {
        File.WriteAllText(_files.In("dataset_info.json"), index);

        (int code, _, string error) = await Export("data.jsonl", "--format", "llama-factory", "--tokenizer", _files.In("model"));

        Assert.Equal(2, code);
        Assert.Contains(problem, error, StringComparison.Ordinal);
        Assert.False(File.Exists(_files.In("out.jsonl")));
        Assert.Equal(index, File.ReadAllText(_files.In("dataset_info.json")));
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
