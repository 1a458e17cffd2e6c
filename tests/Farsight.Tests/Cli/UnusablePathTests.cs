using Farsight.Cli.Output;

namespace Farsight.Tests.Cli;

/// <summary>Runs commands on paths below a file, on folders in place of files and on files in place of folders.</summary>
/// <remarks>The permissions of another user cannot be tested here: tests may run as an administrator, whom none binds.</remarks>
public sealed class UnusablePathTests : IDisposable
{
    readonly TrainingFiles _files = new();

    public static TheoryData<string> Inputs =>
        [
            "synth logo --model MODEL --documents BAD --samples 1 --seed 1 --chunk-tokens 8 --out FREE.jsonl",
            "synth reference --model BAD --data DATA",
            "synth reference --model MODEL --data BAD",
            "data report BAD",
            "data import BAD --model MODEL --out FREE.jsonl",
            "data export BAD --format trl --out FREE.jsonl",
            "data merge FREE.jsonl BAD",
            "pretrain BAD --documents DATA --out FREE",
            "train BAD --out FREE",
            "plan BAD",
            "evolve BAD --out FREE",
            "study BAD --out FREE",
            "generate --model BAD --prompt x",
            "generate --model MODEL --prompt @BAD",
            "generate --model MODEL --adapter BAD --prompt x",
            "chat --model BAD",
            "eval --model BAD --length 16",
            "eval --model MODEL --documents BAD --length 16",
            "eval --task arc_easy --model MODEL --data BAD",
            "eval --endpoint http://localhost:1/v1 --endpoint-model m --tokenizer BAD --window 512 --length 256",
            "merge --model MODEL --adapter BAD --out FREE",
            "export gguf --model BAD --out FREE.gguf",
            "report BAD --out FREE.html",
            "compare BAD BAD",
            "inspect BAD",
            "bench tokenizer --tokenizer BAD --documents DATA",
        ];

    public static TheoryData<string> Outputs =>
        [
            "documents --out BAD --count 1 --words 50",
            "eval --model MODEL --length 64 --samples 1 --depths 1 --out BAD",
            "eval --endpoint http://localhost:1/v1 --endpoint-model m --cache BAD --length 256",
            "train RECIPE --out BAD",
            "export gguf --model MODEL --out BAD",
            "data export DATA --format trl --tokenizer MODEL --out BAD",
        ];

    [Theory, MemberData(nameof(Inputs))]
    public async Task An_input_that_cannot_be_read_is_one_sentence_and_exit_code_2(string command)
    {
        string folder = _files.In("empty");
        Directory.CreateDirectory(folder);
        foreach (string bad in new[] { _files.In("data.jsonl/below"), folder, _files.In("missing") })
        {
            await AssertRefused(command, bad);
        }
    }

    [Theory, MemberData(nameof(Outputs))]
    public Task An_output_below_a_file_is_one_sentence_and_exit_code_2(string command) =>
        AssertRefused(command, _files.In("data.jsonl/below"));

    public void Dispose() => _files.Dispose();

    async Task AssertRefused(string command, string bad)
    {
        string[] words =
        [
            .. command.Split(' ').Select(w => w
                .Replace("MODEL", _files.In("model"), StringComparison.Ordinal)
                .Replace("DATA", _files.In("data.jsonl"), StringComparison.Ordinal)
                .Replace("RECIPE", _files.RecipePath, StringComparison.Ordinal)
                .Replace("FREE", _files.In("free"), StringComparison.Ordinal)
                .Replace("BAD", bad, StringComparison.Ordinal)),
        ];
        (int code, _, string error) = await CommandLine.Run(words);

        Assert.True(code == ExitCode.BadInput, $"{command} with {bad}: exit code {code}: {error}");
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.NotEmpty(error);
    }
}
