using System.CommandLine;
using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Endpoints;
using Farsight.Alignment.Synthesis;
using Farsight.Cli.Output;

namespace Farsight.Cli.Commands;

/// <summary>
/// What the commands that make preference data have in common: progress, endpoints, interrupts, and how the counts are told.
/// </summary>
static class SynthWork
{
    /// <summary>Runs a pipeline, and says how to go on when it is stopped.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="endpoint">Who answers; null for the local model.</param>
    /// <param name="run">Does it; gets the writer behind the endpoint or null, where to report, and a line for notes.</param>
    /// <param name="cancel">Ctrl-C.</param>
    /// <returns>What was made, and ", 1234 an hour".</returns>
    internal static (T Summary, string Speed) Run<T>(
        ParseResult parse,
        EndpointOptions? endpoint,
        Func<ILanguageModel?, IProgress<SynthesisProgress>, ProgressLine, T> run,
        CancellationToken cancel)
    {
        try
        {
            return Run(endpoint, run, cancel);
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine(
                $"Stopped; what was made is kept. Continue with: farsight {string.Join(' ', parse.Tokens.Select(t => t.Value))}");
            throw;
        }
    }

    /// <summary>Tells what was made.</summary>
    /// <param name="documents">What of.</param>
    /// <param name="chunks">What a chunk is: "32 tokens".</param>
    /// <param name="questions">Where they are from.</param>
    /// <param name="counts">What came of it.</param>
    /// <param name="speed">Of this run.</param>
    internal static void Write(CorpusCounts documents, string chunks, string questions, SynthesisCounts counts, string speed)
    {
        if (counts.GivenUp > 0)
        {
            Console.Error.WriteLine(
                $"Only {counts.Written} of {counts.Written + counts.GivenUp} samples could be made; see the reasons below.");
        }
        Console.WriteLine($"documents  {documents.Used} of {documents.Read}, {documents.Chunks} chunks of {chunks}");
        foreach (
            (string what, IReadOnlyDictionary<string, long> by) in new[]
            {
                ("left out", documents.Dropped),
                ("repaired", documents.Repaired),
            }.Where(c => c.Item2.Count > 0))
        {
            Console.WriteLine($"  {what,-9}{string.Join(", ", by.Select(r => $"{r.Key} {r.Value}"))}");
        }
        Console.WriteLine($"questions  {questions}");
        Console.WriteLine($"samples    {counts.Written} from {counts.Tried} contexts{speed}");
        if (counts.FactsInserted > 0)
        {
            Console.WriteLine(
                $"facts      {counts.FactsFound} of {counts.FactsInserted} found by the scores, {counts.FactsFoundAlone} of them alone");
        }
        WriteReasons("dropped", counts.Dropped);
        WriteReasons("resampled", counts.Resampled);
    }

    static (T, string) Run<T>(
        EndpointOptions? endpoint,
        Func<ILanguageModel?, IProgress<SynthesisProgress>, ProgressLine, T> run,
        CancellationToken cancel)
    {
        using ProgressLine line = ProgressLine.OnStandardError("sample");
        using CancellationTokenRegistration told = cancel.Register(() => line.Note(endpoint is null
            ? "Stopping: the group of samples is finished first. Ctrl-C once more stops at once and loses that group."
            : "Stopping: what was asked is given up."));
        using SecondInterrupt second = new(cancel);
        using EndpointSet? asked = endpoint is null ? null : EndpointSet.Open(endpoint, line.Note);
        Shown shown = new(line);
        try
        {
            return (
                run(asked?.AsLanguageModel(), shown, line),
                shown.Speed);
        }
        finally
        {
            EndpointNotes.Write(line, "endpoint", asked);
        }
    }

    static void WriteReasons(string label, IReadOnlyDictionary<string, int> reasons) =>
        Console.WriteLine($"{label,-11}{(reasons.Count == 0 ? "none" : string.Join(", ", reasons.Select(r => $"{r.Key} {r.Value}")))}");

    /// <summary>Turns the counts into a line.</summary>
    sealed class Shown(ProgressLine line) : IProgress<SynthesisProgress>
    {
        int? _before; // samples that an earlier run wrote
        TimeSpan _begun;

        /// <summary>", 1234 an hour", or nothing where nothing was made.</summary>
        internal string Speed { get; private set; } = "";

        public void Report(SynthesisProgress value)
        {
            if (_before is null)
            {
                (_before, _begun) = (value.Counts.Written, line.Elapsed);
                line.Note($"Questions: {value.Questions}.");
            }
            else if (value.Counts.Written > _before)
            {
                double hours = (line.Elapsed - _begun).TotalHours;
                Speed = string.Create(CultureInfo.InvariantCulture, $", {(value.Counts.Written - _before) / hours:F0} an hour");
            }
            line.Report(
                value.Counts.Written,
                value.Samples,
                string.Create(CultureInfo.InvariantCulture, $"dropped {value.Counts.Tried - value.Counts.Written}{Speed}"));
        }
    }
}
