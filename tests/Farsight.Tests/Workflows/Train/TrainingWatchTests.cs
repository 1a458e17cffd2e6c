using Farsight.Alignment.Answering;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Alarms;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Train;

/// <summary>Runs of the small random model that go well, or are made to collapse.</summary>
public sealed class TrainingWatchTests : IDisposable
{
    /// <summary>No term for the chosen response, and a learning rate a hundred times too high.</summary>
    static readonly string[] s_collapse =
    [
        "objective.sft_weight=0",
        "optimizer.learning_rate=0.3",
        "optimizer.embedding_learning_rate=0.3",
        "schedule.warmup_steps=0",
    ];

    static readonly string[] s_asking =
    [
        """watch={"samples_every":4,"samples":2,"max_new_tokens":24,"stop_on_alarm":false}""",
        "adapter_every=4",
    ];

    /// <summary>Every weight, until the model writes sentences.</summary>
    static string[] Learning =>
    [
        "lora=null", """positions={"scheme":"plain"}""", """objective={"name":"sft_partial"}""", "steps=150",
        """watch={"samples_every":60,"samples":2,"max_new_tokens":24,"stop_on_alarm":false}""",
    ];

    readonly TrainingFiles _files = new();
    readonly List<string> _notes = [];

    [Fact]
    public void A_collapse_is_told_once_with_its_step_and_what_to_change()
    {
        Start("run", s_collapse);

        // The margin is then so wide that the comparison has no gradient left, which is an alarm of its own.
        Assert.Equal([ChosenCollapse.Name, DeadPreference.Name], Alarms("run").Select(a => a.Alarm));
        AlarmLine alarm = Alarms("run")[0];
        Assert.Equal(5, alarm.Step); // the first measurement of the held-out samples
        Assert.Contains("raise objective.sft_weight to 1 to 10, or lower optimizer.learning_rate", alarm.Message, StringComparison.Ordinal);
        Assert.Contains(alarm.ToString(), _notes);
    }

    [Fact]
    public void A_healthy_run_raises_none_and_shows_how_its_answers_change()
    {
        Start("run", Learning);

        Assert.Empty(Alarms("run"));
        Assert.False(File.Exists(_files.In("run/alarms.jsonl")));
        IReadOnlyList<SampleLine> lines = Samples("run");
        Assert.Equal([0, 0, 60, 60, 120, 120, 150, 150], lines.Select(l => l.Step));
        Assert.Equal(2, lines.Select(l => l.Id).Distinct().Count());
        Assert.All(
            lines,
            l => Assert.Equal(("What is the lamp?", true), (l.Question, l.Chosen.StartsWith("The lamp is ", StringComparison.Ordinal))));
        Assert.DoesNotContain("The lamp is", lines[0].Completion, StringComparison.Ordinal);
        Assert.StartsWith("The lamp is", lines[^1].Completion, StringComparison.Ordinal);
        Assert.Equal(0, lines[^1].Repetition);
    }

    [Fact]
    public void Answers_that_begin_to_loop_raise_an_alarm()
    {
        Start("base", Learning);

        Start("run", [.. s_collapse, .. s_asking, "lora=null", $"base_model={_files.In("base/model")}"]);

        AlarmLine alarm = Assert.Single(Alarms("run"), a => a.Alarm == AnswerRepetition.Name);
        Assert.InRange(alarm.Step, 4, 12);
        Assert.True(Samples("run").Where(l => l.Step == alarm.Step).Average(l => l.Repetition) > AnswerRepetition.Margin);
    }

    [Theory]
    [InlineData("lora.train_norms=true")]
    [InlineData("lora=null")]
    public void Asking_the_model_changes_nothing_of_its_training(string weights)
    {
        Start("asked", [weights, .. s_asking]);
        Start("left", [weights]);

        Assert.Equal(File.ReadAllBytes(_files.In("left/metrics.jsonl")), File.ReadAllBytes(_files.In("asked/metrics.jsonl")));
        Assert.Equal(8, Samples("asked").Count);
    }

