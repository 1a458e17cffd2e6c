namespace Farsight.Tests.Cli;

public sealed class AbsurdNumberTests
{
    [Theory]
    [InlineData("synth logo --samples 2147483647", "--samples is 2147483647; use at most 10000000.")]
    [InlineData("synth logo --samples 1 --chunk-tokens 2147483647", "--chunk-tokens is 2147483647; use at most 16777216.")]
    [InlineData("synth logo --samples 1 --chunks 2147483647", "--chunks is 2147483647; use at most 65536.")]
    [InlineData("synth logo --samples 1 --rejected 2147483647", "--rejected is 2147483647; use at most 64.")]
    [InlineData("synth longpo --samples 1 --max-new-tokens 2147483647", "--max-new-tokens is 2147483647; use at most 16777216.")]
    [InlineData("synth contrast --samples 1 --chunks 2147483647", "--chunks is 2147483647; use at most 65536.")]
    public async Task A_number_that_no_machine_can_hold_is_refused_before_the_start(string command, string sentence)
    {
        string[] words = [.. command.Split(' '), "--model", "none", "--documents", "none", "--seed", "1", "--out", "none.jsonl"];

        (int code, _, string error) = await CommandLine.Run(words);

        Assert.Equal(2, code);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_generation_longer_than_any_window_is_refused()
    {
        (int code, _, string error) = await CommandLine.Run(
            "generate", "--model", "none", "--prompt", "x", "--max-new-tokens", "2147483647");

        Assert.Equal(2, code);
        Assert.Contains("--max-new-tokens is 2147483647; use 1 to 16777216.", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("eval --task needle --model none --seed 99999999999",
        "--seed: '99999999999' is not a whole number from -2147483648 to 2147483647.")]
    [InlineData("eval --task needle --model none --limit 1.5", "--limit: '1.5' is not a whole number from -2147483648 to 2147483647.")]
    [InlineData("plan --table --threads many", "--threads: 'many' is not a whole number from -2147483648 to 2147483647.")]
    [InlineData("plan --table --peak high", "--peak: 'high' is not a number.")]
    [InlineData("bench step --shape none --steps some", "--steps: 'some' is not a whole number from -2147483648 to 2147483647.")]
    [InlineData("generate --model none --prompt x --temperature warm", "--temperature: 'warm' is not a number.")]
    public async Task A_value_of_the_wrong_type_is_named_in_one_sentence_without_help(string command, string sentence)
    {
        (int code, string output, string error) = await CommandLine.Run(command.Split(' '));

        Assert.Equal((2, "", sentence + "\n"), (code, output, error.ReplaceLineEndings("\n")));
    }

    [Theory]
    [InlineData("2147483647", "10")]
    [InlineData("1", "2147483647")]
    public async Task More_documents_than_anybody_can_wait_for_are_refused_before_the_first(string count, string words)
    {
        using TemporaryFolder folder = new();

        (int code, _, string error) = await CommandLine.Run("documents", "--out", folder["out"], "--count", count, "--words", words);

        Assert.Equal(2, code);
        Assert.Contains("are too many; use at most 1000000 documents of at most 10000000 words.", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["out"]));
    }
}
