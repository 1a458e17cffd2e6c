using Farsight.Alignment.Answering;
using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis;

namespace Farsight.Tests.Alignment.Synthesis;

public sealed class SynthesisWorkTests : IDisposable
{
    const int GroupSize = 32; // of the local model

    readonly SynthesisFiles _files = new();

    [Fact]
    public void A_run_whose_first_32_numbers_fail_ends_there_although_later_numbers_in_progress_succeed()
    {
        SynthesisFiles.Run(_files.Options(1, _files["one.jsonl"]));
        PreferenceSample sample = PreferenceDataset.Stream(_files["one.jsonl"]).Single();
        SynthesisModel model = SynthesisFiles.Endpoint(new ScriptedChat(_ => ""), concurrency: 5);
        using SynthesisJournal journal = SynthesisJournal.Open(_files.Output, new { Seed = 1 });

        new SynthesisWork(
            journal,
            SynthesisShard.GroupsOf(null, 1000, model.Responder.GroupSize),
            new(new FailsAtFirst(32, sample)),
            model.Responder,
            (_, _) => { }).Run(CancellationToken.None);

        Assert.Equal((0, 32), (journal.Counts.Written, journal.Counts.GivenUp));
    }

    [Fact]
    public void Cancelled_a_group_of_the_local_model_is_finished_with_its_judge()
    {
        using CancellationTokenSource source = new();
        LogoOptions options = _files.Options(3 * GroupSize) with { Judge = new(new CancellingJudge(source)) };

        Assert.ThrowsAny<OperationCanceledException>(() => SynthesisRun.Start(options, SynthesisFiles.Model(), null, source.Token));

        Assert.Equal(GroupSize, File.ReadAllLines(_files.Output + ".partial").Length);
    }

    public void Dispose() => _files.Dispose();

    sealed class FailsAtFirst(int numbers, PreferenceSample sample) : ISampleSource
    {
        public Task<SampleOutcome> MakeSample(SampleTry at, AskModel ask, CancellationToken cancel) => Task.FromResult(
            at.Number < numbers
                ? new SampleOutcome(null, null, "failed", [])
                : new SampleOutcome(null, sample with { Id = $"sample-{at.Number}" }, null, []));
    }

    /// <summary>Cancels the run when it is asked first, and gives up requests that are cancelled.</summary>
    sealed class CancellingJudge(CancellationTokenSource source) : ILanguageModel
    {
        public string Name => "judge";

        public int? ContextWindow => null;

        public ModelCapabilities Capabilities { get; } = new();

        public Task<IReadOnlyList<Completion>> CompleteAsync(
            IReadOnlyList<CompletionRequest> requests, CancellationToken cancellationToken)
        {
            source.Cancel();
            cancellationToken.ThrowIfCancellationRequested();
            return Task.FromResult<IReadOnlyList<Completion>>(
                [.. requests.Select(_ => new Completion("""{"accepted": true, "reason": "Well."}""", FinishReason.Stop))]);
        }
    }
}
