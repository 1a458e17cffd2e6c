using System.CommandLine;
using Farsight.Alignment.Synthesis;
using Farsight.Cli;
using Farsight.Cli.Commands;

namespace Farsight.Tests.Cli;

public sealed class SynthCommandTests : IDisposable
{
    readonly TrainingFiles _files = new();

    [Theory]
    [InlineData(new[] { "--samples", "0" }, "--samples is 0")]
    [InlineData(new[] { "--model", "nowhere" }, "nowhere does not exist")]
    [InlineData(new[] { "--questions", "guess" }, "guess")]
    [InlineData(new[] { "--shard", "3/2" }, "--shard is 3/2")]
    [InlineData(new[] { "--scorer", "luck" }, "luck")]
    [InlineData(new[] { "--threads", "0" }, "--threads")]
    [InlineData(new[] { "--chunk-tokens", "9" }, "--chunk-tokens is 9, too few")]
    [InlineData(new[] { "--temperature", "0" }, "--temperature")]
    public async Task A_fault_of_the_input_is_one_clear_message_and_exit_code_2(string[] args, string named)
    {
        (int code, string output, string error) = await Synth(args);

        Assert.Equal(2, code);
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.InRange(error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, 1, 5); // no page of options
        Assert.DoesNotContain("   at ", output + error, StringComparison.Ordinal);
        Assert.False(File.Exists(_files.In("made.jsonl.partial")));
    }

    [Fact]
    public async Task The_command_that_resumes_a_stopped_run_can_be_pasted_into_a_shell()
    {
        ParseResult parse = Program.Parse(["synth", "logo", "--documents", "my books", "--out", "it's.jsonl"]);

        (_, _, string error) = await CommandLine.Capture(() =>
        {
            Assert.Throws<OperationCanceledException>(() => SynthWork.Run<LogoSettings>(
                parse, _ => throw new OperationCanceledException(), endpoint: null, _ => ("", ""), CancellationToken.None));
            return Task.FromResult(0);
        });

        Assert.EndsWith(
            "Resume with: farsight synth logo --documents 'my books' --out 'it'\\''s.jsonl'",
            error.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_there_is_left_alone()
    {
        File.WriteAllText(_files.In("made.jsonl"), "mine");

        (int code, _, string error) = await Synth();

        Assert.Equal(2, code);
        Assert.Contains("exists", error, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(_files.In("made.jsonl")));
    }

    [Theory]
    [InlineData("--kind", "luck", "luck")]
    [InlineData("--chunks", "7", "--chunks is 7")]
    public async Task Contrast_names_what_is_wrong(string option, string value, string named)
    {
        (int code, _, string error) = await CommandLine.Run([
            "synth",
            "contrast",
            "--model",
            _files.In("model"),
            "--documents",
            _files.In("."),
            "--samples",
            "4",
            "--seed",
            "1",
            "--out",
            _files.In("made.jsonl"),
            option,
            value,
        ]);

        Assert.Equal(2, code);
        Assert.Contains(named, error, StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();

    /// <summary>A whole command with some options replaced.</summary>
    Task<(int Code, string Out, string Error)> Synth(params string[] more)
    {
        File.WriteAllText(_files.In("document.txt"), "The lamp is red. The door is blue.");
        Dictionary<string, string> options = new()
        {
            ["--model"] = _files.In("model"),
            ["--documents"] = _files.In("document.txt"),
            ["--samples"] = "4",
            ["--seed"] = "1",
            ["--out"] = _files.In("made.jsonl"),
        };
        for (int i = 0; i < more.Length; i += 2)
        {
            options[more[i]] = more[i + 1];
        }
        return CommandLine.Run(["synth", "logo", .. options.SelectMany(o => new[] { o.Key, o.Value })]);
    }
}
