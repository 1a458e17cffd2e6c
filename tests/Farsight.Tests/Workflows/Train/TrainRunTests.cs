using Farsight.Alignment.Data;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Train;

public sealed class TrainRunTests : IDisposable
{
    readonly TrainingFiles _files = new();

    [Fact]
    public void Messages_of_a_training_on_samples_reach_the_caller_or_at_least_the_run_directory()
    {
        List<string> notes = [];

        TrainRun.Start(Recipe(), Samples(), _files.In("heard"), note: notes.Add);
        TrainRun.Start(Recipe(), Samples(), _files.In("unheard"));

        Assert.Contains(notes, n => n.StartsWith("Alarm at step 5: ", StringComparison.Ordinal));
        Assert.Contains(notes, n => n.StartsWith("The adapter contains fully trained modules", StringComparison.Ordinal));
        Assert.Equal(5, RunDirectory.AlarmsOf(_files.In("unheard"))[0].Step);
        string[] kept = File.ReadAllLines(_files.In("unheard/notices.txt"));
        Assert.Equal(notes.Where(n => !n.StartsWith("Alarm", StringComparison.Ordinal)), kept);
    }

    [Fact]
    public void A_resumed_run_keeps_each_notice_once()
    {
        TrainRequest request = new(Recipe(), _files.RecipePath, _files.In("run"), Resume: true);
        TrainRun.Start(request, _ => { }, null, default);
        string kept = File.ReadAllText(_files.In("run/notices.txt"));

        TrainRun.Start(request, _ => { }, null, default);

        Assert.Equal(kept, File.ReadAllText(_files.In("run/notices.txt")));
    }

    public void Dispose() => _files.Dispose();

    /// <summary>No term for the chosen response, and a learning rate that is much too high.</summary>
    TrainRecipe Recipe() => RecipeFile.Read<TrainRecipe>(
        _files.RecipePath,
        [
            $"base_model={_files.In("model")}",
            "steps=5",
            "objective.sft_weight=0",
            "optimizer.learning_rate=0.3",
            "optimizer.embedding_learning_rate=0.3",
            "schedule.warmup_steps=0",
        ]);

    IReadOnlyList<PreferenceSample> Samples() => PreferenceDataset.Read(_files.In("data.jsonl")).Samples;
}
