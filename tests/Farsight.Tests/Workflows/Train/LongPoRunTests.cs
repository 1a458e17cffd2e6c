using Farsight.Alignment.Data;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Reference;
using Farsight.Text.Tokenizers;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Train;

/// <summary>Training on samples of several turns, and against a reference that reads short contexts.</summary>
public sealed class LongPoRunTests : IDisposable
{
    const string LongPo = """objective={"name":"longpo","beta":0.5,"preference_weight":0.5}""";

    readonly TrainingFiles _files = new();

    public LongPoRunTests()
    {
        Tokenizer tokenizer = Tokenizer.LoadFor(_files.In("model"), 275);
        File.WriteAllLines(
            _files.In("turns.jsonl"),
            Enumerable
                .Range(0, 12)
                .Select(i =>
                    PreferenceLine.Format(i % 3 == 0 ? TrainingFiles.Sample(i, tokenizer) : WithTurn(TrainingFiles.Sample(i, tokenizer), i))
                ));
        File.WriteAllLines(
            _files.In("seen-all.jsonl"),
            Enumerable
                .Range(0, 12)
                .Select(i => TrainingFiles.Sample(i, tokenizer))
                .Select(s =>
                    PreferenceLine.Format(s with { Provenance = s.Provenance with { Seen = s.Provenance.Seen with { Chosen = [0, 1] } } }))
        );
    }

    [Fact]
    public void Several_turns_are_learned_and_a_stopped_run_ends_in_the_same_bits()
    {
        string whole = Train("whole", LongPo, "data=turns.jsonl"), stopped = _files.In("stopped");
        File.Delete(ShortReferenceFile.PathOf(new(_files.In("model"), _files.In("turns.jsonl"))));
        using CancellationTokenSource stop = new();
        TrainRecipe recipe = Read(LongPo, "data=turns.jsonl");
        Assert.Throws<OperationCanceledException>(() => TrainRun.Start(
            new(recipe, _files.RecipePath, stopped, false) { Parts = _ => stop.Cancel() }, _ => { }, null, stop.Token));
        TrainRun.Start(new(recipe, _files.RecipePath, stopped, true), _ => { }, null, default);

        MetricsLine[] heldOut = [.. MetricsLog.Read(Path.Combine(whole, "metrics.jsonl")).Where(l => l.HeldOut is not null)];
        Assert.True(heldOut[^1].HeldOut![PreferenceMetrics.Loss] < 0.9 * heldOut[0].HeldOut![PreferenceMetrics.Loss]);
        Assert.True(heldOut[^1].HeldOut![PreferenceMetrics.ChosenLogProb] > heldOut[0].HeldOut![PreferenceMetrics.ChosenLogProb]);
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "metrics.jsonl")), File.ReadAllBytes(Path.Combine(stopped, "metrics.jsonl")));
    }

    [Theory, InlineData("dpo"), InlineData("logo"), InlineData("sft_partial"), InlineData("sft_full"), InlineData("sft_constrained")]
    public void Other_objectives_take_several_turns_as_well(string name)
    {
        string settings = name switch
        {
            "dpo" => ",\"beta\":0.1",
            "logo" => ",\"beta\":2,\"gamma\":0.5,\"sft_weight\":1",
            "sft_constrained" => ",\"constraint_weight\":0.1",
            _ => "",
        };
        string run = Train(name, $$"""objective={"name":"{{name}}"{{settings}}}""", "data=turns.jsonl", "steps=4");

        MetricsLine[] lines = [.. MetricsLog.Read(Path.Combine(run, "metrics.jsonl")).Where(l => l.HeldOut is not null)];
        Assert.True(lines[^1].HeldOut![PreferenceMetrics.Loss] < lines[0].HeldOut![PreferenceMetrics.Loss], name);
    }

    [Fact]
    public void Where_the_short_context_is_the_whole_one_it_trains_as_dpo_does()
    {
        string[] plain = ["data=seen-all.jsonl", """positions={"scheme":"plain"}"""];
        string dpo = Train("dpo", [.. plain, """objective={"name":"dpo","beta":0.5}"""]);
        string longPo = Train("longpo", [.. plain, """objective={"name":"longpo","beta":0.5,"preference_weight":1,"nll_weight":0}"""]);

        foreach (
            (MetricsLine expected, MetricsLine actual) in MetricsLog
                .Read(Path.Combine(dpo, "metrics.jsonl"))
                .Zip(MetricsLog.Read(Path.Combine(longPo, "metrics.jsonl"))))
        {
            Assert.All(expected.Values, v => Assert.Equal(v.Value, actual.Values[v.Key], 1e-5)); // other batches, other rounding
        }
    }

    [Fact]
    public void The_recipe_s_rope_is_the_policy_s_and_not_the_reference_s()
    {
        string model = Path.Combine(Repository.Root, "models/tiny"); // one whose answers depend on positions
        File.WriteAllLines(
            _files.In("tiny.jsonl"),
            Enumerable.Range(0, 5).Select(i => PreferenceLine.Format(TrainingFiles.Sample(i, Tokenizer.LoadFor(model, 2048)))));
        string[] recipe = [LongPo, "data=tiny.jsonl", $"base_model={model}", """positions={"scheme":"plain"}""", "steps=2"];
        string plain = Train("plain", recipe);
        byte[] reference = File.ReadAllBytes(ShortReferenceFile.PathOf(new(model, _files.In("tiny.jsonl"))));
        string scaled = Train("scaled", [.. recipe, "rope=linear:4"]);

        Assert.Equal(reference, File.ReadAllBytes(Directory.GetFiles(_files.Root, "tiny.jsonl.reference-*").Single()));
        Assert.NotEqual(Step0(plain)[PreferenceMetrics.ChosenLogProb], Step0(scaled)[PreferenceMetrics.ChosenLogProb]);
    }

    public void Dispose() => _files.Dispose();

    static IReadOnlyDictionary<string, double> Step0(string run) => MetricsLog.Read(Path.Combine(run, "metrics.jsonl"))[0].HeldOut!;

    static PreferenceSample WithTurn(PreferenceSample sample, int i) =>
        sample with { Turns = [new("What is the door?", $"The door is number {i}.", ["It is red."], new([1], [[0, 1]]))] };

    TrainRecipe Read(params string[] set) => RecipeFile.Read<TrainRecipe>(_files.RecipePath, set);

    string Train(string name, params string[] set)
    {
        TrainRun.Start(new(Read(set), _files.RecipePath, _files.In(name), Resume: false), _ => { }, null, default);
        return _files.In(name);
    }
}
