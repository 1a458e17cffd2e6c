using System.Text.Json.Nodes;
using Farsight.Alignment.Data;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Train;

/// <summary>Tests runs that sample rejected responses again from the policy.</summary>
public sealed class ResampleRunTests : IDisposable
{
    const string Resample = """resample={"every":3,"temperature":1,"rejected":1}""";

    readonly TrainingFiles _files = new();

    public ResampleRunTests() => Rewrite(s => s with
    {
        Provenance = s.Provenance with { Fact = new(s.Chosen, s.Chosen.Split(' ')[^1].TrimEnd('.'), 0) },
    });

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Responses_are_sampled_before_every_third_step_for_the_steps_up_to_the_next_sampling()
    {
        Start("run");

        string[] files = [.. Directory.GetFiles(_files.In("run/resampled")).Select(Path.GetFileName).Order().OfType<string>()];
        Assert.Equal(["step-000003.jsonl", "step-000006.jsonl", "step-000009.jsonl", "step-000012.jsonl"], files);
        int wrong = 0;
        foreach (string file in files)
        {
            JsonNode[] lines = Lines($"run/resampled/{file}");
            int step = int.Parse(file[5..11]);
            int samples = step == 12 ? 3 : 9; // the last step is the twelfth, and steps have three samples of nine
            Assert.InRange(lines.Length, step == 12 ? 3 : 6, samples); // a sample of two epochs is sampled once
            JsonNode metrics = Lines("run/metrics.jsonl").Single(l => (int)l["step"]! == step);
            Assert.Equal((lines.Length, Wrong(lines)), ((int)metrics["resampled"]!, (int)metrics["resampled_wrong"]!));
            wrong += Wrong(lines);
        }
        Assert.InRange(wrong, 1, 100);
        Assert.DoesNotContain("resampled", Lines("run/metrics.jsonl").Single(l => (int)l["step"]! == 2).ToJsonString());
    }

    [Fact]
    public void New_responses_change_the_steps_after_them_and_not_those_before()
    {
        Start("run");
        Start("without", ["resample=null"]);

        JsonNode[] run = Lines("run/metrics.jsonl"), without = Lines("without/metrics.jsonl");
        Assert.Equal(without[2].ToJsonString(), run[2].ToJsonString());
        Assert.NotEqual((double)without[^1]["loss"]!, (double)run[^1]["loss"]!);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(9)]
    public void Stopped_and_resumed_writes_the_bytes_of_never_stopped(int stopAt)
    {
        Start("whole");
        using CancellationTokenSource source = new();
        Assert.Throws<OperationCanceledException>(() => Start("stopped", progress: new StopAt(source, stopAt), cancel: source.Token));

        Start("stopped");

        string[] files =
        [
            "metrics.jsonl",
            "adapter/adapter_model.safetensors",
            .. Directory.GetFiles(_files.In("whole/resampled")).Select(f => $"resampled/{Path.GetFileName(f)}"),
        ];
        Assert.All(files, f => Assert.Equal(File.ReadAllBytes(_files.In($"whole/{f}")), File.ReadAllBytes(_files.In($"stopped/{f}"))));
    }

