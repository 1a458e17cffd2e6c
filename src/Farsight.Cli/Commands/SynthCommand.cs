using System.CommandLine;
using System.Globalization;
using Farsight.Alignment.Synthesis;
using Farsight.Cli.Output;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight synth</c>: preference data from documents.</summary>
static class SynthCommand
{
    static readonly Option<string> s_model = new("--model") { Description = "Directory of the model that writes the responses, and that will be trained.", Required = true };
    static readonly Option<string> s_documents = new("--documents") { Description = "Folder or file with .txt, .md or .jsonl documents.", Required = true };
    static readonly Option<int> s_samples = new("--samples") { Description = "Samples to write.", Required = true };
    static readonly Option<int> s_seed = new("--seed") { Description = "Decides every random choice.", Required = true };
    static readonly Option<string> s_out = new("--out") { Description = "The .jsonl file to write. The same command continues it after a stop.", Required = true };
    static readonly Option<string> s_questions = new("--questions") { Description = "Where questions come from when a document brings none: insert puts invented facts into it.", DefaultValueFactory = _ => "insert" };
    static readonly Option<int?> s_chunkTokens = new("--chunk-tokens") { Description = "Tokens of a chunk; by default a sixteenth of the model's window, at most 512." };
    static readonly Option<int> s_chunks = new("--chunks") { Description = "Chunks of a context.", DefaultValueFactory = _ => 16 };
    static readonly Option<int> s_threshold = new("--threshold") { Description = "Entities that a relevant chunk shares with question and answer; where none does, the best chunks are relevant.", DefaultValueFactory = _ => 6 };
    static readonly Option<int> s_rejected = new("--rejected") { Description = "Rejected responses of a sample.", DefaultValueFactory = _ => 2 };
    static readonly Option<double> s_temperature = new("--temperature") { Description = "Of the rejected responses.", DefaultValueFactory = _ => 0.8 };
    static readonly ThreadsOption s_threads = new();

    internal static Command Create()
    {
        Command logo = new("logo", "Preferred answers from the relevant chunks of a context, rejected ones from irrelevant and partial ones (LOGO).")
        {
            s_model, s_documents, s_samples, s_seed, s_out, s_questions, s_chunkTokens, s_chunks, s_threshold, s_rejected, s_temperature, s_threads,
        };
        s_questions.AcceptOnlyFromAmong("insert");
        logo.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return new("synth", "Make preference data from documents, with the model's own responses.") { logo };
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        s_threads.Apply(parse);
        LogoSynthesisOptions options = new(
            Bundled.Locate(parse.GetValue(s_model)!), parse.GetValue(s_documents)!, parse.GetValue(s_samples), parse.GetValue(s_seed), parse.GetValue(s_out)!)
        {
            ChunkTokens = parse.GetValue(s_chunkTokens),
            Chunks = parse.GetValue(s_chunks),
            Threshold = parse.GetValue(s_threshold),
            Rejected = parse.GetValue(s_rejected),
            Temperature = parse.GetValue(s_temperature),
        };
        try
        {
            Write(options, Synthesize(options, cancel).Counts);
            return ExitCode.Done;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine($"Stopped; what was made is kept. Continue with: farsight {string.Join(' ', parse.Tokens.Select(t => t.Value))}");
            throw;
        }
    }

    static LogoSynthesisSummary Synthesize(LogoSynthesisOptions options, CancellationToken cancel)
    {
        using ProgressLine line = ProgressLine.OnStandardError("sample");
        using CancellationTokenRegistration told = cancel.Register(() => line.Note("Stopping: the group of samples is finished first. Ctrl-C once more stops at once and loses that group."));
        using SecondInterrupt second = new(cancel);
        return LogoSynthesis.Run(options, new Shown(line), cancel);
    }

    static void Write(LogoSynthesisOptions options, SynthesisCounts counts)
    {
        if (counts.Written < options.Samples)
        {
            Console.Error.WriteLine($"Only {counts.Written} of {options.Samples} samples could be made from {counts.Tried} tried; see the reasons below.");
        }
        Console.WriteLine($"samples    {counts.Written} of {counts.Tried} tried");
        Console.WriteLine($"facts      {counts.FactsFound} of {counts.FactsInserted} found by the scores, {counts.FactsFoundAlone} of them alone");
        WriteReasons("dropped", counts.Dropped);
        WriteReasons("resampled", counts.Resampled);
        Console.WriteLine(options.Output);
    }

    static void WriteReasons(string label, IReadOnlyDictionary<string, int> reasons) =>
        Console.WriteLine($"{label,-11}{(reasons.Count == 0 ? "none" : string.Join(", ", reasons.Select(r => $"{r.Key} {r.Value}")))}");

    /// <summary>Turns the counts into a line.</summary>
    sealed class Shown(ProgressLine line) : IProgress<LogoSynthesisProgress>
    {
        public void Report(LogoSynthesisProgress value) => line.Report(
            value.Counts.Written, value.Samples, string.Create(CultureInfo.InvariantCulture, $"dropped {value.Counts.Tried - value.Counts.Written}"));
    }
}
