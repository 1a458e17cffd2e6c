using System.Text.Json.Nodes;
using Farsight.Alignment.Recipes;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Numerics;
using Farsight.Workflows.Study;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Study;

/// <summary>Variants that start from the model of another variant.</summary>
public sealed class StudyStartTests : IDisposable
{
    readonly StudyFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void A_variant_trains_on_from_the_model_of_another_with_the_same_seed()
    {
        StudyVerdict verdict = _files.Run("out", LogoAfterSft);

        Assert.True(verdict.IsComplete, string.Join('\n', verdict.Missing));
        new AdapterMerge(_files.In("model"), _files.In("out/runs/sft/seed-2/adapter"), _files.In("start"), NumberFormat.F32).Write();
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(
            _files.In("recipe.jsonc"), ["steps=4", "seed=2", "rope=null", $"base_model={_files.In("start")}"]);
        TrainRun.Start(new(recipe, _files.In("recipe.jsonc"), _files.In("alone"), Resume: false), _ => { }, null, CancellationToken.None);
        Assert.Equal(Adapter("alone"), Adapter("out/runs/logo/seed-2"));
        Assert.NotEqual(Adapter("out/runs/logo/seed-1"), Adapter("out/runs/logo/seed-2"));
    }

    [Fact]
    public void A_study_with_such_a_variant_resumes_with_the_same_results()
    {
        string whole = File.ReadAllText(_files.Run("whole", LogoAfterSft).ResultsPath);
        using CancellationTokenSource stop = new();

        Assert.ThrowsAny<OperationCanceledException>(() => _files.Run("out", LogoAfterSft, cancel: stop.Token, progress: new Watch(p =>
        {
            if (p.Stage == "train" && p.What.StartsWith("logo, seed 2", StringComparison.Ordinal) && p.Done == 2)
            {
                stop.Cancel();
            }
        })));

        Assert.Equal(whole, File.ReadAllText(_files.Run("out", LogoAfterSft).ResultsPath));
    }

    [Fact]
    public void A_variant_after_a_failed_one_fails_with_that_reason()
    {
        _files.Run("out", s => s["variants"]!.AsArray().RemoveAt(1));
        File.WriteAllText(_files.In("out/runs/sft/seed-1.failed.txt"), "It diverged.\n");

        StudyVerdict verdict = _files.Run("out", LogoAfterSft);

        Assert.False(verdict.IsComplete);
        Assert.Equal(
            "It starts from the model of sft, seed 1, whose training failed.\n",
            File.ReadAllText(_files.In("out/runs/logo/seed-1.failed.txt")));
        Assert.True(Directory.Exists(_files.In("out/runs/logo/seed-2/adapter")));
    }

    [Fact]
    public void A_start_must_be_an_earlier_trained_variant_and_have_the_only_rope()
    {
        Assert.Contains("no trained variant before this one has the name 'sft'", Problem(s => s["variants"]![1]!["after"] = "sft"));
        Assert.Contains("no trained variant before this one has the name 'base'", Problem(s => s["variants"]![2]!["after"] = "base"));
        Assert.Contains("after: it has no effect on an untrained variant", Problem(s => s["variants"]![0]!["after"] = "logo"));
        Assert.Contains("and rope is yarn:4; set rope to null", Problem(s =>
        {
            s["variants"]![2]!["after"] = "logo";
            s["variants"]![2]!["set"]!["rope"] = "yarn:4";
        }));
    }

    string Problem(Action<JsonObject> change) => Assert.Throws<RecipeException>(() => _files.Plan(change)).Message;

    byte[] Adapter(string run) => File.ReadAllBytes(Path.Combine(_files.In(run), "adapter/adapter_model.safetensors"));

    /// <summary>The variant logo comes last and starts from sft.</summary>
    static void LogoAfterSft(JsonObject study)
    {
        JsonArray variants = study["variants"]!.AsArray();
        foreach (JsonNode? logo in variants.Where(v => (string?)v!["name"] == "logo").ToArray())
        {
            variants.Remove(logo);
        }
        variants.Add(new JsonObject { ["name"] = "logo", ["after"] = "sft", ["set"] = new JsonObject { ["rope"] = null } });
    }
}