    [Fact]
    public void A_file_of_a_killed_run_is_read_back_and_not_sampled_again()
    {
        Start("whole");
        string first = _files.In("whole/resampled/step-000003.jsonl");
        string[] lines = File.ReadAllLines(first);
        Directory.CreateDirectory(_files.In("other"));
        using CancellationTokenSource source = new();
        Assert.Throws<OperationCanceledException>(() => Start("other", progress: new StopAt(source, 2), cancel: source.Token));
        Directory.CreateDirectory(_files.In("other/resampled"));
        string changed = """["It is a lamp."]""";
        File.WriteAllLines(
            _files.In("other/resampled/step-000003.jsonl"), lines.Select(l => l[..(l.LastIndexOf(':') + 1)] + changed + "}"));

        Start("other");

        JsonNode metrics = Lines("other/metrics.jsonl").Single(l => (int)l["step"]! == 3);
        Assert.Equal((lines.Length, lines.Length), ((int)metrics["resampled"]!, (int)metrics["resampled_wrong"]!));
        File.WriteAllText(_files.In("other/resampled/step-000003.jsonl"), "{\"id\":\"x\",\"rejected\":[null]}\n");
        Directory.Delete(_files.In("other/checkpoints"), recursive: true);
        Assert.Contains(
            "has responses of other samples", Assert.Throws<InputException>(() => Start("other")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("objective={\"name\":\"dpo\",\"beta\":0.1}", "resample: the objective compares with log-probabilities")]
    [InlineData("objective={\"name\":\"sft_full\"}", "resample: the objective uses no rejected responses")]
    [InlineData("resample.every=0", "resample.every: 0 is not usable")]
    [InlineData("resample.temperature=0", "resample.temperature: 0 is not usable")]
    [InlineData("resample.rejected=0", "resample.rejected: 0 is not usable")]
    [InlineData("objective={\"name\":\"simpo\",\"beta\":2,\"gamma\":1}", "")]
    public void What_does_not_go_together_is_named(string set, string problem)
    {
        string[] problems = Problems(set);

        Assert.Equal(problem.Length > 0, problems.Any(p => p.StartsWith(problem, StringComparison.Ordinal)));
    }

    [Fact]
    public void More_responses_than_the_objective_takes_are_refused() =>
        Assert.Contains(
            "resample.rejected: 2 is more than the objective's 1",
            string.Join('\n', Problems("resample.rejected=2", "objective={\"name\":\"simpo\",\"beta\":2,\"gamma\":1}")),
            StringComparison.Ordinal);

    [Fact]
    public void A_sample_without_a_known_answer_or_with_several_questions_is_named_at_the_start()
    {
        Rewrite(s => s with { Provenance = s.Provenance with { Fact = null } });
        Assert.Matches("^Sample toy-[0-9]+ has no known answer", Refusal());

        Rewrite(s => s with { Provenance = s.Provenance with { Fact = new("The lamp.", "lamp", 0) }, Rejected = ["It is a door."] });
        Assert.Matches("^Sample toy-[0-9]+ has 1 rejected responses, fewer than", Refusal("resample.rejected=2"));

        string Refusal(params string[] sets) => Assert.Throws<InputException>(() => Start("refused", sets)).Message;
    }

    string[] Problems(params string[] sets)
    {
        try
        {
            Recipe(sets);
            return [];
        }
        catch (RecipeException e)
        {
            return [.. e.Problems];
        }
    }

    JsonNode[] Lines(string file) => [.. File.ReadAllLines(_files.In(file)).Select(l => JsonNode.Parse(l)!)];

    static int Wrong(JsonNode[] lines) => lines.Sum(l => l["rejected"]!.AsArray().Count(r => r is not null));

    void Rewrite(Func<PreferenceSample, PreferenceSample> change)
    {
        string[] lines = File.ReadAllLines(_files.In("data.jsonl"));
        File.WriteAllLines(_files.In("data.jsonl"), lines.Select(l =>
        {
            PreferenceSample sample = change(PreferenceLine.Parse(l, "data"));
            SeenChunks seen = sample.Provenance.Seen;
            return PreferenceLine.Format(sample with
            {
                Provenance = sample.Provenance with { Seen = seen with { Rejected = [.. seen.Rejected.Take(sample.Rejected.Count)] } },
            });
        }));
    }

    TrainRecipe Recipe(params string[] sets) => RecipeFile.Read<TrainRecipe>(_files.RecipePath, [Resample, .. sets]);

    void Start(
        string name, string[]? sets = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancel = default) =>
        TrainRun.Start(new(Recipe(sets ?? []), _files.RecipePath, _files.In(name), Resume: true), _ => { }, progress, cancel);

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
