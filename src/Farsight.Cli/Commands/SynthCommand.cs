using System.CommandLine;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Text.Tokenizers;

namespace Farsight.Cli.Commands;

/// <summary>Synthesizes preference data from documents (<c>farsight synth</c>, <c>synth logo</c>).</summary>
static class SynthCommand
{
    static readonly LogoOptions s_defaults = new("", "", 1, 0, "");
    static readonly Option<string> s_model = SharedOptions.Model(
        "Directory of the model to train, which also writes the responses. With --endpoint only its tokenizer and config are read.");
    static readonly Option<string> s_documents = SharedOptions.Documents();
    static readonly Option<int> s_samples = new("--samples") { Description = "Number of samples to write.", Required = true };
    static readonly Option<int> s_seed = SharedOptions.Seed(required: true);
    static readonly Option<string> s_out = SharedOptions.Out("Dataset to write (.jsonl). Rerun the same command to resume.");
    static readonly Option<QuestionSubject?> s_questions = SharedOptions.Questions();
    static readonly Option<string> s_chosen = new("--chosen")
    {
        Description =
            "Source of the chosen response: model (its answer from the relevant chunks, as in the paper) or "
            + "gold (the reference answer, for models that cannot answer yet).",
        DefaultValueFactory = _ => s_defaults.Chosen.ToString().ToLowerInvariant(),
    };
    static readonly Option<string> s_negatives = new("--negatives")
    {
        Description =
            "Chunks that rejected responses are written from: mixed (irrelevant and partial ones in turn), irrelevant, partial, or "
            + "on-policy (all chunks; wrong answers only, closest in form to the chosen response).",
        DefaultValueFactory = _ => "mixed",
    };
    static readonly Option<string?> s_positions = new("--positions")
    {
        HelpName = "plain|synthesized:LENGTH|randpos:LENGTH",
        Description = "Positions at which on-policy responses are sampled, as in training. Local model only. Default: plain.",
    };
    static readonly Option<string> s_scorer = new("--scorer")
    {
        Description =
            "Scorer of chunk relevance: evidence (shared terms, weighted by rarity), "
            + "entities (number of shared entities, as in the paper), bm25, or llm (shared entities, extracted by the endpoint's model).",
        DefaultValueFactory = _ => s_defaults.Scorer,
    };
    static readonly Option<string> s_shard = SharedOptions.Shard();
    static readonly Option<int?> s_chunkTokens = new("--chunk-tokens")
    {
        Description = "Tokens per chunk. Default: a sixteenth of the model's window, at most 512.",
    };
    static readonly Option<int> s_chunks = new("--chunks")
    {
        Description = "Chunks per context.",
        DefaultValueFactory = _ => s_defaults.Chunks,
    };
    static readonly Option<double?> s_threshold = new("--threshold")
    {
        Description =
            "Minimum score of a relevant chunk; if no chunk reaches it, the best ones are used. Default: set by the scorer (entities: 6).",
    };
    static readonly Option<int> s_rejected = new("--rejected")
    {
        Description = "Rejected responses per sample.",
        DefaultValueFactory = _ => s_defaults.Rejected,
    };
    static readonly Option<double> s_temperature = new("--temperature")
    {
        Description = "Sampling temperature for rejected responses.",
        DefaultValueFactory = _ => s_defaults.Temperature,
    };
    static readonly ThreadsOption s_threads = new();
    static readonly CorpusFlags s_corpus = new(nearDuplicates: 0.8);
    static readonly EndpointFlags s_endpoint = new(), s_judge = new("judge-", "the judge of chosen responses");

    internal static Command Create()
    {
        Command logo = new(
            "logo",
            "Synthesize LOGO data: chosen responses from relevant chunks of a context, rejected ones from irrelevant or partial chunks.")
        {
            s_model,
            s_documents,
            s_samples,
            s_seed,
            s_out,
            s_questions,
            s_chosen,
            s_negatives,
            s_positions,
            s_scorer,
            s_shard,
            s_chunkTokens,
            s_chunks,
            s_threshold,
            s_rejected,
            s_temperature,
            s_threads,
        };
        s_chosen.AcceptOnlyFromAmong("model", "gold");
        s_negatives.AcceptOnlyFromAmong("mixed", "irrelevant", "partial", "on-policy");
        s_scorer.AcceptOnlyFromAmong([.. ChunkScorers.Names, ChunkScorers.Model]);
        s_corpus.AddTo(logo);
        s_endpoint.AddTo(logo);
        s_judge.AddTo(logo);
        SharedOptions.Limit(logo, (s_samples, 10_000_000), (s_chunkTokens, 1 << 24), (s_chunks, 1 << 16), (s_rejected, 64));
        logo.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return new("synth", "Synthesize preference data from documents with the model's own responses.")
        {
            logo,
            SynthLongPoCommand.Create(),
            SynthContrastCommand.Create(),
            SynthFactsCommand.Create(),
            SynthReferenceCommand.Create(),
            Ranks.Distributed,
        };
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        s_threads.Apply(parse);
        return SynthWork.Run<LogoSettings>(
            parse,
            Options,
            s_endpoint.Of(parse),
            made => ($"{made.ChunkTokens} tokens", QuestionPlan.Describe(made.Questions)),
            cancel,
            s_judge.Of(parse) is { } endpoint ? (endpoint, (located, judge) => (LogoOptions)located with { Judge = judge }) : null);
    }

    static LogoOptions Options(ParseResult parse)
    {
        (string model, string documents, int seed) = (
            BundledFiles.LocateModel(parse.GetValue(s_model)!),
            parse.GetValue(s_documents)!,
            parse.GetValue(s_seed));
        Lazy<Tokenizer> tokenizer = new(() => Tokenizer.Load(model));
        return new(model, documents, parse.GetValue(s_samples), seed, parse.GetValue(s_out)!)
        {
            Corpus = s_corpus.Options(parse, documents, seed, text => tokenizer.Value.Count(text)),
            Questions = parse.GetValue(s_questions),
            Chosen = Enum.Parse<ChosenSource>(parse.GetValue(s_chosen)!, ignoreCase: true),
            Negatives = Enum.Parse<Negatives>(parse.GetValue(s_negatives)!.Replace("-", "", StringComparison.Ordinal), ignoreCase: true),
            Positions = parse.GetValue(s_positions) is { } positions ? PositionsOf(positions) : null,
            Scorer = parse.GetValue(s_scorer)!,
            Shard = parse.GetValue(s_shard) is { } shard ? SynthesisShard.Parse(shard) : null,
            ChunkTokens = parse.GetValue(s_chunkTokens),
            Chunks = parse.GetValue(s_chunks),
            Threshold = parse.GetValue(s_threshold),
            Rejected = parse.GetValue(s_rejected),
            Temperature = parse.GetValue(s_temperature),
        };
    }

    static IPositionScheme PositionsOf(string text) => PositionOption.Find(text) ?? throw new InputException(
        $"--positions '{text}' is unknown; use plain, synthesized:LENGTH as in synthesized:8192, or randpos:LENGTH.");
}
