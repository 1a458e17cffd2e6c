using System.Text.Json;
using Farsight.Engine;
using Farsight.Workflows.Demo;

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

        Assert.ThrowsAny<OperationCanceledException>(() => DemoRun.Start(options, new Watch(p =>
        {
            if (p is { Stage: "train", Done: 1 })
            {
                stop.Cancel();
            }
        }), stop.Token));
        DemoVerdict verdict = DemoRun.Start(options, null, CancellationToken.None);

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

        InputException e = Assert.Throws<InputException>(() => DemoRun.Start(Small(folder), null, CancellationToken.None));

        Assert.Contains("is not empty and is not a demo", e.Message);
        Assert.Equal(["thesis.txt"], Directory.GetFileSystemEntries(folder["out"]).Select(Path.GetFileName));
    }

    [Fact]
    public void A_folder_of_another_demo_is_refused()
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource stop = new();
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => DemoRun.Start(Small(folder), null, stop.Token));

        InputException e = Assert.Throws<InputException>(() =>
            DemoRun.Start(Small(folder) with { Seed = 2 }, null, CancellationToken.None));

        Assert.Contains("another seed", e.Message);
    }

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
        return new(s_model, recipes, folder["out"], null, 1) { Samples = 8, Lengths = [512, 1024], Depths = 1, SamplesPerCell = 2 };
    }

    sealed class Watch(Action<DemoProgress> seen) : IProgress<DemoProgress>
    {
        public void Report(DemoProgress value) => seen(value);
    }
}
