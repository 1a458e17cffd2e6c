using Farsight.Alignment.Answering;
using Farsight.Alignment.Data;
using Farsight.Alignment.Recipes;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;
using Farsight.Text.Tokenizers;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Train;

/// <summary>Under whatever rule an adapter is trained, it answers under that rule.</summary>
public sealed class RopeRunTests : IDisposable
{
    const int Target = 2400; // beyond the window of 2048 under some of the rules

    static readonly string s_model = Path.Combine(Repository.Root, "models/tiny");

    readonly TrainingFiles _files = new();

    [Theory]
    [
        InlineData("none"),
        InlineData("linear:4"),
        InlineData("yarn:4"),
        InlineData("dynamic:4"),
        InlineData("ntk:4"),
        InlineData("theta:200000"),
        InlineData("truncated:4"),
        InlineData("dropped:4")
    ]
    public void An_adapter_brings_the_rotation_and_the_window_it_was_trained_under(string rope)
    {
        string adapter = Train(rope);
        ModelConfig config = ModelFiles.ReadConfig(s_model);
        RopeScaling rule = RopeOption.Parse(rope, config)!;

        using LoadedModel brought = LoadedModel.Open(s_model, adapter), told = LoadedModel.Open(s_model, adapter, rule);

        foreach (int length in (int[])[10, 2000])
        {
            Assert.Equal(
                RopeFrequencies.Of(config.HeadDim, config.RopeTheta, rule, length).InvFreq,
                brought.Model.Rotaries[0].For(length).InvFreq);
        }
        // Of dynamic scaling the file says the window it starts from.
        Assert.Equal(
            rope == "dynamic:4" ? 2048 : Math.Max(Target, config.With(rule).MaxPositionEmbeddings),
            brought.Model.Config.MaxPositionEmbeddings);
        Assert.Equal(LogProbs(told), LogProbs(brought));
        using LoadedModel plain = LoadedModel.Open(s_model, adapter, new RopeScaling.Unscaled());
        Assert.Equal(rope == "none", LogProbs(plain).SequenceEqual(LogProbs(brought)));
    }

    [Theory]
    [InlineData("ntk:4"), InlineData("dynamic:4"), InlineData("truncated:4"), InlineData("dropped:4")]
    public void Merging_keeps_the_rotation(string rope)
    {
        string adapter = Train(rope);
        new AdapterMerge(s_model, adapter, _files.In("merged"), NumberFormat.F32).Write();

        using LoadedModel apart = LoadedModel.Open(s_model, adapter), merged = LoadedModel.Open(_files.In("merged"));

        Assert.Equal(apart.Model.Rotaries[0].For(2000).InvFreq, merged.Model.Rotaries[0].For(2000).InvFreq);
        Near.Each([.. LogProbs(apart).Select(v => (double)v)], LogProbs(merged), relative: 1e-3, absolute: 1e-3);
    }

    public void Dispose() => _files.Dispose();

    string Train(string rope)
    {
        Tokenizer tokenizer = Tokenizer.LoadFor(s_model, 2048);
        File.WriteAllLines(
            _files.In("tiny.jsonl"),
            Enumerable.Range(0, 4).Select(i => PreferenceLine.Format(TrainingFiles.Sample(i, tokenizer))));
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(
            _files.RecipePath,
            [
                $"base_model={s_model}",
                "data=tiny.jsonl",
                $"rope={rope}",
                $"positions.target_length={Target}",
                "steps=2",
                "batch_size=1",
                "held_out=1",
            ]);
        return TrainRun.Start(new(recipe, _files.RecipePath, _files.In("run"), Resume: false), _ => { }, null, CancellationToken.None);
    }

    static float[] LogProbs(LoadedModel model)
    {
        TokenTreeBuilder tree = new();
        tree.Add(TokenTreeBuilder.Root, [1, 7, 3, 9, 4, 12], [0, 1, 40, 41, 1999, 2000], [false, true, true, true, true, true]);
        return model.LogProbs(tree.Build());
    }
}
