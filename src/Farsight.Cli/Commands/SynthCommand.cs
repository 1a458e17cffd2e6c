using System.CommandLine;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;

namespace Farsight.Cli.Commands;

/// <summary>Synthesizes preference data from documents (<c>farsight synth</c>, <c>synth logo</c>).</summary>
static class SynthCommand
{
    static readonly LogoOptions s_defaults = new("", "", 1, 0, "");
    static readonly SynthFlags s_flags = new(
        "Directory of the model to train, which also writes the responses. With --endpoint only its tokenizer and config are read.")
    {
        Judge = new("judge-", "the judge of chosen responses"),
    };
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
    static readonly Option<int?> s_chunkTokens = new("--chunk-tokens")
    {
        Description = "Maximum tokens per chunk. Default: a sixteenth of the model's window, at most 512.",
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

    internal static Command Create()
    {
        s_chosen.AcceptOnlyFromAmong("model", "gold");
        s_negatives.AcceptOnlyFromAmong("mixed", "irrelevant", "partial", "on-policy");
        s_scorer.AcceptOnlyFromAmong([.. ChunkScorers.Names, ChunkScorers.Model]);
        Command logo = s_flags.Create(
            "logo",
            "Synthesize LOGO data: chosen responses from relevant chunks of a context, rejected ones from irrelevant or partial chunks.",
            [
                s_questions, s_chosen, s_negatives, s_positions, s_scorer, s_chunkTokens, s_chunks, s_threshold, s_rejected,
                s_temperature,
            ],
            Options,
            made => ($"at most {made.ChunkTokens} tokens", QuestionPlan.Describe(made.Questions)),
            (located, judge) => (LogoOptions)located with { Judge = new(judge) });
        SharedOptions.Limit(logo, (s_chunkTokens, 1 << 24), (s_chunks, 1 << 16), (s_rejected, 64));
        return new("synth", "Synthesize preference data from documents with the model's own responses.")
        {
            logo,
            SynthLongPoCommand.Create(),
            SynthContrastCommand.Create(),
            SynthFactsCommand.Create(),
            SynthBirdieCommand.Create(),
            SynthIn2Command.Create(),
            SynthMultihopCommand.Create(),
            SynthRetrieveReasonCommand.Create(),
            SynthClarifyCommand.Create(),
            SynthLongRewardCommand.Create(),
            SynthLongWriterCommand.Create(),
            SynthReferenceCommand.Create(),
            Ranks.Distributed,
        };
    }

    static LogoOptions Options(ParseResult parse, SynthInput input) =>
        new(input.Model, input.Documents, input.Samples, input.Seed, input.Out)
        {
            Corpus = input.Corpus,
            Shard = input.Shard,
            Questions = parse.GetValue(s_questions),
            Chosen = Enum.Parse<ChosenSource>(parse.GetValue(s_chosen)!, ignoreCase: true),
            Negatives = Enum.Parse<Negatives>(parse.GetValue(s_negatives)!.Replace("-", "", StringComparison.Ordinal), ignoreCase: true),
            Positions = parse.GetValue(s_positions) is { } positions ? PositionsOf(positions) : null,
            Scorer = parse.GetValue(s_scorer)!,
            ChunkTokens = parse.GetValue(s_chunkTokens),
            Chunks = parse.GetValue(s_chunks),
            Threshold = parse.GetValue(s_threshold),
            Rejected = parse.GetValue(s_rejected),
            Temperature = parse.GetValue(s_temperature),
        };

    static IPositionScheme PositionsOf(string text) => PositionOption.Find(text) ?? throw new InputException(
        $"--positions '{text}' is unknown; use plain, synthesized:LENGTH as in synthesized:8192, or randpos:LENGTH.");
}
