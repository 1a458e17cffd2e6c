using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Engine;

namespace Farsight.Alignment.Synthesis.Contrast;

/// <summary>
/// Plans preference data whose rejected responses are mistakes that a long context invites: the wrong fact, an invented one, the wrong
/// form.
/// </summary>
/// <remarks>
/// Contexts are made as for LOGO (arXiv 2410.18533, section 3.2.2): consecutive chunks with inserted facts. The chosen response is known
/// to be right, so no model writes it. Each sample has two rejected responses.
/// </remarks>
static class ContrastSynthesis
{
    const int FormatVersion = 2;

    /// <summary>Reads the documents and prepares the source of the samples.</summary>
    /// <exception cref="InputException">Options, model and documents do not fit together.</exception>
    internal static SynthesisPlan<ContrastSettings> Plan(ContrastOptions options, SynthesisModel model)
    {
        IReadOnlyList<ContrastKind> kinds = options.Kinds ?? Enum.GetValues<ContrastKind>();
        PromptBudget budget = PromptBudget.Of(options.ChunkTokens, model.Window);
        ChunkedCorpus corpus = ChunkedCorpus.Read(
            options.CorpusOrDefault(),
            model.Format,
            new(options.Seed, budget.ChunkTokens, options.Chunks));
        ContrastSettings settings = new(
            FormatVersion,
            "contrast",
            string.Join(", ", kinds.Select(k => k.ToString().ToLowerInvariant())),
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
        ContrastContexts contexts = new(model.Tokenizer, model.Format, corpus, scores, options.Chunks, budget.MaxChunks);
        ContrastSamples samples = new(
            contexts,
            settings,
            kinds,
            c => model.Readable(c.Chunks.Select(chunk => chunk.Tokens), c.Question));
        return new(settings, corpus.Counts, $"{QuestionPlan.Planted} ({settings.Kind})", samples);
    }
}
