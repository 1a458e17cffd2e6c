using Farsight.Alignment.Answering;
using Farsight.Alignment.Corpus;
using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Engine;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Synthesis.LongPo;

/// <summary>
/// LongPO data (arXiv 2502.13922, section 4.1): of long documents, answers from a chunk preferred to answers from the whole.
/// </summary>
public static class LongPoSynthesis
{
    const int FormatVersion = 1;

    /// <summary>Makes the file with the local model, or continues it where it was stopped.</summary>
    /// <param name="options">What, from what, and where to.</param>
    /// <param name="progress">Told whenever samples were written.</param>
    /// <param name="cancel">Finishes the group, keeps everything and stops; the same call continues.</param>
    /// <returns>What was made; fewer samples than wanted where some numbers failed in all of their tries.</returns>
    /// <exception cref="InputException">Options, model and documents do not fit together, the file is there, or no sample could be
    /// made.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the run can be continued.</exception>
    public static LongPoSummary Run(LongPoOptions options, IProgress<SynthesisProgress>? progress, CancellationToken cancel)
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
    /// <inheritdoc cref="Run(LongPoOptions, IProgress{SynthesisProgress}?, CancellationToken)"/>
    public static LongPoSummary Run(
        LongPoOptions options,
        ILanguageModel writer,
        IProgress<SynthesisProgress>? progress,
        CancellationToken cancel)
    {
        options.Check();
        SynthesisJournal.RefuseExisting(options.File);
        return Run(options, SynthesisModel.Behind(writer, options.Model), progress, cancel);
    }

    internal static LongPoSummary Run(
        LongPoOptions options,
        SynthesisModel model,
        IProgress<SynthesisProgress>? progress,
        CancellationToken cancel)
    {
        options.Check();
        int[][] groups = SynthesisShard.GroupsOf(options.Shard, options.Samples, model.Responder.GroupSize);
        LongPoBudget budget = LongPoBudget.Of(options, model.Window, model.IsEndpoint);
        CutCorpus corpus = Read(options, model, budget);
        LongDocument[] documents = [.. corpus.Documents.SelectMany(d => LongDocument.Of(d, budget, options.Turns))];
        QuestionPlan plan = QuestionPlan.Of(
            options.Questions,
            [.. documents.Select(d => d.Passage)],
            model.IsEndpoint ? QuestionSource.Write : QuestionSource.Insert);
        LongPoSettings settings = SettingsOf(options, model, budget, corpus, plan);
        LongPoSubjects subjects = new(
            [.. documents.Where(d => plan.Rest != QuestionSource.Own || d.Passage.Questions.Count > 0)],
            plan,
            settings);
        if (subjects.Count == 0)
        {
            throw new InputException(
                $"No document has what a sample takes: two chunks, and {options.Turns} to ask about with {budget.MinChunkTokens} tokens or more; give longer documents, or lower --min-chunk-tokens, --chunk-tokens or --turns."
            );
        }
        LongPoDrafts drafts = new(model, subjects, plan, new(model.Tokenizer, ChunkScorers.Open("evidence", null)), settings);
        SynthesisRun run = new(settings, options.File, options.Documents, groups, plan.Name);
        return new(
            settings,
            corpus.Counts,
            run.Make(new LongPoSamples(drafts, model, settings, budget.Limit), model, corpus.Counts, progress, cancel));
    }

    static CutCorpus Read(LongPoOptions options, SynthesisModel model, LongPoBudget budget)
    {
        CorpusReport report = new();
        IEnumerable<SourceDocument> documents = DocumentReader.Read(options.Corpus ?? new(options.Documents) { Repair = false }, report);
        return CutCorpus.Read(documents, report, options.Seed, CorpusRules.HalfGigabyte, d => Cut(d, model, budget));
    }

    static SourceChunk[] Cut(SourceDocument document, SynthesisModel model, LongPoBudget budget) =>
    [
        .. ParagraphChunks.Cut(CutCorpus.TokensOf(document, model.Format), model.Tokenizer, budget.MinChunkTokens, budget.ChunkTokens)
            .Select((tokens, i) => new SourceChunk(document.Id, i, tokens)),
    ];

    static LongPoSettings SettingsOf(
        LongPoOptions options,
        SynthesisModel model,
        LongPoBudget budget,
        CutCorpus corpus,
        QuestionPlan plan
    ) =>
        new(
            FormatVersion,
            "longpo",
            model.Sha256,
            model.Name,
            model.IsEndpoint,
            corpus.Sha256,
            options.Samples,
            options.Shard?.ToString(),
            options.Seed,
            plan.Name,
            budget.ChunkTokens,
            budget.MinChunkTokens,
            budget.DocumentTokens,
            options.ChunksPerDocument,
            options.Turns,
            options.Temperature,
            budget.MaxNewTokens);
}
