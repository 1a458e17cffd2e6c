using System.Text.Json.Nodes;
using Farsight.Alignment.Data;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Models;
using Farsight.Text.Tokenizers;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Train;

/// <summary>Runs whose tasks get shares by their held-out losses.</summary>
public sealed class CurriculumRunTests : IDisposable
{
    static readonly string[] s_tasks = ["copy", "fill", "order"];

    readonly TrainingFiles _files = new();

    public CurriculumRunTests() => Rewrite((s, i) => s with { Provenance = s.Provenance with { Task = s_tasks[i / 2 % 3] } });

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Shares_and_losses_of_each_task_are_in_the_metrics_and_follow_the_rewards()
    {
        Start("run");

        JsonNode[] lines = [.. File.ReadLines(_files.In("run/metrics.jsonl")).Select(l => JsonNode.Parse(l)!)];
        Assert.All(s_tasks, t => Assert.Equal(1.0 / 3, (double)lines[1][$"share/{t}"]!, 1e-9));
        Dictionary<string, double> rewards = s_tasks.ToDictionary(t => t, _ => 0.0);
        JsonNode[] measured = [.. lines.Where(l => l["held_out"] is not null)];
        foreach ((JsonNode before, JsonNode now) in measured.Zip(measured.Skip(1)).SkipLast(1))
        {
            foreach (string task in s_tasks)
            {
                double old = (double)before["held_out"]![$"loss/{task}"]!, value = (double)now["held_out"]![$"loss/{task}"]!;
                double v = (value - old) / old;
                double reward = Math.Clamp(-100 * Math.E * Math.Tanh(Math.E * Math.Sqrt(value * old) * v * v * v), -1, 1);
                rewards[task] = 0.5 * rewards[task] + 0.5 * reward;
            }
        }
        // The last step is in the second half, which explores nothing: 0.2/3 + 0.8·softmax(2·reward).
        double sum = rewards.Values.Sum(r => Math.Exp(2 * r));
        Assert.All(
            s_tasks, t => Assert.Equal(0.2 / 3 + 0.8 * Math.Exp(2 * rewards[t]) / sum, (double)lines[^1][$"share/{t}"]!, 1e-9));
    }

    [Fact]
    public void Stopped_and_resumed_writes_the_bytes_of_never_stopped()
    {
        Start("whole");
        using CancellationTokenSource source = new();
        Assert.Throws<OperationCanceledException>(() => Start("stopped", new StopAt(source, 7), source.Token));

        Start("stopped");

        Assert.All(
            (string[])["metrics.jsonl", "adapter/adapter_model.safetensors"],
            f => Assert.Equal(File.ReadAllBytes(_files.In($"whole/{f}")), File.ReadAllBytes(_files.In($"stopped/{f}"))));
    }

    [Fact]
    public void The_shares_move_towards_the_task_whose_loss_falls()
    {
        PreferenceSample[] samples = [.. PreferenceDataset.Read(_files.In("data.jsonl")).Samples];
        Curriculum curriculum = new(new(), samples, [], steps: 100, seed: 1);

        foreach (int i in Enumerable.Range(0, 6))
        {
            curriculum.Observe(new Dictionary<string, double>
            {
                ["loss/copy"] = 3 - 0.3 * i, // falls
                ["loss/fill"] = 3, // stays
                ["loss/order"] = 3 + 0.3 * i, // rises
            });
        }

        double[] early = curriculum.SharesAt(1), late = curriculum.SharesAt(80);
        Assert.True(late[0] > 2 * late[1] && late[1] > 2 * late[2], string.Join(", ", late));
        Assert.All([early, late], shares => Assert.Equal(1, shares.Sum(), 1e-12));
        Assert.All(early, share => Assert.InRange(share, 0.32, 0.35)); // all are explored at first
        int[] drawn = [.. Enumerable.Range(0, 2000).Select(n => curriculum.Draw(80, n))];
        Assert.InRange(drawn.Count(d => samples[d].Provenance.Task == "copy") / 2000.0, late[0] - 0.05, late[0] + 0.05);
    }

    [Fact]
    public void Samples_without_a_task_and_tasks_that_are_not_measured_are_named()
    {
        Rewrite((s, i) => s with { Provenance = s.Provenance with { Task = $"task-{i}" } });
        Assert.Matches("^The task task-[0-9]+ has no held-out sample", Refusal());

        Rewrite((s, _) => s);
        Assert.Matches("^Sample toy-[0-9]+ has no task in its provenance", Refusal());

        string Refusal() => Assert.Throws<InputException>(() => Start("refused")).Message;
    }

    [Theory]
    [InlineData("""curriculum={"sharpness":-1}""", "curriculum.sharpness: -1 is not usable")]
    [InlineData("""curriculum={"memory":1}""", "curriculum.memory: 1 is not usable")]
    [InlineData("""curriculum={"least_share":2}""", "curriculum.least_share: 2 is not usable")]
    public void Values_that_cannot_be_used_are_named(string change, string named) => Assert.Contains(
        named, Assert.Throws<RecipeException>(() => RecipeFile.Read<TrainRecipe>(_files.RecipePath, [change])).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Sampled_responses_are_refused() => Assert.Contains(
        "curriculum: it cannot be used with responses that are sampled during training",
        Assert.Throws<RecipeException>(() => RecipeFile.Read<TrainRecipe>(
            _files.RecipePath, ["curriculum={}", """objective={"name":"opsdl","sampling":{"max_new_tokens":4}}"""])).Message,
        StringComparison.Ordinal);

    [Fact]
    public void The_largest_tree_is_an_upper_bound_of_those_that_are_built()
    {
        TrainRecipe recipe = Recipe();
        TrainInputs inputs = TrainInputs.Read(recipe, _files.RecipePath);
        PreferenceTraining work = inputs.Work(recipe, new Dictionary<string, PreferenceLogProbs>());
        TreeSize largest = work.LargestTree(recipe.Steps);

        Assert.All(Enumerable.Range(1, recipe.Steps).SelectMany(work.MicroSteps), m =>
        {
            TreeSize size = TreeSize.Of(m.Tree);
            Assert.True(size.Rows <= largest.Rows && size.LastRows <= largest.LastRows && size.Scored <= largest.Scored);
        });
    }

    void Rewrite(Func<PreferenceSample, int, PreferenceSample> change)
    {
        Tokenizer tokenizer = Tokenizer.LoadFor(_files.In("model"), 275);
        File.WriteAllLines(
            _files.In("data.jsonl"),
            Enumerable.Range(0, 12).Select(i => PreferenceLine.Format(change(TrainingFiles.Sample(i, tokenizer), i))));
    }

    TrainRecipe Recipe() => RecipeFile.Read<TrainRecipe>(_files.RecipePath, [
        "curriculum={}", """objective={"name":"sft_partial"}""", """positions={"scheme":"plain"}""", "steps=12", "eval_every=2",
        "held_out=6",
    ]);

    void Start(string name, IProgress<TrainingProgress>? progress = null, CancellationToken cancel = default) => TrainRun.Start(
        new(Recipe(), _files.RecipePath, _files.In(name), Resume: Directory.Exists(_files.In(name))), _ => { }, progress, cancel);

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
