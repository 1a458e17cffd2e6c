using Farsight.Alignment.Data;
using Farsight.Alignment.Documents;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Synthesis.Card;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Alignment.Text;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Synthesis;

/// <summary>LOGO data (arXiv 2410.18533, section 3.2.2): documents in, preference samples out, written by the model that will be trained.</summary>
public static class LogoSynthesis
{
    const int FormatVersion = 2;

    /// <summary>Makes the file with the local model, or continues it where it was stopped.</summary>
    /// <param name="options">What, from what, and where to.</param>
    /// <param name="progress">Told whenever samples were written.</param>
    /// <param name="cancel">Finishes the group, keeps everything and stops; the same call continues.</param>
    /// <returns>What was made; fewer samples than wanted where some numbers failed in all of their tries.</returns>
    /// <exception cref="InputException">Options, model and documents do not fit together, the file is there, or no sample could be made.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the run can be continued.</exception>
    public static LogoSynthesisSummary Run(LogoSynthesisOptions options, IProgress<LogoSynthesisProgress>? progress, CancellationToken cancel)
    {
        options.Check();
        SynthesisJournal.RefuseExisting(options.File);
        using LlamaModel model = LlamaModel.Load(options.Model);
        Tokenizer tokenizer = Tokenizer.LoadFor(options.Model, model.Config.VocabSize);
        ChatFormat format = ChatFormat.Load(options.Model, tokenizer);
        int[] endTokens = [.. model.Config.EosTokenIds.Append(format.Eos).Distinct()];
        return Run(options, new SynthesisModel(
            new DirectoryInfo(options.Model).Name, InputHash.OfModel(options.Model), model.Config.MaxPositionEmbeddings, tokenizer, format,
            new LocalResponder(new ModelResponses(model, endTokens), format, endTokens)), progress, cancel);
    }

    /// <summary>Makes the file with a model that answers over HTTP, or any other chat client; weights are not needed here.</summary>
    /// <param name="options">As for the local model.</param>
    /// <param name="writer">Who answers.</param>
    /// <param name="progress">Told whenever samples were written.</param>
    /// <param name="cancel">Gives up what is under way and stops; the same call continues.</param>
    /// <inheritdoc cref="Run(LogoSynthesisOptions, IProgress{LogoSynthesisProgress}?, CancellationToken)"/>
    public static LogoSynthesisSummary Run(LogoSynthesisOptions options, ChatWriter writer, IProgress<LogoSynthesisProgress>? progress, CancellationToken cancel)
    {
        options.Check();
        SynthesisJournal.RefuseExisting(options.File);
        ModelConfig config = ModelFiles.ReadConfig(options.Model);
        Tokenizer tokenizer = Tokenizer.LoadFor(options.Model, config.VocabSize);
        return Run(options, new SynthesisModel(
            writer.Name, InputHash.OfFile(TokenizerFile(options.Model)), config.MaxPositionEmbeddings, tokenizer, ChatFormat.Load(options.Model, tokenizer),
            new EndpointResponder(writer, tokenizer), writer.Client), progress, cancel);
    }

    internal static LogoSynthesisSummary Run(
        LogoSynthesisOptions options, SynthesisModel model, IProgress<LogoSynthesisProgress>? progress, CancellationToken cancel)
    {
        options.Check();
        int[][] groups = GroupsOf(options, model.Responder.GroupSize);
        PromptBudget budget = PromptBudget.Of(options.ChunkTokens, model.Window);
        ChunkedCorpus corpus = ChunkedCorpus.Read(
            options.Corpus ?? new(options.Documents) { Repair = false }, model.Format, new(options.Seed, budget.ChunkTokens, options.Chunks));
        QuestionPlan plan = QuestionPlan.Of(options.Questions, corpus, model.IsEndpoint ? QuestionSource.Write : QuestionSource.Insert);
        corpus = plan.Rest == QuestionSource.Own ? corpus.WithQuestions() : corpus;
        IChunkScorer scorer = ChunkScorers.Open(options.Scorer, model.Chat);
        SynthesisSettings settings = SettingsOf(options, model, budget, corpus, plan, scorer);
        SampleMaker maker = Maker(settings, model, budget, corpus, plan, scorer, options.Judge);

        using SynthesisJournal journal = SynthesisJournal.Open(options.File, settings);
        if (!journal.IsFinished)
        {
            new SynthesisWork(journal, groups, maker, model.Responder, counts => progress?.Report(new(groups.Sum(g => g.Length), plan.Name, counts))).Run(cancel);
            RefuseNothing(journal, options);
        }
        journal.Finish(corpus.Counts, () => DatasetCardFiles.Write(options.File, model.Tokenizer));
        return new(settings, corpus.Counts, journal.Counts);
    }

    static int[][] GroupsOf(LogoSynthesisOptions options, int groupSize)
    {
        int[][] groups = [.. (options.Shard ?? new(1, 1)).Groups(options.Samples, groupSize)];
        int parts = (options.Samples + groupSize - 1) / groupSize;
        return groups.Length > 0 ? groups : throw new InputException(
            $"--shard {options.Shard} would be empty: {options.Samples} samples are written {groupSize} at a time and make {parts} parts at most; use {parts} or fewer.");
    }

    static SynthesisSettings SettingsOf(
        LogoSynthesisOptions options, SynthesisModel model, PromptBudget budget, ChunkedCorpus corpus, QuestionPlan plan, IChunkScorer scorer) => new(
        FormatVersion, model.Sha256, model.Name, model.IsEndpoint, corpus.Sha256, options.Samples, options.Shard?.ToString(), options.Seed, plan.Name, scorer.Name, options.Judge?.Model,
        budget.ChunkTokens, options.Chunks, options.Threshold ?? scorer.Threshold, options.Rejected, options.Temperature, budget.MaxNewTokens);

    static SampleMaker Maker(
        SynthesisSettings settings, SynthesisModel model, PromptBudget budget, ChunkedCorpus corpus, QuestionPlan plan, IChunkScorer scorer, QualityJudge? judge)
    {
        PassageScores scores = new(model.Tokenizer, scorer);
        ContextRules rules = new(settings.Chunks, settings.Threshold);
        ContextDraw draw = new(
            corpus, plan, new(model.Tokenizer, model.Format, scores, rules), new(scores, rules), new(model.Format, budget, settings.Chunks, settings.Seed), settings.Seed);
        ResponseRules responses = new(settings.Seed, settings.Rejected, settings.Temperature, settings.MaxNewTokens, settings.Generator);
        return new(draw, new(model.Format, model.Tokenizer, budget), responses, judge, c => Readable(c, model.Tokenizer));
    }

    static void RefuseNothing(SynthesisJournal journal, LogoSynthesisOptions options)
    {
        if (journal.Counts.Written == 0)
        {
            journal.Discard();
            throw new InputException(
                $"None of {journal.Counts.Tried} tries gave a sample ({string.Join(", ", journal.Counts.Dropped.Select(d => $"{d.Key} {d.Value}"))}); use a model that can answer questions about {options.Documents}.");
        }
    }

    static string TokenizerFile(string model) => File.Exists(model) ? model : Path.Combine(model, "tokenizer.json");

    /// <summary>Context and question for people; decoded in one go, because characters may lie across chunks.</summary>
    static string Readable(SampleContext context, Tokenizer tokenizer) =>
        $"{tokenizer.Decode([.. context.Chunks.SelectMany(c => c.Tokens)]).TrimStart(' ')}\n\n{context.Question}";
}
