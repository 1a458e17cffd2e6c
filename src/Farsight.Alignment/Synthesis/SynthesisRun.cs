using Farsight.Alignment.Synthesis.Card;
using Farsight.Engine;

namespace Farsight.Alignment.Synthesis;

/// <summary>What every pipeline does with its samples: groups by shard, a journal that any run continues, the card at the end.</summary>
/// <param name="Settings">A record of everything that decides the file.</param>
/// <param name="File">What this run writes.</param>
/// <param name="Documents">What it is made of, for messages.</param>
/// <param name="Groups">Sample numbers of this part that are answered together.</param>
/// <param name="Questions">Where they come from, for progress.</param>
sealed record SynthesisRun(object Settings, string File, string Documents, int[][] Groups, string Questions)
{
    /// <summary>Makes the file, or continues it where it was stopped.</summary>
    /// <exception cref="InputException">The file is there, or no sample could be made.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the run can be continued.</exception>
    internal SynthesisCounts Make(
        ISampleSource source,
        SynthesisModel model,
        CorpusCounts documents,
        IProgress<SynthesisProgress>? progress,
        CancellationToken cancel)
    {
        using SynthesisJournal journal = SynthesisJournal.Open(File, Settings);
        if (!journal.IsFinished)
        {
            new SynthesisWork(
                journal,
                Groups,
                new(source),
                model.Responder,
                counts => progress?.Report(new(Groups.Sum(g => g.Length), Questions, counts))
            ).Run(cancel);
            RefuseNothing(journal);
        }
        journal.Finish(documents, () => DatasetCardFiles.Write(File, model.Tokenizer));
        return journal.Counts;
    }

    void RefuseNothing(SynthesisJournal journal)
    {
        if (journal.Counts.Written == 0)
        {
            journal.Discard();
            throw new InputException(
                $"None of {journal.Counts.Tried} tries gave a sample ({string.Join(", ", journal.Counts.Dropped.Select(d => $"{d.Key} {d.Value}"))}); use a model that can answer questions about {Documents}."
            );
        }
    }
}
