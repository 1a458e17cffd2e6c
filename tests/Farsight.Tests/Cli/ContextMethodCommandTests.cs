using System.Text.Json;
using Farsight.Alignment.Answering.Context;

namespace Farsight.Tests.Cli;

/// <summary><c>--context-method</c> of generate, chat and eval.</summary>
public sealed class ContextMethodCommandTests
{
    static readonly string s_tiny = Path.Combine(Repository.Root, "models/tiny");

    [Theory]
    [InlineData("generate"), InlineData("chat"), InlineData("eval")]
    public async Task Help_lists_every_method_with_its_defaults(string command)
    {
        (_, string help, _) = await CommandLine.Run(command, "--help");

        string words = string.Join(' ', help.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.All(ContextMethod.All, m => Assert.Contains($"{m.Name} (", words, StringComparison.Ordinal));
        Assert.Contains("gemfilter (keep=1024 layer=-1 first=0 last=0 smooth=5)", words, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("generate", "--prompt", "Hello"), InlineData("eval", "--limit", "1")]
    public async Task A_mistyped_method_stops_the_command_before_the_model_is_opened(string command, string option, string value)
    {
        (int code, _, string error) = await CommandLine.Run(
            command, "--model", "no such model", option, value, "--context-method", "streaming-lm");

        Assert.Equal(2, code);
        Assert.Contains("Did you mean 'streaming-llm'?", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_writes_the_steps_of_a_method_that_prompts_several_times()
    {
        (int code, string output, string error) = await CommandLine.Run(
            "generate", "--model", s_tiny, "--prompt", "The lamp is red. The door is blue.\n\nWhat color is the lamp?",
            "--max-new-tokens", "4", "--context-method", "alr2:facts=6", "--json");

        Assert.True(code == 0, error);
        JsonElement step = JsonDocument.Parse(output).RootElement.GetProperty("steps")[0];
        Assert.Equal("retrieve", step.GetProperty("name").GetString());
        Assert.True(step.GetProperty("counts").TryGetProperty("invented", out _));
    }

    [Theory]
    [InlineData("gemfilter:keep=64", "gemfilter:keep=64,layer=-1,first=0,last=0,smooth=5")]
    [InlineData("chain-of-agents:chunk=100,note=16", "chain-of-agents:chunk=100,note=16")]
    public async Task Eval_records_the_method_with_all_options_in_results_and_examples(string method, string recorded)
    {
        using TemporaryFolder folder = new();
        string directory = Path.Combine(folder.Path, "out");
        string[] command =
        [
            "eval", "--model", s_tiny, "--task", "needle/single", "--length", "256", "--depths", "1", "--samples", "1", "--out", directory,
            "--context-method", method,
        ];

        (int code, _, string error) = await CommandLine.Run(command);

        Assert.True(code == 0, error);
        JsonElement results = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "results.json"))).RootElement;
        Assert.Equal(recorded, results.GetProperty("decoding").GetProperty("context_method").GetString());
        string example = File.ReadAllLines(Path.Combine(directory, "examples.jsonl"))[0];
        Assert.Contains(recorded, example, StringComparison.Ordinal);
        Assert.Equal(method.StartsWith("chain", StringComparison.Ordinal), example.Contains("\"method_counts\"", StringComparison.Ordinal));
        Assert.DoesNotContain("\"failed\"", example, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bench_context_reports_a_method_and_why_another_cannot_work()
    {
        (int code, string output, string error) = await CommandLine.Run(
            "bench", "context", "--model", s_tiny, "--length", "200", "--new", "3", "--json",
            "--method", "full", "streaming-llm:cache=64", "longheads:chunk=4096");

        Assert.True(code == 0, error);
        JsonElement[] lines = [.. output.Trim().Split('\n').Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.Equal(["full", "streaming-llm:cache=64", "longheads:chunk=4096"], lines.Select(l => l.GetProperty("method").GetString()));
        Assert.True(lines[0].GetProperty("key_value_bytes").GetInt64() > lines[1].GetProperty("key_value_bytes").GetInt64());
        Assert.All(lines[..2], l => Assert.InRange( // a method's own peak; null where the system cannot measure it
            l.GetProperty("peak_bytes").ValueKind == JsonValueKind.Null
                ? l.GetProperty("held_bytes").GetInt64()
                : l.GetProperty("peak_bytes").GetInt64(),
            l.GetProperty("held_bytes").GetInt64(),
            l.GetProperty("process_peak_bytes").GetInt64()));
        Assert.Contains("at least 4 chunks", lines[2].GetProperty("refused").GetString(), StringComparison.Ordinal);
    }
}
