using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Reference;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Communication;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;
using Farsight.Text.Tokenizers;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Train;

/// <summary>Training on samples with several questions that are asked alone, and on samples without rejected responses.</summary>
public sealed class QuestionRunTests : IDisposable
{
    const int Documents = 4;

    readonly TrainingFiles _files = new();

    public QuestionRunTests()
    {
        Tokenizer tokenizer = Tokenizer.LoadFor(_files.In("model"), 275);
        PreferenceSample[] samples = [.. Enumerable.Range(0, Documents).Select(i => WithQuestions(TrainingFiles.Sample(i, tokenizer), i))];
        Write("questions.jsonl", samples);
        Write("alone.jsonl", samples.SelectMany(s => s.SplitQuestions()));
        Write("answers.jsonl", samples.Select(WithoutRejected));
    }

    public static TheoryData<string> Objectives =>
    [
        """{"name":"logo","beta":2,"gamma":0.5,"sft_weight":0.5}""",
        """{"name":"logo","beta":2,"gamma":0.5,"sft_weight":0.5,"prompt_weight":0.3,"rejected_responses":1}""",
        """{"name":"dpo","beta":0.5,"nll_weight":0.2}""",
        """{"name":"longpo","beta":0.5,"preference_weight":0.5}""",
        """{"name":"sft_constrained","constraint_weight":0.1}""",
        """{"name":"sft_full","response_weight":2}""",
        """{"name":"lm"}""",
    ];

    [Theory, MemberData(nameof(Objectives))]
    public void Losses_margins_and_gradients_are_those_of_samples_with_one_question_each(string objective)
    {
        Result expected = Compute("alone.jsonl", objective, 3 * Documents, microBatchTokens: 1);
        Result actual = Compute("questions.jsonl", objective, Documents, microBatchTokens: 1);

        Assert.Equal(expected.Metrics.Keys.Order(), actual.Metrics.Keys.Order());
        Assert.All(expected.Metrics, m => Assert.Equal(m.Value, actual.Metrics[m.Key], 1e-5));
        Assert.Equal(expected.Margins.Keys.Order(), actual.Margins.Keys.Order());
        Assert.All(expected.Margins, m => Assert.Equal(m.Value, actual.Margins[m.Key], 1e-5));
        Assert.Equal(expected.Gradients.Count, actual.Gradients.Count);
        foreach ((float[] of, float[] gradient) in expected.Gradients.Zip(actual.Gradients))
        {
            Near.Each([.. of.Select(v => (double)v)], gradient, relative: 1e-5, absolute: 1e-5);
        }
        Assert.Contains(expected.Gradients, g => g.Any(v => Math.Abs(v) > 0.01));
        Assert.True(actual.Tokens < expected.Tokens, $"{actual.Tokens} of {expected.Tokens} tokens");
    }

    [Theory]
    [InlineData("""{"name":"logo","beta":2,"gamma":0.5,"sft_weight":1}""")]
    [InlineData("""{"name":"dpo","beta":0.5}""")]
    [InlineData("""{"name":"longpo","beta":0.5,"preference_weight":0.5}""")]
    public void A_run_measures_and_asks_every_question_of_a_held_out_sample(string objective)
    {
        string run = Train("run", $"objective={objective}", "data=questions.jsonl", "held_out=1", "batch_size=2", "steps=4",
            """watch={"samples_every":4,"samples":1,"max_new_tokens":4,"stop_on_alarm":false}""");

        MetricsLine[] heldOut = [.. MetricsLog.Read(Path.Combine(run, "metrics.jsonl")).Where(l => l.HeldOut is not null)];
        string id = heldOut[0].HeldOutMargins!.Keys.First();
        string[] ids = [id, $"{id}#2", $"{id}#3"];
        Assert.True(heldOut[^1].HeldOut![PreferenceMetrics.Loss] < heldOut[0].HeldOut![PreferenceMetrics.Loss]);
        Assert.All(heldOut, l => Assert.Equal(ids, l.HeldOutMargins!.Keys));
        Assert.All(heldOut, l => Assert.Equal(ids, l.HeldOutPreferenceShares!.Keys));
        Assert.All(
            heldOut, l => Assert.Equal(l.HeldOut![PreferenceMetrics.RewardMargin], l.HeldOutMargins!.Values.Average(), 1e-9));

        SampleLine[] answers = [.. new StepLog<SampleLine>(Path.Combine(run, "samples.jsonl"), l => l.Step).Read()];
        Assert.Equal([.. ids, .. ids], answers.Select(a => a.Id));
        Assert.Equal(3, answers.Select(a => a.Question).Distinct().Count());
    }

    [Fact]
    public void A_plan_counts_the_tree_of_questions()
    {
        TrainRecipe recipe = Read("data=questions.jsonl", "held_out=1", "batch_size=1", "micro_batch_tokens=1");
        TrainInputs inputs = TrainInputs.Read(recipe, _files.RecipePath);

        TrainPlan plan = TrainPlan.Of(recipe, _files.RecipePath, null, 1e9);

        Assert.Equal(inputs.Training.Concat(inputs.HeldOut).Max(s => s.Count(null)), plan.Largest.Rows);
        Assert.Equal(inputs.Training.Concat(inputs.HeldOut).Max(s => s.Shape.RealLength), plan.LongestSample);
    }

