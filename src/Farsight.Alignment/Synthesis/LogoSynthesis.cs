using Farsight.Alignment.Answering;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Engine;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Synthesis;

/// <summary>
/// LOGO data (arXiv 2410.18533, section 3.2.2): documents in, preference samples out, written by the model that will be trained.
/// </summary>
public static class LogoSynthesis
{
    const int FormatVersion = 2;

    /// <summary>Makes the file with the local model, or continues it where it was stopped.</summary>
    /// <param name="options">What, from what, and where to.</param>
    /// <param name="progress">Told whenever samples were written.</param>
    /// <param name="cancel">Finishes the group, keeps everything and stops; the same call continues.</param>
    /// <returns>What was made; fewer samples than wanted where some numbers failed in all of their tries.</returns>
    /// <exception cref="InputException">Options, model and documents do not fit together, the file is there, or no sample could be
    /// made.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the run can be continued.</exception>
    public static LogoSynthesisSummary Run(LogoSynthesisOptions options, IProgress<SynthesisProgress>? progress, CancellationToken cancel)
    {
        options.Check();
        SynthesisJournal.RefuseExisting(options.File);
        using LlamaModel model = LlamaModel.Load(options.Model);
        return Run(options, SynthesisModel.Local(options.Model, model), progress, cancel);
    }

    /// <summary>Makes the file with a model that answers over HTTP, or any other chat client; weights are not needed here.</summary>
    /// <param name="options">As for the local model.</param>
    /// <param name="writer">Writes the responses.</param>
    /// <param name="progress">Told whenever samples were written.</param>
    /// <param name="cancel">Gives up what is under way and stops; the same call continues.</param>
    /// <inheritdoc cref="Run(LogoSynthesisOptions, IProgress{SynthesisProgress}?, CancellationToken)"/>
    public static LogoSynthesisSummary Run(
        LogoSynthesisOptions options,
        ILanguageModel writer,
        IProgress<SynthesisProgress>? progress,
        CancellationToken cancel)
    {
        options.Check();
        SynthesisJournal.RefuseExisting(options.File);
        return Run(options, SynthesisModel.Behind(writer, options.Model), progress, cancel);
    }

    internal static LogoSynthesisSummary Run(
        LogoSynthesisOptions options, SynthesisModel model, IProgress<SynthesisProgress>? progress, CancellationToken cancel)
    {
        options.Check();
        int[][] groups = SynthesisShard.GroupsOf(options.Shard, options.Samples, model.Responder.GroupSize);
        PromptBudget budget = PromptBudget.Of(options.ChunkTokens, model.Window);
        ChunkedCorpus corpus = ChunkedCorpus.Read(
            options.Corpus ?? new(options.Documents) { Repair = false },
            model.Format,
            new(options.Seed, budget.ChunkTokens, options.Chunks));
        QuestionPlan plan = QuestionPlan.Of(
            options.Questions,
            corpus.Passages,
            model.IsEndpoint ? QuestionSource.Write : QuestionSource.Insert);
        if (options.Chosen == ChosenSource.Gold && plan.Rest == QuestionSource.Write)
        {
            throw new InputException(
                "--chosen gold takes the answers that come with the questions, and a question that the model writes has none; use --questions own or insert."
            );
        }
        corpus = plan.Rest == QuestionSource.Own ? corpus.WithQuestions() : corpus;
        IChunkScorer scorer = ChunkScorers.Open(options.Scorer, model.Chat);
        SynthesisSettings settings = SettingsOf(options, model, budget, corpus, plan, scorer);
        LogoSamples samples = SamplesOf(settings, model, budget, corpus, plan, scorer, options.Judge);
        SynthesisRun run = new(settings, options.File, options.Documents, groups, plan.Name);
        return new(settings, corpus.Counts, run.Make(samples, model, corpus.Counts, progress, cancel));
    }

    static SynthesisSettings SettingsOf(
        LogoSynthesisOptions options,
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
            options.Chosen == ChosenSource.Gold ? "gold" : null);

    static LogoSamples SamplesOf(
        SynthesisSettings settings,
        SynthesisModel model,
        PromptBudget budget,
        ChunkedCorpus corpus,
        QuestionPlan plan,
        IChunkScorer scorer,
        QualityJudge? judge)
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
            settings.Chosen is null ? ChosenSource.Model : ChosenSource.Gold);
        return new(
            draw,
            new(model.Format, model.Tokenizer, budget),
            responses,
            judge,
            c => model.Readable(c.Chunks.Select(chunk => chunk.Tokens), c.Question));
    }
}
