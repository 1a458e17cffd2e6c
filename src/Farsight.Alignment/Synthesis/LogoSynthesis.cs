using System.Text.Json;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Synthesis;

/// <summary>
/// Plans LOGO data (arXiv 2410.18533, section 3.2.2): preference samples over documents, written by the model that will be trained.
/// </summary>
static class LogoSynthesis
{
    const int FormatVersion = 3;

    /// <summary>Reads the documents and prepares the source of the samples.</summary>
    /// <exception cref="InputException">Options, model and documents do not fit together.</exception>
    internal static SynthesisPlan<LogoSettings> Plan(LogoOptions options, SynthesisModel model)
    {
        PromptBudget budget = PromptBudget.Of(options.ChunkTokens, model.Window);
        ChunkedCorpus corpus = ChunkedCorpus.Read(
            options.CorpusOrDefault(),
            model.Format,
            new(options.Seed, budget.ChunkTokens, options.Chunks));
        QuestionPlan plan = QuestionPlan.Of(
            options.Questions,
            corpus.Passages,
            model.DefaultQuestions,
            needsAnswers: options.Chosen == ChosenSource.Gold || options.Negatives == Negatives.OnPolicy && options.Judge is null);
        if (options.Chosen == ChosenSource.Gold && plan.Rest == QuestionSource.Write)
        {
            throw new OptionException(
                "chosen",
                "is gold, which takes the answers that come with the questions; a question that the model writes has none. "
                    + "Set questions to planted, or use documents with questions.");
        }
        if (options.Negatives == Negatives.OnPolicy && plan.Rest == QuestionSource.Write && options.Judge is null)
        {
            throw new OptionException(
                "negatives",
                "is on-policy, whose responses must be verified as wrong, and a question that the model writes has no known answer; "
                    + "use a judge, or set questions to planted.");
        }
        if (options.Positions is not null && model.IsEndpoint)
        {
            throw new OptionException("positions", "cannot be chosen for a model behind an endpoint; remove it, or use the local model.");
        }
        corpus = plan.Rest == QuestionSource.Own ? corpus.WithQuestions() : corpus;
        IChunkScorer scorer = ChunkScorers.Open(options.Scorer, model.IsEndpoint ? model.Language : null);
        LogoSettings settings = SettingsOf(options, model, budget, corpus, plan, scorer);
        LogoSamples samples = SamplesOf(settings, model, budget, corpus, plan, scorer, options);
        return new(settings, corpus.Counts, QuestionPlan.Describe(plan.Name), samples);
    }

    static LogoSettings SettingsOf(
        LogoOptions options,
        SynthesisModel model,
        PromptBudget budget,
        ChunkedCorpus corpus,
        QuestionPlan plan,
        IChunkScorer scorer
    ) =>
        new(
            FormatVersion,
            model.Sha256,
            model.Name,
            model.IsEndpoint,
            corpus.Sha256,
            options.Samples,
            options.Shard?.ToString(),
            options.Seed,
            plan.Name,
            scorer.Name,
            options.Judge?.Model,
            budget.ChunkTokens,
            options.Chunks,
            options.Threshold ?? scorer.Threshold,
            options.Rejected,
            options.Temperature,
            budget.MaxNewTokens,
            options.Chosen == ChosenSource.Gold ? "gold" : null,
            options.Negatives == Negatives.Mixed ? null : JsonNamingPolicy.SnakeCaseLower.ConvertName(options.Negatives.ToString()),
            options.Positions);

    static LogoSamples SamplesOf(
        LogoSettings settings,
        SynthesisModel model,
        PromptBudget budget,
        ChunkedCorpus corpus,
        QuestionPlan plan,
        IChunkScorer scorer,
        LogoOptions options)
    {
        PassageScores scores = new(model.Tokenizer, scorer);
        ContextRules rules = new(settings.Chunks, settings.Threshold, settings.Chosen is not null);
        ContextDraw draw = new(
            corpus,
            plan,
            new(model.Tokenizer, model.Format, scores, rules),
            new(scores, rules),
            new(model.Format, budget, settings.Chunks, settings.Seed),
            settings.Seed);
        ResponseRules responses = new(
            settings.Seed,
            settings.Rejected,
            settings.Temperature,
            settings.MaxNewTokens,
            settings.Generator,
            options.Chosen)
        {
            Negatives = options.Negatives,
            Positions = options.Positions,
            IsLimited = model.IsEndpoint,
        };
        return new(
            draw,
            new(model.Format, model.Tokenizer, budget),
            responses,
            options.Judge,
            c => model.Readable(c.Chunks.Select(chunk => chunk.Tokens), c.Question));
    }
}

/// <summary>Makes LOGO samples: draws a context with a question, then requests its responses.</summary>
sealed class LogoSamples(
    ContextDraw draw,
    ResponseViews views,
    ResponseRules rules,
    QualityJudge? judge,
    Func<SampleContext, string> readable
) : ISampleSource
{
    /// <inheritdoc/>
    public async Task<SampleOutcome> MakeSample(SampleTry at, AskModel ask, CancellationToken cancel)
    {
        DrawnContext drawn = await draw.Draw(at, ask, cancel).ConfigureAwait(false);
        string? fault = drawn.Dropped ?? Unusable(drawn.Context!);
        return fault is not null
            ? new(drawn.Context, null, fault, [])
            : await new SampleAttempt(drawn.Context!, views, rules).Run(ask, judge, readable, cancel).ConfigureAwait(false);
    }

    string? Unusable(SampleContext context) =>
        context.Of(ChunkRole.Relevant).Length == 0 ? DropReason.NoRelevantChunk
        : context.Of(ChunkRole.Irrelevant).Length == 0 && rules.Negatives != Negatives.OnPolicy ? DropReason.NoIrrelevantChunk
        : null;
}
