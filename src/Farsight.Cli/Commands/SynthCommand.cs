using System.CommandLine;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Endpoints;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Text.Tokenizers;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight synth</c>: preference data from documents.</summary>
static class SynthCommand
{
    static readonly Option<string> s_model = new("--model")
    {
        Description =
            "Directory of the model that will be trained and that writes the responses; with --endpoint only its tokenizer and config are read.",
        Required = true,
    };
    static readonly Option<string> s_documents = new("--documents")
    {
        Description = "Folder or file with .txt, .md or .jsonl documents.",
        Required = true,
    };
    static readonly Option<int> s_samples = new("--samples") { Description = "Samples to write.", Required = true };
    static readonly Option<int> s_seed = new("--seed") { Description = "Decides every random choice.", Required = true };
    static readonly Option<string> s_out = new("--out")
    {
        Description = "The .jsonl file to write. The same command continues it after a stop.",
        Required = true,
    };
    static readonly Option<QuestionSource?> s_questions = new("--questions")
    {
        Description =
            "Where questions come from: own (they come with the documents), insert (invented facts are put in and asked for), write (the model writes them about drawn chunks). By default own where a document brings some, else insert, with --endpoint write.",
        CustomParser = result => Enum.Parse<QuestionSource>(result.Tokens[0].Value, ignoreCase: true),
    };
    static readonly Option<string> s_chosen = new("--chosen")
    {
        Description =
            "What the chosen response is: model (its own answer from the relevant chunks, as in the paper) or gold (the answer that came with the question, for a model that cannot answer it yet).",
        DefaultValueFactory = _ => "model",
    };
    static readonly Option<string> s_scorer = new("--scorer")
    {
        Description =
            "What says how important a chunk is for a question: evidence (shared terms, rare ones weigh more), entities (their number, as in the paper), bm25, or llm (their number, listed by the endpoint's model).",
        DefaultValueFactory = _ => "evidence",
    };
    static readonly Option<string?> s_shard = new("--shard")
    {
        Description = "i/n: makes the i-th of n parts, as DATA.shard-i-of-n.jsonl; all parts merged are the whole file.",
    };
    static readonly Option<int?> s_chunkTokens = new("--chunk-tokens")
    {
        Description = "Tokens of a chunk; by default a sixteenth of the model's window, at most 512.",
    };
    static readonly Option<int> s_chunks = new("--chunks") { Description = "Chunks of a context.", DefaultValueFactory = _ => 16 };
    static readonly Option<double?> s_threshold = new("--threshold")
    {
        Description =
            "The score from which a chunk is relevant; by default the scorer's own: of entities 6, as in the paper. Where none reaches it, the best chunks are relevant.",
    };
    static readonly Option<int> s_rejected = new("--rejected")
    {
        Description = "Rejected responses of a sample.",
        DefaultValueFactory = _ => 2,
    };
    static readonly Option<double> s_temperature = new("--temperature")
    {
        Description = "Of the rejected responses.",
        DefaultValueFactory = _ => 0.8,
    };
    static readonly ThreadsOption s_threads = new();
    static readonly CorpusFlags s_corpus = new(nearDuplicates: 0.8);
    static readonly EndpointFlags s_endpoint = new(), s_judge = new("judge-", "the model that judges chosen responses");

    internal static Command Create()
    {
        Command logo = new(
            "logo",
            "Preferred answers from the relevant chunks of a context, rejected ones from irrelevant and partial ones (LOGO).")
        {
            s_model,
            s_documents,
            s_samples,
            s_seed,
            s_out,
            s_questions,
            s_chosen,
            s_scorer,
            s_shard,
            s_chunkTokens,
            s_chunks,
            s_threshold,
            s_rejected,
            s_temperature,
            s_threads,
        };
        s_questions.AcceptOnlyFromAmong("own", "insert", "write");
        s_chosen.AcceptOnlyFromAmong("model", "gold");
        s_scorer.AcceptOnlyFromAmong([.. ChunkScorers.Names, ChunkScorers.Model]);
        s_corpus.AddTo(logo);
        s_endpoint.AddTo(logo);
        s_judge.AddTo(logo);
        logo.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return new("synth", "Make preference data from documents, with the model's own responses.")
        {
            logo,
            SynthLongPoCommand.Create(),
            SynthContrastCommand.Create(),
            SynthReferenceCommand.Create(),
        };
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        s_threads.Apply(parse);
        (string model, string documents, int seed) = (
            Bundled.Locate(parse.GetValue(s_model)!),
            parse.GetValue(s_documents)!,
            parse.GetValue(s_seed));
        Lazy<Tokenizer> tokenizer = new(() => Tokenizer.Load(model));
        LogoSynthesisOptions options = new(model, documents, parse.GetValue(s_samples), seed, parse.GetValue(s_out)!)
        {
            Corpus = s_corpus.Options(parse, documents, seed, text => tokenizer.Value.Count(text)),
            Questions = parse.GetValue(s_questions),
            Chosen = Enum.Parse<ChosenSource>(parse.GetValue(s_chosen)!, ignoreCase: true),
            Scorer = parse.GetValue(s_scorer)!,
            Shard = parse.GetValue(s_shard) is { } shard ? SynthesisShard.Parse(shard) : null,
            ChunkTokens = parse.GetValue(s_chunkTokens),
            Chunks = parse.GetValue(s_chunks),
            Threshold = parse.GetValue(s_threshold),
            Rejected = parse.GetValue(s_rejected),
            Temperature = parse.GetValue(s_temperature),
        };
        EndpointOptions? judge = s_judge.Of(parse);
        (LogoSynthesisSummary made, string speed) = SynthWork.Run(
            parse,
            s_endpoint.Of(parse),
            (writer, shown, line) => Synthesize(options, judge, writer, shown, line, cancel),
            cancel);
        SynthWork.Write(made.Documents, $"{made.Settings.ChunkTokens} tokens", made.Settings.Questions, made.Counts, speed);
        Console.WriteLine(options.File);
        return ExitCode.Done;
    }

    static LogoSynthesisSummary Synthesize(
        LogoSynthesisOptions options,
        EndpointOptions? judge,
        ILanguageModel? writer,
        IProgress<SynthesisProgress> shown,
        ProgressLine line,
        CancellationToken cancel)
    {
        using EndpointSet? judging = judge is null ? null : EndpointSet.Open(judge, line.Note);
        options = options with
        {
            Corpus = options.Corpus! with { Told = new ReadingNotes(line, cancel).Tell },
            Judge = judging is null ? null : new(judging.AsLanguageModel()),
        };
        try
        {
            return writer is null ? LogoSynthesis.Run(options, shown, cancel) : LogoSynthesis.Run(options, writer, shown, cancel);
        }
        finally
        {
            EndpointNotes.Write(line, "judge", judging);
        }
    }
}
