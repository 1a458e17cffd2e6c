using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Synthesis.Contrast;

/// <summary>
/// Preference data whose rejected responses are the mistakes that a long context invites: the wrong fact, one that is not there, the wrong
/// form.
/// </summary>
/// <remarks>
/// Contexts are made as LOGO's are (arXiv 2410.18533, section 3.2.2), of consecutive chunks with facts put in. The chosen response is known
/// to be
/// right, so no model writes it; each sample has two rejected ones.
/// </remarks>
public static class ContrastSynthesis
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
    public static ContrastSummary Run(ContrastOptions options, IProgress<SynthesisProgress>? progress, CancellationToken cancel)
    {
        options.Check();
        SynthesisJournal.RefuseExisting(options.File);
        using LlamaModel model = ModelLoader.Load(options.Model);
        return Run(options, SynthesisModel.Local(options.Model, model), progress, cancel);
    }

    internal static ContrastSummary Run(
        ContrastOptions options,
        SynthesisModel model,
        IProgress<SynthesisProgress>? progress,
        CancellationToken cancel)
    {
        options.Check();
        int[][] groups = SynthesisShard.GroupsOf(options.Shard, options.Samples, model.Responder.GroupSize);
        PromptBudget budget = PromptBudget.Of(options.ChunkTokens, model.Window);
        ChunkedCorpus corpus = ChunkedCorpus.Read(
            options.Corpus ?? new(options.Documents) { Repair = false },
            model.Format,
            new(options.Seed, budget.ChunkTokens, options.Chunks));
        ContrastSettings settings = new(
            FormatVersion,
            "contrast",
            NamesOf(options.Kinds),
            model.Sha256,
            model.Name,
            corpus.Sha256,
            options.Samples,
            options.Shard?.ToString(),
            options.Seed,
            budget.ChunkTokens,
            options.Chunks,
            options.Temperature,
            budget.MaxNewTokens);
        PassageScores scores = new(model.Tokenizer, ChunkScorers.Open("evidence", null));
        ContrastContexts contexts = new(model.Tokenizer, model.Format, corpus, scores, options.Chunks, budget.MostChunks);
        ContrastSamples samples = new(
            contexts,
            settings,
            options.Kinds,
            c => model.Readable(c.Chunks.Select(chunk => chunk.Tokens), c.Question));
        SynthesisRun run = new(settings, options.File, options.Documents, groups, settings.Kind);
        return new(settings, corpus.Counts, run.Make(samples, model, corpus.Counts, progress, cancel));
    }

    static string NamesOf(IEnumerable<ContrastKind> kinds) => string.Join(", ", kinds.Select(k => k.ToString().ToLowerInvariant()));
}
