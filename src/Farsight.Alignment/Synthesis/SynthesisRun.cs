using System.Text.Json.Serialization;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Synthesis.Card;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Synthesis;

/// <summary>Makes preference data: documents in, a file of samples with its summary and card out.</summary>
/// <remarks>
/// The options choose the method: <see cref="LogoOptions"/>, <see cref="LongPo.LongPoOptions"/>,
/// <see cref="Contrast.ContrastOptions"/>, <see cref="Facts.FactsOptions"/>, <see cref="LongWriter.LongWriterOptions"/> or a method that
/// derives from <see cref="Methods.MethodOptions"/>. All of them share groups, shards, the journal that resumes a
/// stopped run, and the card.
/// </remarks>
public static class SynthesisRun
{
    /// <summary>Makes the file with the local model, or resumes it where it was stopped. A complete file is left as it is.</summary>
    /// <param name="options">The method and its options.</param>
    /// <param name="progress">Receives the counts whenever samples were written.</param>
    /// <param name="cancel">Finishes the current group, saves and stops; the same call resumes.</param>
    /// <returns>The counts. There are fewer samples than requested if all tries of some sample numbers failed.</returns>
    /// <exception cref="InputException">Options, model and documents do not fit together, the file
    /// exists and was not made with these options, or no sample could be made.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled; it can be resumed.</exception>
    public static SynthesisSummary<TSettings> Start<TSettings>(
        SynthesisOptions<TSettings> options,
        IProgress<SynthesisProgress>? progress,
        CancellationToken cancel)
        where TSettings : class
    {
        options.Check();
        SynthesisJournal.RefuseExisting(options.File);
        if (!options.AsksModel)
        {
            return Start(options, SynthesisModel.Unasked(options.Model), progress, cancel);
        }
        using DecoderModel model = ModelLoader.Load(options.Model);
        SynthesisModel asked = Agreed(options, SynthesisModel.Local(options.Model, model, options.Ranks));
        using RankedModel? ranked = asked.Language as RankedModel;
        return Start(options, asked, progress, cancel);
    }

    /// <summary>Answers the model calls of rank 0, which makes the file; returns at once if it calls no local model.</summary>
    /// <param name="options">As rank 0 has them; documents and files are not needed.</param>
    /// <exception cref="InputException">The model cannot be used, or the ranks differ.</exception>
    public static void Serve<TSettings>(SynthesisOptions<TSettings> options)
        where TSettings : class
    {
        if (options.AsksModel)
        {
            using DecoderModel model = ModelLoader.Load(options.Model);
            RankedModel.Serve(Agreed(options, SynthesisModel.Local(options.Model, model)).Language, options.Ranks);
        }
    }

    /// <summary>Returns the model if all ranks have the same.</summary>
    static SynthesisModel Agreed<TSettings>(SynthesisOptions<TSettings> options, SynthesisModel model)
        where TSettings : class
    {
        if (options.Ranks.Size > 1)
        {
            RankAgreement.Require(
                options.Ranks,
                RunManifest.OfThisProcess("synth", options.Seed, new Dictionary<string, string> { ["model"] = model.Sha256 }));
        }
        return model;
    }

    /// <summary>Makes the file with a model behind an endpoint or any other chat client, without local weights.</summary>
    /// <param name="options">The method and its options.</param>
    /// <param name="writer">The model that writes questions and responses.</param>
    /// <param name="progress">Receives the counts whenever samples were written.</param>
    /// <param name="cancel">Abandons the pending requests and stops; the same call resumes.</param>
    /// <inheritdoc cref="Start{TSettings}(SynthesisOptions{TSettings}, IProgress{SynthesisProgress}?, CancellationToken)"/>
    public static SynthesisSummary<TSettings> Start<TSettings>(
        SynthesisOptions<TSettings> options,
        ILanguageModel writer,
        IProgress<SynthesisProgress>? progress,
        CancellationToken cancel)
        where TSettings : class
    {
        options.Check();
        SynthesisJournal.RefuseExisting(options.File);
        return Start(options, SynthesisModel.Behind(writer, options.Model), progress, cancel);
    }

    internal static SynthesisSummary<TSettings> Start<TSettings>(
        SynthesisOptions<TSettings> options,
        SynthesisModel model,
        IProgress<SynthesisProgress>? progress,
        CancellationToken cancel)
        where TSettings : class
    {
        options.Check();
        int[][] groups = SynthesisShard.GroupsOf(options.Shard, options.Samples, model.Responder.GroupSize);
        SynthesisPlan<TSettings> plan = options.Plan(model);
        using SynthesisJournal journal = SynthesisJournal.Open(options.File, plan.Settings);
        if (journal.WasComplete)
        {
            return new(plan.Settings, plan.Documents, journal.Counts) { WasComplete = true };
        }
        if (!journal.IsFinished)
        {
            int samples = groups.Sum(g => g.Length);
            new SynthesisWork(
                journal,
                groups,
                new(plan.Source),
                model.Responder,
                (counts, responses) => progress?.Report(new(samples, plan.Questions, counts) { Responses = responses })
            ).Run(cancel);
            RequireSamples(journal, options.Documents);
        }
        journal.Finish(plan.Documents, () => DatasetCardFiles.Write(options.File, model.Tokenizer));
        return new(plan.Settings, plan.Documents, journal.Counts);
    }

    static void RequireSamples(SynthesisJournal journal, string documents)
    {
        if (journal.Counts.Written == 0)
        {
            journal.Discard();
            string reasons = string.Join(", ", journal.Counts.Dropped.Select(d => $"{d.Key} {d.Value}"));
            throw new InputException(
                $"None of {journal.Counts.Tried} tries gave a sample ({reasons}); "
                    + $"use a model that can answer questions about {documents}. "
                    + DropReason.Describe(journal.Counts.Dropped.MaxBy(d => d.Value).Key));
        }
    }
}

/// <summary>Represents the content of FILE.jsonl.summary.json.</summary>
/// <param name="Settings">Everything that decided the file.</param>
/// <param name="Documents">The documents that were read.</param>
/// <param name="Counts">The counts of the output.</param>
public sealed record SynthesisSummary<TSettings>(TSettings Settings, CorpusCounts Documents, SynthesisCounts Counts)
    where TSettings : class
{
    /// <summary>Whether an earlier run finished the file, so that this one made nothing.</summary>
    [JsonIgnore]
    public bool WasComplete { get; init; }
}

/// <summary>Represents the progress of a run, reported whenever samples were written or the local model answered.</summary>
/// <param name="Samples">Samples requested, in this shard.</param>
/// <param name="Questions">Subject of the questions, for people: "about invented facts that are planted into the documents".</param>
/// <param name="Counts">Counts so far; a resumed run includes the earlier ones.</param>
public sealed record SynthesisProgress(int Samples, string Questions, SynthesisCounts Counts)
{
    /// <summary>Responses of the local model to the current group of samples; 0 when a group was written.</summary>
    public int Responses { get; init; }
}
