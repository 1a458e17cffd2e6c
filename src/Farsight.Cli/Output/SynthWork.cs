using System.Collections.ObjectModel;
using System.CommandLine;
using System.Globalization;
using Farsight.Alignment;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Corpus;
using Farsight.Alignment.Endpoints;
using Farsight.Alignment.Synthesis;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Communication;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Cli.Output;

/// <summary>Runs synthesis for the commands that make preference data: endpoints, progress, interrupts, and the printed counts.</summary>
static class SynthWork
{
    /// <summary>Makes the file and prints what was made.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="optionsOf">Reads the options of the method from the command line.</param>
    /// <param name="endpoint">The endpoint of the model that responds; null for the local model.</param>
    /// <param name="described">Describes the size of a chunk, "32 tokens", and the origin of the questions.</param>
    /// <param name="cancel">Ctrl-C.</param>
    /// <param name="judge">The endpoint of the judge, and the options with the judge in them; null for no judge.</param>
    /// <returns>Failed if fewer samples were made than requested; the file is kept.</returns>
    /// <exception cref="InputException">The library refused an option; the message has the spelling of the command line.</exception>
    internal static int Run<TSettings>(
        ParseResult parse,
        Func<ParseResult, SynthesisOptions<TSettings>> optionsOf,
        EndpointOptions? endpoint,
        Func<TSettings, (string Chunks, string Questions)> described,
        CancellationToken cancel,
        (EndpointOptions Endpoint, Func<SynthesisOptions<TSettings>, ILanguageModel, SynthesisOptions<TSettings>> With)? judge = null)
        where TSettings : class =>
        Ranks.Run(parse, ranks => Run(parse, ranks, optionsOf, endpoint, described, judge, cancel));

    static int Run<TSettings>(
        ParseResult parse,
        Communicator ranks,
        Func<ParseResult, SynthesisOptions<TSettings>> optionsOf,
        EndpointOptions? endpoint,
        Func<TSettings, (string Chunks, string Questions)> described,
        (EndpointOptions Endpoint, Func<SynthesisOptions<TSettings>, ILanguageModel, SynthesisOptions<TSettings>> With)? judge,
        CancellationToken cancel)
        where TSettings : class
    {
        try
        {
            Ending ending = new();
            SynthesisOptions<TSettings> options = optionsOf(parse) with { Ranks = ranks };
            if (!ranks.IsFirst)
            {
                if (endpoint is null)
                {
                    SynthesisRun.Serve(options);
                }
                return ExitCode.Done;
            }
            (SynthesisSummary<TSettings> made, string speed) = Make(parse, options, endpoint, judge, cancel);
            (string chunks, string questions) = described(made.Settings);
            if (made.WasComplete)
            {
                string missing = made.Counts.GivenUp == 0 ? "" : $"; {made.Counts.GivenUp} could not be made";
                Console.WriteLine($"{options.File} is complete: {made.Counts.Written} samples{missing}");
            }
            else
            {
                Write(made.Documents, chunks, questions, made.Counts, speed);
                Console.WriteLine(options.File);
            }
            WriteEnd(ending, parse, options.Model, options.File);
            return made.Counts.GivenUp > 0 ? ExitCode.Failed : ExitCode.Done;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine(
                $"Stopped; the samples so far are kept. Resume with: {TypedCommand.Of(parse, [])}");
            throw;
        }
        catch (OptionException e)
        {
            throw new InputException($"{FlagOf(parse, e.Key)} {e.Problem}", e);
        }
    }

    static void WriteEnd(Ending ending, ParseResult parse, string model, string file)
    {
        if (NextCommand.Typed(parse, "--shard") is not null)
        {
            ending.Write("", "make the other shards, then join them with 'farsight data merge'");
        }
        else
        {
            string kind = parse.CommandResult.Command.Name == TrainTemplate.LongPo ? TrainTemplate.LongPo : TrainTemplate.Logo;
            ending.Write("", NextCommand.Recipe(NextCommand.Typed(parse, "--model") ?? model, file, kind));
        }
    }

    static (SynthesisSummary<TSettings> Made, string Speed) Make<TSettings>(
        ParseResult parse,
        SynthesisOptions<TSettings> options,
        EndpointOptions? endpoint,
        (EndpointOptions Endpoint, Func<SynthesisOptions<TSettings>, ILanguageModel, SynthesisOptions<TSettings>> With)? judge,
        CancellationToken cancel)
        where TSettings : class
    {
        using ProgressLine line = ProgressLine.OnStandardError("sample");
        using CancellationTokenRegistration registration = cancel.Register(() => line.Note(endpoint is null
            ? "Stopping after the current group of samples. Press Ctrl-C again to stop at once and lose that group."
            : "Stopping: pending requests are abandoned."));
        using SecondInterrupt second = new(cancel);
        using EndpointSet? writing = endpoint is null ? null : EndpointSet.Open(endpoint, line.Note);
        using EndpointSet? judging = judge is null ? null : EndpointSet.Open(judge.Value.Endpoint, line.Note);
        foreach (string notice in ModelFileNotices.Of(options.Model))
        {
            line.Note(notice);
        }
        options = options with { Corpus = options.Corpus! with { Told = new ReadingNotes(line, cancel).Tell, Notice = line.Note } };
        options = judging is null ? options : judge!.Value.With(options, judging.AsLanguageModel());
        bool offersDocument = parse.CommandResult.Command.Options.FirstOrDefault(o => o.Name == "--questions") is { } questions
            && parse.GetResult(questions) is null;
        SampleProgress progress = new(line, offersDocument);
        try
        {
            SynthesisSummary<TSettings> made = writing is null
                ? SynthesisRun.Start(options, progress, cancel)
                : SynthesisRun.Start(options, TokenModel(writing, options.Model, cancel), progress, cancel);
            return (made, progress.Speed);
        }
        finally
        {
            EndpointNotes.Write(line, "judge", judging);
            EndpointNotes.Write(line, "endpoint", writing);
        }
    }

