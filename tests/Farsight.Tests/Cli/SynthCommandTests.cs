using System.CommandLine;
using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis;
using Farsight.Cli;
using Farsight.Cli.Output;
using Farsight.Tests.Alignment.Synthesis;

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
    [InlineData(new[] { "--negatives", "hard" }, "hard")]
    [InlineData(new[] { "--positions", "synthesized" }, "--positions 'synthesized' is unknown")]
    [InlineData(new[] { "--positions", "synthesized:4096" }, "--positions applies to on-policy negatives only")]
    public async Task A_fault_of_the_input_is_one_clear_message_and_exit_code_2(string[] args, string named)
    {
        (int code, string output, string error) = await Synth("logo", args);

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

        (int code, _, string error) = await Synth("logo");

        Assert.Equal(2, code);
        Assert.Contains("exists", error, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(_files.In("made.jsonl")));
    }

    [Fact]
    public async Task Fewer_samples_than_requested_are_kept_with_exit_code_1_and_every_reason_is_explained()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        server.Text = request => LedgerChat.Answer(request) is var answer && answer.StartsWith("On day", StringComparison.Ordinal)
            && !answer.Split(' ')[2].EndsWith('8') ? "No." : answer;

        (int code, string output, string error) = await Ledger(server, "--samples", "16");

        int samples = File.ReadLines(_files.In("made.jsonl")).Count();
        Assert.InRange(samples, 1, 15);
        Assert.Equal(1, code);
        Assert.Contains($"Only {samples} of 16 samples could be made", error, StringComparison.Ordinal);
        string dropped = output.Split('\n').Single(l => l.StartsWith("dropped ", StringComparison.Ordinal));
        string[] reasons = [.. dropped["dropped ".Length..].Split(',').Select(r => r.Trim().Split(' ')[0])];
        Assert.NotEqual(["none"], reasons);
        Assert.All(reasons, r => Assert.Contains($"\n  {r}: {DropReason.Describe(r)}", output, StringComparison.Ordinal));

        (code, output, _) = await Ledger(server, "--samples", "16");
        Assert.Equal(
            (1, $"{_files.In("made.jsonl")} is complete: {samples} samples; {16 - samples} could not be made"), (code, output.Trim()));
    }

    [Fact]
    public async Task The_command_of_a_finished_run_succeeds_and_another_names_the_option_that_differs()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        server.Text = LedgerChat.Answer;
        await Ledger(server);
        int requests = server.Requests;

        (int code, string output, _) = await Ledger(server);
        Assert.Equal((0, $"{_files.In("made.jsonl")} is complete: 2 samples"), (code, output.Trim()));
        (code, _, string error) = await Ledger(server, "--chunks", "12");
        Assert.Equal(2, code);
        Assert.Contains(
            $"--chunks is 12 instead of 16; {_files.In("made.jsonl")} exists and was made with other settings.", error,
            StringComparison.Ordinal);
        Assert.Equal(requests, server.Requests);
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

    [Theory]
    [InlineData("--facts", "24-16", "--facts is 24-16; write a number or a range")]
    [InlineData("--questions-per-document", "9", "--questions-per-document is 9; 16 facts are 6 items")]
    [InlineData("--question-types", "guess", "guess")]
    [InlineData("--kinds", "luck", "luck")]
    [InlineData("--negatives", "luck", "luck")]
    [InlineData("--rejected", "0", "--rejected is 0; use 1 or more")]
    [InlineData("--length", "200", "The documents have ")]
    [InlineData("--model", "nowhere", "nowhere does not exist")]
    public async Task Facts_names_what_is_wrong(string option, string value, string named)
    {
        (int code, string output, string error) = await Synth("facts", option, value);

        Assert.Equal(2, code);
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output + error, StringComparison.Ordinal);
        Assert.False(File.Exists(_files.In("made.jsonl")));
    }

    [Fact]
    public async Task Facts_makes_a_dataset_without_the_weights_of_the_model()
    {
        await CommandLine.Run("documents", "--count", "4", "--words", "900", "--out", _files.In("documents"));
        Directory.CreateDirectory(_files.In("bare"));
        foreach (string name in new[] { "config.json", "tokenizer.json", "tokenizer_config.json" })
        {
            File.Copy(Path.Combine(Repository.Root, "models/tiny", name), Path.Combine(_files.In("bare"), name));
        }

        (int code, string output, string error) = await Synth(
            "facts", "--model", _files.In("bare"), "--documents", _files.In("documents"), "--question-types", "two-hop", "value",
            "--kinds", "locker-code", "horse-owner");

        Assert.Equal("", code == 0 ? "" : error);
        Assert.Contains("questions  two_hop, value", output, StringComparison.Ordinal);
        PreferenceSample[] samples = [.. PreferenceDataset.Stream(_files.In("made.jsonl"))];
        Assert.Equal(4, samples.Length);
        Assert.All(samples, s => Assert.Equal(3, s.Questions!.Count));
        Assert.Contains("locker", samples[0].Question, StringComparison.Ordinal);
        Assert.Contains("horse", samples[2].Question, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--turns", "5", "--turns is 5; use 1 to 4")]
    [InlineData("--temperature", "-1", "--temperature must be 0 or more")]
    [InlineData("--chunks-per-document", "0", "--chunks-per-document is 0")]
    [InlineData("--questions", "guess", "guess")]
    [InlineData("--model", "nowhere", "nowhere does not exist")]
    public async Task Longpo_names_what_is_wrong(string option, string value, string named)
    {
        (int code, string output, string error) = await Synth("longpo", option, value);

        Assert.Equal(2, code);
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output + error, StringComparison.Ordinal);
        Assert.False(File.Exists(_files.In("made.jsonl")));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task Longpo_makes_a_dataset_with_the_bundled_model()
    {
        (int written, _, _) = await CommandLine.Run(
            "documents", "--count", "6", "--words", "1500", "--format", "jsonl", "--out", _files.In("documents"));

        (int code, string output, string error) = await Synth(
            "longpo",
            ["--model", Path.Combine(Repository.Root, "models/tiny"), "--documents", _files.In("documents"), "--samples", "2",
            "--document-tokens", "1010", "--chunk-tokens", "220", "--min-chunk-tokens", "110", "--questions", "planted"]);

        Assert.Equal(0, written);
        Assert.Contains("Questions: about invented facts that are planted into the documents.", error, StringComparison.Ordinal);
        Assert.Contains("chunks of 110 to 220 tokens", output, StringComparison.Ordinal);
        Assert.EndsWith($"{_files.In("made.jsonl")}{Environment.NewLine}", output, StringComparison.Ordinal);
        int samples = PreferenceDataset.Read(_files.In("made.jsonl")).Samples.Count;
        Assert.InRange(samples, 1, 2); // the small model fails at some questions
        Assert.Equal(samples == 2 ? 0 : 1, code);
        Assert.Contains($"samples    {samples} from ", output, StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();

    Task<(int Code, string Out, string Error)> Ledger(FaultyEndpoint server, params string[] more)
    {
        File.WriteAllText(_files.In("ledger.txt"), LedgerChat.Ledger(200));
        return Synth(
            "logo",
        [
            "--model", Path.Combine(Repository.Root, "models/tiny"), "--documents", _files.In("ledger.txt"), "--samples", "2", "--endpoint",
            server.Url, "--endpoint-model", "ledger", "--chunk-tokens", "64", .. more,
        ]);
    }

    /// <summary>A whole command with some options replaced.</summary>
    Task<(int Code, string Out, string Error)> Synth(string method, params string[] more)
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
        return CommandLine.Run(["synth", method, .. options.SelectMany(o => new[] { o.Key, o.Value })]);
    }
}
