using Farsight.Alignment.Data;
using Farsight.Alignment.Documents;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Alignment.Text;
using Farsight.Engine;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Synthesis;

/// <summary>LOGO data (arXiv 2410.18533, section 3.2.2): documents in, preference samples out, written by the model that will be trained.</summary>
public static class LogoSynthesis
{
    const int FormatVersion = 1;
    const string Questions = "insert";

    /// <summary>Makes the file, or continues it where it was stopped.</summary>
    /// <param name="options">What, from what, and where to.</param>
    /// <param name="progress">Told after every group of samples.</param>
    /// <param name="cancel">Finishes the group, keeps everything and stops; the same call continues.</param>
    /// <returns>What was made; fewer samples than wanted when three times as many numbers did not give enough.</returns>
    /// <exception cref="InputException">Options, model and documents do not fit together, the file is there, or no sample could be made.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the run can be continued.</exception>
    public static LogoSynthesisSummary Run(LogoSynthesisOptions options, IProgress<LogoSynthesisProgress>? progress, CancellationToken cancel)
    {
        options.Check();
        SynthesisJournal.RefuseExisting(options.Output);
        using LlamaModel model = LlamaModel.Load(options.Model);
        Tokenizer tokenizer = Tokenizer.LoadFor(options.Model, model.Config.VocabSize);
        ChatFormat format = ChatFormat.Load(options.Model, tokenizer);
        int[] endTokens = [.. model.Config.EosTokenIds.Append(format.Eos).Distinct()];
        string name = new DirectoryInfo(options.Model).Name;
        return Run(options, new(
            name, InputHash.OfModel(options.Model), model.Config.MaxPositionEmbeddings, tokenizer, format, endTokens,
            new ModelResponses(model, endTokens)), progress, cancel);
    }

    internal static LogoSynthesisSummary Run(
        LogoSynthesisOptions options, SynthesisModel model, IProgress<LogoSynthesisProgress>? progress, CancellationToken cancel)
    {
        options.Check();
        PromptBudget budget = PromptBudget.Of(options.ChunkTokens, model.Window);
        ChunkedCorpus corpus = ChunkedCorpus.Read(DocumentReader.Read(options.Documents), model.Format, budget.ChunkTokens, options.Chunks);
        SynthesisSettings settings = new(
            FormatVersion, model.Sha256, corpus.Sha256, options.Samples, options.Seed, Questions, budget.ChunkTokens, options.Chunks,
            options.Threshold, options.Rejected, options.Temperature, budget.MaxNewTokens, model.Name);
        ContextDraw draw = new(corpus, model.Tokenizer, model.Format, ChunkScorers.Open("entities"), new(options.Seed, options.Chunks, options.Threshold));
        ResponseRules rules = new(options.Seed, options.Rejected, options.Temperature, budget.MaxNewTokens, model.Window, model.Name);
        SynthesisGroup group = new(model.Source, model.Format, model.EndTokens, new(model.Format, budget), rules);

        using SynthesisJournal journal = SynthesisJournal.Open(options.Output, settings);
        if (!journal.IsFinished)
        {
            Fill(journal, options.Samples, indices => group.Respond([.. indices.Select(draw.Draw)], c => Readable(c, model.Tokenizer)), progress, cancel);
            End(journal, options);
        }
        return new(settings, journal.Counts);
    }

    static void Fill(
        SynthesisJournal journal, int samples, Func<IEnumerable<int>, IReadOnlyList<SampleOutcome>> respond,
        IProgress<LogoSynthesisProgress>? progress, CancellationToken cancel)
    {
        int most = samples * SynthesisGroup.MostTriesPerSample;
        progress?.Report(new(samples, journal.Counts));
        while (journal.Counts.Written < samples && journal.Counts.Tried < most)
        {
            cancel.ThrowIfCancellationRequested();
            int next = journal.Counts.Tried;
            SynthesisCounts counts = journal.Counts;
            List<PreferenceSample> made = [];
            foreach (SampleOutcome outcome in respond(Enumerable.Range(next, Math.Min(SynthesisGroup.Size, most - next))).TakeWhile(_ => counts.Written < samples))
            {
                counts = counts.With(outcome);
                made.AddRange(outcome.Sample is { } sample ? [sample] : []);
            }
            journal.Append(made, counts);
            progress?.Report(new(samples, counts));
        }
    }

    static void End(SynthesisJournal journal, LogoSynthesisOptions options)
    {
        if (journal.Counts.Written == 0)
        {
            journal.Discard();
            throw new InputException(
                $"None of {journal.Counts.Tried} samples could be made ({string.Join(", ", journal.Counts.Dropped.Select(d => $"{d.Key} {d.Value}"))}); use a model that can answer questions about {options.Documents}.");
        }
        journal.Finish();
    }

    /// <summary>Context and question for people; decoded in one go, because characters may lie across chunks.</summary>
    static string Readable(SampleContext context, Tokenizer tokenizer) =>
        $"{tokenizer.Decode([.. context.Chunks.SelectMany(c => c.Tokens)]).TrimStart(' ')}\n\n{context.Question}";
}
