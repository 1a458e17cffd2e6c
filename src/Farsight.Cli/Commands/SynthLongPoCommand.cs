using System.CommandLine;
using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.LongPo;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Text.Tokenizers;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight synth longpo</c>: preference data in which only the length of the context tells the responses apart.</summary>
static class SynthLongPoCommand
{
    static readonly Option<string> s_model = new("--model")
    {
        Description =
            "Directory of the model that will be trained and that writes instructions and responses; with --endpoint only its tokenizer and config are read.",
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
            "Where instructions come from: own (they come with the documents), insert (invented facts are put in and asked for), write (the model writes four about a chunk, and one is drawn). By default own where a document brings some, else insert, with --endpoint write.",
        CustomParser = result => Enum.Parse<QuestionSource>(result.Tokens[0].Value, ignoreCase: true),
    };
    static readonly Option<string?> s_shard = new("--shard")
    {
        Description = "i/n: makes the i-th of n parts, as DATA.shard-i-of-n.jsonl; all parts merged are the whole file.",
    };
    static readonly Option<int?> s_chunkTokens = new("--chunk-tokens")
    {
        Description = "Most tokens of a chunk, the short context; by default a quarter of the document, at most 30000.",
    };
    static readonly Option<int?> s_minChunkTokens = new("--min-chunk-tokens")
    {
        Description = "Fewest tokens of a chunk that is asked about; by default 8/15 of the most, as 16000 of 30000.",
    };
    static readonly Option<int?> s_documentTokens = new("--document-tokens")
    {
        Description =
            "Most tokens of a document, the long context; longer ones are cut into several. By default twice the model's window, with --endpoint what the window has room for.",
    };
    static readonly Option<int> s_chunksPerDocument = new("--chunks-per-document")
    {
        Description = "Most chunks of a document that are asked about before every document had its turn.",
        DefaultValueFactory = _ => 4,
    };
    static readonly Option<int> s_turns = new("--turns")
    {
        Description = "Questions about a document in one sample, each about another chunk: 1 to 4.",
        DefaultValueFactory = _ => 1,
    };
    static readonly Option<double> s_temperature = new("--temperature")
    {
        Description = "Of the first attempt at a response; what cannot be used is sampled again at 0.8 or more.",
        DefaultValueFactory = _ => 0,
    };
    static readonly Option<int?> s_maxNewTokens = new("--max-new-tokens")
    {
        Description = "Limit of a response; by default a sixteenth of the model's window, between 64 and 1024.",
    };
    static readonly ThreadsOption s_threads = new();
    static readonly CorpusFlags s_corpus = new(nearDuplicates: 0.8);
    static readonly EndpointFlags s_endpoint = new();

    internal static Command Create()
    {
        Command command = new("longpo", "Preferred answers from a chunk of a long document, rejected ones from the whole of it (LongPO).")
        {
            s_model,
            s_documents,
            s_samples,
            s_seed,
            s_out,
            s_questions,
            s_shard,
            s_chunkTokens,
            s_minChunkTokens,
            s_documentTokens,
            s_chunksPerDocument,
            s_turns,
            s_temperature,
            s_maxNewTokens,
            s_threads,
        };
        s_questions.AcceptOnlyFromAmong("own", "insert", "write");
        s_corpus.AddTo(command);
        s_endpoint.AddTo(command);
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        s_threads.Apply(parse);
        LongPoOptions options = Options(parse);
        (LongPoSummary made, string speed) = SynthWork.Run(
            parse, s_endpoint.Of(parse), (writer, shown, line) => Synthesize(options, writer, shown, line, cancel), cancel);
        LongPoSettings settings = made.Settings;
        SynthWork.Write(
            made.Documents,
            string.Create(CultureInfo.InvariantCulture, $"{settings.MinChunkTokens} to {settings.ChunkTokens} tokens"),
            settings.Questions,
            made.Counts,
            speed);
        Console.WriteLine(options.File);
        return ExitCode.Done;
    }

    static LongPoSummary Synthesize(
        LongPoOptions options,
        ILanguageModel? writer,
        IProgress<SynthesisProgress> shown,
        ProgressLine line,
        CancellationToken cancel)
    {
        options = options with { Corpus = options.Corpus! with { Told = new ReadingNotes(line, cancel).Tell } };
        return writer is null ? LongPoSynthesis.Run(options, shown, cancel) : LongPoSynthesis.Run(options, writer, shown, cancel);
    }

    static LongPoOptions Options(ParseResult parse)
    {
        (string model, string documents, int seed) = (
            Bundled.Locate(parse.GetValue(s_model)!),
            parse.GetValue(s_documents)!,
            parse.GetValue(s_seed));
        Lazy<Tokenizer> tokenizer = new(() => Tokenizer.Load(model));
        return new(model, documents, parse.GetValue(s_samples), seed, parse.GetValue(s_out)!)
        {
            Corpus = s_corpus.Options(parse, documents, seed, text => tokenizer.Value.Count(text)),
            Questions = parse.GetValue(s_questions),
            Shard = parse.GetValue(s_shard) is { } shard ? SynthesisShard.Parse(shard) : null,
            ChunkTokens = parse.GetValue(s_chunkTokens),
            MinChunkTokens = parse.GetValue(s_minChunkTokens),
            DocumentTokens = parse.GetValue(s_documentTokens),
            ChunksPerDocument = parse.GetValue(s_chunksPerDocument),
            Turns = parse.GetValue(s_turns),
            Temperature = parse.GetValue(s_temperature),
            MaxNewTokens = parse.GetValue(s_maxNewTokens),
        };
    }
}