    /// <summary>Returns the endpoints as a model that reads exact tokens where they are servers of Farsight with the tokenizer of a model.
    /// </summary>
    static ILanguageModel TokenModel(EndpointSet endpoints, string model, CancellationToken cancel) => endpoints
        .AsTokenModelAsync(null, Tokenizer.LoadFor(model, ModelFiles.ReadConfig(model).VocabSize).Sha256, cancel)
        .GetAwaiter()
        .GetResult();

    /// <summary>Returns the command's spelling of a recipe key: "--chunk-tokens", and "--kind" for "kinds".</summary>
    static string FlagOf(ParseResult parse, string key)
    {
        string flag = $"--{key.Replace('_', '-')}";
        return parse.CommandResult.Command.Options.Any(o => o.Name == flag) ? flag : flag.TrimEnd('s');
    }

    static void Write(CorpusCounts documents, string chunks, string questions, SynthesisCounts counts, string speed)
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
                ("dropped", documents.Dropped),
                ("repaired", documents.Repaired),
                ("left out", documents.LeftOut ?? ReadOnlyDictionary<string, long>.Empty),
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
        if (counts.ScoredByRules > 0)
        {
            Console.WriteLine($"scores     {counts.ScoredByRules} contexts use entities found by rules, because the model listed none");
        }
        WriteReasons("dropped", counts.Dropped);
        WriteReasons("resampled", counts.Resampled);
        if (counts.GivenUp > 0)
        {
            foreach (string reason in counts.Dropped.Keys.Union(counts.Resampled.Keys))
            {
                Console.WriteLine($"  {reason}: {DropReason.Describe(reason)}");
            }
        }
    }

    static void WriteReasons(string label, IReadOnlyDictionary<string, int> reasons) =>
        Console.WriteLine($"{label,-11}{(reasons.Count == 0 ? "none" : string.Join(", ", reasons.Select(r => $"{r.Key} {r.Value}")))}");

    /// <summary>Shows the counts on the progress line.</summary>
    sealed class SampleProgress(ProgressLine line, bool offersDocument) : IProgress<SynthesisProgress>
    {
        int? _before; // samples that an earlier run wrote
        TimeSpan _begun;

        /// <summary>Returns the way to other questions than planted ones that the user did not ask for.</summary>
        string Alternative(string questions) => offersDocument && questions.Contains("planted", StringComparison.Ordinal)
            ? " Their right answers are known. --questions document asks about the documents themselves."
            : "";

        /// <summary>", 1234 per hour"; empty if no sample was made.</summary>
        internal string Speed { get; private set; } = "";

        public void Report(SynthesisProgress value)
        {
            if (_before is null)
            {
                (_before, _begun) = (value.Counts.Written, line.Elapsed);
                line.Note($"Questions: {value.Questions}.{Alternative(value.Questions)}");
            }
            else if (value.Counts.Written > _before)
            {
                double hours = (line.Elapsed - _begun).TotalHours;
                Speed = string.Create(CultureInfo.InvariantCulture, $", {(value.Counts.Written - _before) / hours:F0} per hour");
            }
            line.Report(
                value.Counts.Written,
                value.Samples,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{(value.Responses > 0 ? $"{value.Responses} responses to the next group  " : "")}"
                        + $"dropped {value.Counts.Tried - value.Counts.Written}{Speed}{(value.Counts.ScoredByRules is > 0 and int byRules
                            ? $", {byRules} scored by rules" : "")}"));
        }
    }
}

/// <summary>Reports the progress of reading a large corpus, and stops it on Ctrl-C.</summary>
/// <param name="line">Receives the notes.</param>
/// <param name="cancel">Stops the reading.</param>
sealed class ReadingNotes(ProgressLine line, CancellationToken cancel)
{
    const double Growth = 1.5; // about twenty notes in the first hour

    TimeSpan _next = TimeSpan.FromSeconds(5);

    /// <summary>Writes a note when the next one is due.</summary>
    internal void Tell(CorpusReport report)
    {
        cancel.ThrowIfCancellationRequested();
        if (line.Elapsed >= _next)
        {
            line.Note(string.Create(CultureInfo.InvariantCulture, $"Reading documents: {report.Read:N0} read, {report.Kept:N0} kept."));
            _next = line.Elapsed * Growth;
        }
    }
}
