using Farsight.Alignment.Answering;
using Farsight.Alignment.Corpus;
using Farsight.Alignment.Corpus.Chunks;
using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Engine;

namespace Farsight.Alignment.Synthesis.LongPo;

/// <summary>
/// Plans LongPO data (arXiv 2502.13922, section 4.1): answers from a chunk of a long document, preferred to answers from the whole.
/// </summary>
static class LongPoSynthesis
{
    const int FormatVersion = 2;

    /// <summary>Reads the documents and prepares the source of the samples.</summary>
    /// <exception cref="InputException">Options, model and documents do not fit together.</exception>
    internal static SynthesisPlan<LongPoSettings> Plan(LongPoOptions options, SynthesisModel model)
    {
        LongPoBudget budget = LongPoBudget.Of(options, model.Window, model.IsEndpoint);
        PassageCorpus corpus = Read(options, model, budget);
        LongDocument[] documents = [.. corpus.Documents.SelectMany(d => LongDocument.Of(d, budget, options.Turns))];
        QuestionPlan plan = QuestionPlan.Of(
            options.Questions,
            [.. documents.Select(d => d.Passage)],
            model.DefaultQuestions);
        LongPoSettings settings = SettingsOf(options, model, budget, corpus, plan);
        LongPoSubjects subjects = new(documents, plan, settings);
        if (subjects.Count == 0)
        {
            throw new InputException(
                $"No document is long enough for a sample. A sample takes two chunks, {options.Turns} of them with "
                    + $"{budget.MinChunkTokens} tokens or more. Use longer documents, or lower min_chunk_tokens, chunk_tokens or turns.");
        }
        LongPoDrafts drafts = new(model, subjects, plan, new(model.Tokenizer, ChunkScorers.Open("evidence", null)), settings);
        string questions = QuestionPlan.Describe(plan.Name);
        return new(settings, corpus.Counts, questions, new LongPoSamples(drafts, model, settings, budget.Limit));
    }

    static PassageCorpus Read(LongPoOptions options, SynthesisModel model, LongPoBudget budget)
    {
        CorpusReport report = new();
        IEnumerable<SourceDocument> documents = DocumentReader.Read(options.CorpusOrDefault(), report);
        return PassageCorpus.Read(documents, report, options.Seed, CorpusRules.DefaultMaxTokens, d => Cut(d, model, budget));
    }

    static SourceChunk[] Cut(SourceDocument document, SynthesisModel model, LongPoBudget budget) =>
    [
        .. TokenChunks.Cut(PassageCorpus.TokensOf(document, model.Format), model.Tokenizer, budget.ChunkTokens, budget.MinChunkTokens)
            .Select((tokens, i) => new SourceChunk(document.Id, i, tokens)),
    ];

    static LongPoSettings SettingsOf(
        LongPoOptions options,
        SynthesisModel model,
        LongPoBudget budget,
        PassageCorpus corpus,
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

/// <summary>Makes LongPO samples: drafts what is asked about a long document, then requests the responses.</summary>
/// <param name="drafts">Drafts the turns.</param>
/// <param name="model">Answers.</param>
/// <param name="settings">Settings of the run.</param>
/// <param name="limit">Maximum tokens of a prompt with its response.</param>
sealed class LongPoSamples(LongPoDrafts drafts, SynthesisModel model, LongPoSettings settings, int limit) : ISampleSource
{
    /// <inheritdoc/>
    public async Task<SampleOutcome> MakeSample(SampleTry at, AskModel ask, CancellationToken cancel)
    {
        (LongPoDraft? draft, string? fault) = await drafts.Draw(at, ask, cancel).ConfigureAwait(false);
        return draft is null
            ? new(null, null, fault, [])
            : await new LongPoAttempt(draft, model, settings).Run(ask, limit).ConfigureAwait(false);
    }
}