    [Fact]
    public void The_answers_are_those_of_the_adapter_kept_at_the_same_step()
    {
        Start("run", s_asking);

        foreach (int step in new[] { 4, 12 })
        {
            using LoadedModel model = LoadedModel.Open(_files.In("model"), _files.In($"run/adapters/step-{step:D6}"));
            TrainRecipe recipe = Recipe(s_asking);
            TrainInputs inputs = TrainInputs.Read(recipe, _files.RecipePath);
            SampleWatch answers = new(model.Model, model.Format, [.. inputs.HeldOutSamples.Take(2)], 24, progress: null);

            Assert.Equal(answers.At(step), Samples("run").Where(l => l.Step == step));
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)] // as answers are written
    [InlineData(6)] // after the alarm
    public void Stopped_and_resumed_writes_the_bytes_of_never_stopped(int stopAt)
    {
        string[] sets = [.. s_collapse, .. s_asking];
        Start("straight", sets);

        using CancellationTokenSource source = new();
        Assert.Throws<OperationCanceledException>(() => Start("stopped", sets, new StopAt(source, stopAt), source.Token));
        File.AppendAllText(_files.In("stopped/samples.jsonl"), "{\"step\":");
        File.AppendAllText(
            _files.In("stopped/alarms.jsonl"),
            "{\"step\":99,\"alarm\":\"looping\",\"message\":\"of a step that is done again\"}\n");
        Start("stopped", sets);

        Assert.NotEmpty(Alarms("straight"));
        foreach (string file in new[] { "alarms.jsonl", "samples.jsonl", "metrics.jsonl" })
        {
            Assert.Equal(File.ReadAllBytes(_files.In($"straight/{file}")), File.ReadAllBytes(_files.In($"stopped/{file}")));
        }
    }

    [Fact]
    public void A_kill_before_the_first_checkpoint_begins_again_with_step_0()
    {
        Start("straight", s_asking);
        Start("killed", s_asking);
        Directory.Delete(_files.In("killed/checkpoints"), recursive: true);

        Start("killed", s_asking);

        Assert.Equal(File.ReadAllBytes(_files.In("straight/samples.jsonl")), File.ReadAllBytes(_files.In("killed/samples.jsonl")));
    }

    [Fact]
    public async Task An_alarm_stops_the_run_if_the_recipe_says_so_and_resuming_goes_on_past_it()
    {
        string[] sets = [.. s_collapse, """watch={"samples_every":4,"samples":0,"max_new_tokens":24,"stop_on_alarm":true}"""];
        string[] command = ["train", _files.RecipePath, "--out", _files.In("run"), .. sets.SelectMany(s => new[] { "--set", s })];

        (int code, _, string error) = await CommandLine.Run(command);

        Assert.Equal(1, code);
        Assert.Contains("Alarm at step 5: ", error, StringComparison.Ordinal);
        Assert.Contains("--resume", error, StringComparison.Ordinal);
        Assert.True(Directory.Exists(_files.In("run/checkpoints/step-000005")));
        Assert.False(Directory.Exists(_files.In("run/adapter")));

        (code, string output, _) = await CommandLine.Run([.. command, "--resume"]);

        Assert.Equal(0, code);
        Assert.Contains("Alarm at step 5: ", output, StringComparison.Ordinal); // in the summary
        Assert.Equal([ChosenCollapse.Name, DeadPreference.Name], Alarms("run").Select(a => a.Alarm));

        (code, output, _) = await CommandLine.Run("inspect", _files.In("run"));
        Assert.Contains("Alarm at step 5: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Samples_may_be_asked_for_on_resuming()
    {
        using CancellationTokenSource source = new();
        Assert.Throws<OperationCanceledException>(() => Start("asked_later", [], new StopAt(source, 2), source.Token));
        Start("asked_later", s_asking[..1]);
        Start("left", []);

        Assert.Equal(File.ReadAllBytes(_files.In("left/metrics.jsonl")), File.ReadAllBytes(_files.In("asked_later/metrics.jsonl")));
        Assert.Equal([4, 4, 8, 8, 12, 12], Samples("asked_later").Select(l => l.Step));
    }

    [Theory]
    [InlineData("""objective={"name":"lm"}""")]
    [InlineData("""objective={"name":"sft_partial","response":"rejected"}""")]
    public void Who_does_not_learn_the_chosen_response_may_lose_it(string objective)
    {
        Start("run", [.. s_collapse[1..], objective]);

        Assert.Empty(Alarms("run"));
    }

    public void Dispose() => _files.Dispose();

    TrainRecipe Recipe(string[] sets) => RecipeFile.Read<TrainRecipe>(_files.RecipePath, sets);

    void Start(string name, string[] sets, IProgress<TrainingProgress>? progress = null, CancellationToken cancel = default) =>
        TrainRun.Start(new(Recipe(sets), _files.RecipePath, _files.In(name), Resume: true), _notes.Add, progress, cancel);

    IReadOnlyList<AlarmLine> Alarms(string run) => RunDirectory.AlarmsOf(_files.In(run));

    IReadOnlyList<SampleLine> Samples(string run) => new StepLog<SampleLine>(_files.In($"{run}/samples.jsonl"), l => l.Step).Read();

    sealed class StopAt(CancellationTokenSource source, int step) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Line.Step == step)
            {
                source.Cancel();
            }
        }
    }
}