    [Theory]
    [InlineData("""{"name":"sft_partial"}""")]
    [InlineData("""{"name":"sft_full"}""")]
    [InlineData("""{"name":"sft_constrained","constraint_weight":0.1}""")]
    [InlineData("""{"name":"lm"}""")]
    public void Objectives_that_compare_nothing_train_without_rejected_responses(string objective)
    {
        string run = Train("run", $"objective={objective}", "data=answers.jsonl", "held_out=1", "batch_size=3", "steps=6");

        MetricsLine[] heldOut = [.. MetricsLog.Read(Path.Combine(run, "metrics.jsonl")).Where(l => l.HeldOut is not null)];
        Assert.True(heldOut[^1].HeldOut![PreferenceMetrics.Loss] < heldOut[0].HeldOut![PreferenceMetrics.Loss]);
    }

    [Theory]
    [InlineData("""{"name":"logo","beta":2,"gamma":0.5,"sft_weight":1}""")]
    [InlineData("""{"name":"longpo","beta":0.5,"preference_weight":0.5}""")]
    [InlineData("""{"name":"sft_partial","response":"rejected"}""")]
    public void Objectives_that_take_a_rejected_response_name_the_sample_that_has_none(string objective)
    {
        InputException refused = Assert.Throws<InputException>(
            () => Train("run", $"objective={objective}", "data=answers.jsonl", "held_out=1"));

        Assert.StartsWith("Sample toy-", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("use the objective sft_partial, sft_full, lm, kto, distill or opsdl.", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();

    /// <summary>A step of all samples by a model that is not its own reference, at positions that a sample's questions share.</summary>
    Result Compute(string data, string objective, int batchSize, int microBatchTokens)
    {
        TrainRecipe recipe = Read($"data={data}", "held_out=0", $"objective={objective}") with
        {
            Positions = new SharedPositions(),
            BatchSize = batchSize,
            MicroBatchTokens = microBatchTokens,
        };
        TrainInputs inputs = TrainInputs.Read(recipe, _files.RecipePath);
        using DecoderModel model = ModelLoader.Load(inputs.BaseModel);
        model.TrainEverything();
        TrainableModel trainable = new(model);
        IReadOnlyDictionary<string, PreferenceLogProbs> reference =
            recipe.Objective.ReferenceIsShort
                ? inputs.ReadShortReference(recipe.Objective, Arithmetic.F32, null, SingleProcess.Instance, default)
            : recipe.Objective.NeedsReference
                ? ReferenceLogProbs.ReadOrCompute(
                    _files.In($"{data}.reference"), trainable, inputs.Training, recipe.Objective.RejectedResponses, default)
            : new Dictionary<string, PreferenceLogProbs>();
        foreach (Parameter parameter in model.Parameters)
        {
            foreach (ref float value in parameter.Value.Span)
            {
                value *= 1.1f;
            }
            parameter.Gradient.Clear();
        }
        MetricSums sums = new();
        int tokens = 0;
        foreach (MicroStep microStep in inputs.Work(recipe, reference).MicroSteps(1))
        {
            using ITreePass pass = trainable.Forward(microStep.Tree);
            float[] dLogProbs = new float[pass.LogProbs.Length];
            microStep.Loss(pass, dLogProbs, sums);
            pass.Backward(dLogProbs);
            tokens += microStep.Tree.Count;
        }
        return new(sums.Means(), sums.Margins, [.. model.Parameters.Select(p => p.Gradient.Span.ToArray())], tokens);
    }

    string Train(string run, params string[] overrides)
    {
        TrainRun.Start(new(Read(overrides), _files.RecipePath, _files.In(run), Resume: false), _ => { }, null, default);
        return _files.In(run);
    }

    TrainRecipe Read(params string[] overrides) => RecipeFile.Read<TrainRecipe>(_files.RecipePath, overrides);

    void Write(string file, IEnumerable<PreferenceSample> samples) =>
        File.WriteAllLines(_files.In(file), samples.Select(PreferenceLine.Format));

    static PreferenceSample WithQuestions(PreferenceSample sample, int i) => sample with
    {
        Questions =
        [
            new("What is the door?", $"The door is number {i}.", ["The lamp.", "It is red or blue."], new([1], [[0], [0]])),
            new("Is it red?", "It is a door.", ["blue", "The lamp is number 7."], new([0, 1], [[0], []])),
        ],
    };

    static PreferenceSample WithoutRejected(PreferenceSample sample) => sample with
    {
        Rejected = [],
        Provenance = sample.Provenance with { Seen = sample.Provenance.Seen with { Rejected = [] } },
        Questions = [.. sample.Questions!.Select(q => q with { Rejected = [], Seen = q.Seen with { Rejected = [] } })],
    };

    sealed record Result(
        OrderedDictionary<string, double> Metrics,
        IReadOnlyDictionary<string, double> Margins,
        IReadOnlyList<float[]> Gradients,
        int Tokens);

    /// <summary>Every second position, the same for equal tokens, whatever follows them.</summary>
    sealed class SharedPositions : IPositionScheme
    {
        public IEnumerable<string> Problems(string path) => [];

        public PromptPositions Assign(PromptShape shape, ref SeededRandom random) =>
            new([.. Enumerable.Range(0, shape.PromptTokens).Select(i => 2 * i)], Step: 2);
    }
}
