using System.Text.Json;
using Farsight.Engine;
using Farsight.Workflows.Demo;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Demo;

/// <summary>The demo at a hundredth of its size, on the bundled model.</summary>
public sealed class DemoRunTests
{
    static readonly string s_model = Path.Combine(Repository.Root, "models/tiny");

    [Fact]
    [Trait("Category", "Slow")]
    public void Ends_with_a_verdict_on_every_variant_also_when_it_was_interrupted()
    {
        using TemporaryFolder folder = new();
        DemoOptions options = Small(folder);
        using CancellationTokenSource stop = new();

        Assert.ThrowsAny<OperationCanceledException>(() => DemoRun.Start(options, _ => { }, new Watch(p =>
        {
            if (p is { Stage: "train", Done: 1 })
            {
                stop.Cancel();
            }
        }), stop.Token));
        DemoVerdict verdict = DemoRun.Start(options, _ => { }, null, CancellationToken.None);

        JsonElement summary = JsonDocument.Parse(File.ReadAllText(verdict.SummaryPath)).RootElement;
        foreach (string variant in new[] { "base", "yarn", "sft", "logo_plain_positions", "logo" })
        {
            Assert.InRange(summary.GetProperty("needle").GetProperty(variant).GetProperty("512").GetDouble(), 0, 1);
            Assert.InRange(summary.GetProperty("perplexity").GetProperty(variant).GetProperty("1024").GetDouble(), 1, 100_000);
        }
        Assert.Equal(1, summary.GetProperty("needle").GetProperty("base").GetProperty("512").GetDouble());
        foreach (string stage in new[] { "synth", "train", "eval", "total" })
        {
            Assert.True(summary.GetProperty("seconds").GetProperty(stage).GetDouble() > 0, stage);
        }
        Assert.Contains("<svg", File.ReadAllText(verdict.ReportPath));
    }

    [Fact]
    public void A_folder_with_something_else_is_left_alone()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["out"]);
        File.WriteAllText(Path.Combine(folder["out"], "thesis.txt"), "mine");

        InputException e = Assert.Throws<InputException>(() => Start(Small(folder), CancellationToken.None));

        Assert.Contains("is not empty and is not a demo", e.Message);
        Assert.Equal(["thesis.txt"], Directory.GetFileSystemEntries(folder["out"]).Select(Path.GetFileName));
    }

    [Fact]
    public void A_folder_of_another_demo_is_refused()
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource stop = new();
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Start(Small(folder), stop.Token));

        InputException e = Assert.Throws<InputException>(() =>
            Start(Small(folder) with { Seed = 2 }, CancellationToken.None));

        Assert.Contains("seed is 2 and was 1 since the demo in", e.Message);
    }

    [Fact]
    public void Documents_or_recipes_that_were_changed_are_refused_and_another_place_is_not()
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource stop = new();
        stop.Cancel();
        Write("texts", "The lamp is red.");
        Write("moved", "The lamp is red.");
        DemoOptions options = Small(folder) with { Documents = folder["texts"] };
        Assert.ThrowsAny<OperationCanceledException>(() => Start(options, stop.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => Start(options with { Documents = folder["moved"] }, stop.Token));

        Write("texts", "The lamp is tin.");
        Assert.StartsWith("documents has changed since the demo in", Refusal(), StringComparison.Ordinal);

        Write("texts", "The lamp is red.");
        string recipe = Path.Combine(options.Recipes, "tiny-logo-yarn.jsonc");
        File.WriteAllText(recipe, File.ReadAllText(recipe).Replace("\"steps\": 4", "\"steps\": 5", StringComparison.Ordinal));
        Assert.StartsWith("recipes.tiny-logo-yarn.jsonc has changed since the demo in", Refusal(), StringComparison.Ordinal);

        void Write(string name, string text)
        {
            Directory.CreateDirectory(folder[name]);
            File.WriteAllText(folder[$"{name}/a.txt"], text);
            File.WriteAllText(folder[$"{name}/b.txt"], "The door is blue.");
        }

        string Refusal() => Assert.Throws<InputException>(() => Start(options, stop.Token)).Message;
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void An_alarm_of_a_training_is_reported_and_the_training_has_the_seed_of_the_demo()
    {
        using TemporaryFolder folder = new();
        DemoOptions options = Small(folder) with { Seed = 2 };
        string recipe = Path.Combine(options.Recipes, "tiny-sft-yarn.jsonc"), text = File.ReadAllText(recipe);
        Assert.Contains("\"learning_rate\": 1e-3", text);
        File.WriteAllText(recipe, text.Replace("\"learning_rate\": 1e-3", "\"learning_rate\": 0.9", StringComparison.Ordinal));
        using CancellationTokenSource stop = new();
        List<string> notes = [];

        Assert.ThrowsAny<OperationCanceledException>(() => DemoRun.Start(
            options,
            notes.Add,
            new Watch(p =>
            {
                if (p is { Stage: "train", What: not "SFT" })
                {
                    stop.Cancel();
                }
            }),
            stop.Token));

        Assert.Contains(notes, n => n.StartsWith("SFT: Alarm at step ", StringComparison.Ordinal));
        Assert.Contains("\"seed\": 2", File.ReadAllText(Path.Combine(options.Output, "runs/sft/recipe.resolved.json")));
    }

    static DemoVerdict Start(DemoOptions options, CancellationToken cancel) => DemoRun.Start(options, _ => { }, null, cancel);

    /// <summary>The recipes of the repository, cut to a few steps.</summary>
    static DemoOptions Small(TemporaryFolder folder)
    {
        string recipes = folder["recipes"];
        Directory.CreateDirectory(recipes);
        foreach (string file in DemoVariant.All.Select(v => v.Recipe).OfType<string>())
        {
            string text = File.ReadAllText(Path.Combine(Repository.Root, "recipes", file));
            Assert.Contains("\"steps\": 800", text);
            File.WriteAllText(
                Path.Combine(recipes, file),
                text.Replace("\"steps\": 800", "\"steps\": 4")
                    .Replace("\"held_out\": 64", "\"held_out\": 2")
                    .Replace("\"warmup_steps\": 20", "\"warmup_steps\": 1"));
        }
        return new(s_model, recipes, folder["out"], null, 1)
        {
            Samples = 8,
            Steps = 4,
            Lengths = [512, 1024],
            Depths = 1,
            SamplesPerCell = 2,
        };
    }

    sealed class Watch(Action<StageProgress> seen) : IProgress<StageProgress>
    {
        public void Report(StageProgress value) => seen(value);
    }
}
