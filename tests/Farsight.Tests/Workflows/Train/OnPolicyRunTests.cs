using System.Text.Json.Nodes;
using Farsight.Alignment.Data;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Text.Tokenizers;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Train;

/// <summary>Runs whose responses are sampled from the policy: grpo and opsdl.</summary>
public sealed class OnPolicyRunTests : IDisposable
{
    const string Grpo = """objective={"name":"grpo","sampling":{"max_new_tokens":6,"responses":4}}""";
    const string Opsdl = """objective={"name":"opsdl","sampling":{"max_new_tokens":6,"responses":2}}""";

    readonly TrainingFiles _files = new();

    // An answer that a random model writes often enough to learn it: one letter.
    public OnPolicyRunTests() => _files.AnswerFacts();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData(Grpo, 4)]
    [InlineData(Opsdl, 2)]
    public void Responses_are_sampled_before_every_step_and_kept_with_the_constants_of_their_loss(string objective, int group)
    {
        Start("run", [objective, "steps=3"]);

        JsonNode[] metrics = Lines("run/metrics.jsonl");
        foreach (int step in (int[])[1, 2, 3])
        {
            JsonNode[] lines = Lines($"run/resampled/step-{step:D6}.jsonl");
            Assert.Equal((3, 3 * group), (lines.Length, (int)metrics[step]["sampled"]!));
            JsonNode[] responses = [.. lines.SelectMany(l => l["responses"]!.AsArray()).Select(r => r!)];
            Assert.Equal(3 * group, responses.Length);
            Assert.All(responses, r => Assert.Equal(r["tokens"]!.AsArray().Count, r["log_probs"]!.AsArray().Count));
            Assert.All(responses, r => Assert.InRange(r["tokens"]!.AsArray().Count, 1, 6));
            Assert.All(
                responses,
                r => Assert.Equal((objective == Opsdl, objective == Grpo), (r["teacher"] is not null, r["reward"] is not null)));
        }
        Assert.Equal(objective == Grpo, metrics[1]["reward"] is not null);
        Assert.Equal(objective == Opsdl, metrics[1]["teacher_gain"] is not null);
    }

    [Theory]
    [InlineData(Grpo, 2)]
    [InlineData(Opsdl, 3)]
    [InlineData("""objective={"name":"grpo","sampling":{"max_new_tokens":6,"responses":2,"every":3},"kl_weight":0.1}""", 5)]
    public void Stopped_and_resumed_writes_the_bytes_of_never_stopped(string objective, int stopAt)
    {
        Start("whole", [objective, "steps=8"]);
        using CancellationTokenSource source = new();
        Assert.Throws<OperationCanceledException>(
            () => Start("stopped", [objective, "steps=8"], new StopAt(source, stopAt), source.Token));

        Start("stopped", [objective, "steps=8"]);

        string[] files =
        [
            "metrics.jsonl",
            "adapter/adapter_model.safetensors",
            .. Directory.GetFiles(_files.In("whole/resampled")).Select(f => $"resampled/{Path.GetFileName(f)}"),
        ];
        Assert.All(files, f => Assert.Equal(File.ReadAllBytes(_files.In($"whole/{f}")), File.ReadAllBytes(_files.In($"stopped/{f}"))));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Grpo_raises_the_mean_reward(int seed)
    {
        const int Steps = 60, Compared = 10;
        Start("run", [
            """objective={"name":"grpo","sampling":{"max_new_tokens":6,"responses":8}}""", $"steps={Steps}", $"seed={seed}",
            """positions={"scheme":"plain"}""", "micro_batch_tokens=2000", "held_out=0", "checkpoint_every=60",
        ]);

        double[] rewards = [.. Lines("run/metrics.jsonl")[1..].Select(l => (double)l["reward"]!)];
        double first = rewards[..Compared].Average(), last = rewards[^Compared..].Average();
        // A reward is 1 or 0, and a mean is over 240 responses: its standard error is at most 0.033.
        Assert.True(last > first + 0.2, $"seed {seed}: {first:F3} → {last:F3}");
    }

    [Fact]
    public void A_context_that_is_short_already_teaches_nothing()
    {
        Rewrite(s => s with { Provenance = s.Provenance with { Seen = s.Provenance.Seen with { Chosen = [0, 1] } } });

        Start("run", [Opsdl, "steps=2", """positions={"scheme":"plain"}"""]);

        JsonNode step = Lines("run/metrics.jsonl")[1];
        Assert.Equal(0, (double)step["teacher_gain"]!, 1e-6);
        Assert.Equal(0, (double)step["gradient_norm"]!, 1e-5);
    }

    [Fact]
    public void The_first_step_is_at_the_reference_and_a_later_one_is_not()
    {
        string objective = """objective={"name":"grpo","sampling":{"max_new_tokens":6,"responses":2},"kl_weight":0.1}""";
        Start("run", [objective, "steps=4", """positions={"scheme":"plain"}"""]);

        Assert.Equal(0, Gap(1), 1e-5);
        Assert.True(Gap(4) > 1e-4);

        double Gap(int step) => Lines($"run/resampled/step-{step:D6}.jsonl")
            .SelectMany(l => l["responses"]!.AsArray())
            .SelectMany(r => r!["log_probs"]!.AsArray().Zip(r["reference"]!.AsArray()))
            .Max(p => Math.Abs((double)p.First! - (double)p.Second!));
    }

    [Fact]
    public void Responses_of_the_dataset_are_not_needed()
    {
        Rewrite(s => s with { Rejected = [], Provenance = s.Provenance with { Seen = new([0], []) } });

        Start("run", [Grpo, "steps=2"]);

        Assert.Equal(12, (int)Lines("run/metrics.jsonl")[2]["sampled"]!);
    }

    [Fact]
    public void A_sample_that_cannot_be_rewarded_or_has_several_questions_is_named_at_the_start()
    {
        Rewrite(s => s with { Provenance = s.Provenance with { Fact = null } });
        Assert.Matches("^Sample toy-[0-9]+ has no known answer", Refusal(Grpo));
        Start("run", [Opsdl, "steps=2"]);

        Rewrite(s => s with { Turns = [new("What?", "It.", ["No."], new([1], [[0]]))] });
        Assert.Matches("^Sample toy-[0-9]+ has several questions", Refusal(Opsdl));

        string Refusal(string objective) => Assert.Throws<InputException>(() => Start("refused", [objective])).Message;
    }

    [Fact]
    public void Positions_that_generation_does_not_have_are_refused() =>
        Assert.Contains(
            "positions: generation does not have",
            Assert.Throws<RecipeException>(() => RecipeFile.Read<TrainRecipe>(_files.RecipePath, [
                Grpo, "rope=linear:8", """positions={"scheme":"e2llm","target_length":400,"max_scale":8}""",
            ])).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData(Grpo)]
    [InlineData(Opsdl)]
    [InlineData("""objective={"name":"kto","beta":0.1}""")]
    [InlineData("""objective={"name":"solopo","preference":{"name":"orpo","odds_ratio_weight":0.1},"alignment_weight":1}""")]
    [InlineData("""objective={"name":"distill","top_k":16,"reverse_share":0.5,"context":"short"}""")]
    [InlineData("""objective={"name":"distill","top_k":4,"teacher":"model"}""")]
    [InlineData(
        """
        objective={"name":"mixture","parts":[
          {"weight":1,"objective":{"name":"sft_partial"}},{"weight":1,"objective":{"name":"distill"}}]}
        """
    )]
    public void The_bundled_model_is_trained_for_a_few_steps(string objective)
    {
        string model = Path.Combine(Repository.Root, "models/tiny");
        Tokenizer tokenizer = Tokenizer.LoadFor(model, 2048);
        File.WriteAllLines(
            _files.In("data.jsonl"),
            Enumerable
                .Range(0, 6)
                .Select(i => TrainingFiles.Sample(i, tokenizer))
                .Select(s => PreferenceLine.Format(s with { Provenance = s.Provenance with { Fact = new(s.Chosen, "is", 0) } })));

        string[] set = [objective.Replace("\"model\"", $"\"{model}\"", StringComparison.Ordinal), $"base_model={model}", "steps=3"];
        Start("run", [.. set, """positions={"scheme":"plain"}"""]);

        JsonNode[] lines = Lines("run/metrics.jsonl");
        Assert.Equal(4, lines.Length);
        Assert.All(lines[1..], l => Assert.True(double.IsFinite((double)l["loss"]!) && (double)l["gradient_norm"]! >= 0));
        Assert.True(File.Exists(_files.In("run/adapter/adapter_model.safetensors")));
        Assert.Equal(
            objective.Contains("distill", StringComparison.Ordinal), Directory.GetFiles(_files.Root, "data.jsonl.teacher-*").Length == 1);
    }

    void Rewrite(Func<PreferenceSample, PreferenceSample> change)
    {
        Tokenizer tokenizer = Tokenizer.LoadFor(_files.In("model"), 275);
        File.WriteAllLines(
            _files.In("data.jsonl"),
            Enumerable.Range(0, 12).Select(i => PreferenceLine.Format(change(WithFact(TrainingFiles.Sample(i, tokenizer))))));

        static PreferenceSample WithFact(PreferenceSample s) => s with { Provenance = s.Provenance with { Fact = new(s.Chosen, "e", 0) } };
    }

    void Start(string name, string[] set, IProgress<TrainingProgress>? progress = null, CancellationToken cancel = default)
    {
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(_files.RecipePath, set);
        TrainRun.Start(
            new(recipe, _files.RecipePath, _files.In(name), Resume: Directory.Exists(_files.In(name))), _ => { }, progress, cancel);
    }

    JsonNode[] Lines(string path) => [.. File.ReadLines(_files.In(path)).Select(l => JsonNode.Parse(l)!)];

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
