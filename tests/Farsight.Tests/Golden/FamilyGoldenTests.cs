using Farsight.Engine.Checkpoints;
using Farsight.Engine.Kernels;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;
using Xunit.Abstractions;

namespace Farsight.Tests.Golden;

/// <summary>Every model family against transformers, from both generations of config.json.</summary>
[Trait("Category", "Golden")]
public sealed class FamilyGoldenTests(ITestOutputHelper output)
{
    const string Folder = "goldens-families";

    public static TheoryData<string, string> Cases
    {
        get
        {
            TheoryData<string, string> cases = [];
            foreach (string name in Names())
            {
                cases.Add(name, "config.json");
                cases.Add(name, "config.v5.json");
            }
            return cases;
        }
    }

    [SharedTheory(Folder), MemberData(nameof(Cases))]
    public void A_family_gives_the_logits_losses_and_gradients_of_transformers(string name, string config)
    {
        using TemporaryFolder folder = new();
        Copy(name, config, folder);

        // LongRoPE's frequencies are rounded in transformers; see the README of the material.
        GoldenTolerance tolerance = HuggingFaceConfig.Read(folder["config.json"]).RopeScaling is RopeScaling.LongRope
            ? new(Logits: 5e-4, LogProbs: 1e-4, Losses: 5e-5, Gradients: 1e-4, IsAbsolute: true)
            : new(Logits: 1e-4, LogProbs: 5e-5, Losses: 5e-5, Gradients: 1e-4, IsAbsolute: true);
        GoldenTests.Check(folder.Path, tolerance, output);
    }

    [SharedFact(Folder)]
    public void The_router_chooses_and_weights_the_experts_of_transformers()
    {
        int checkedLayers = 0;
        foreach (string name in Names())
        {
            using GoldenCase golden = new(Path.Combine(SharedMaterial.PathOf(Folder), name));
            ModelConfig config = HuggingFaceConfig.Read(Path.Combine(golden.Folder, "config.json"));
            for (int layer = 0; layer < config.NumHiddenLayers; layer++)
            {
                Assert.Equal(config.HasExperts(layer), golden.Has($"base.router_logits.plain.{layer}"));
                if (config.HasExperts(layer))
                {
                    CheckRouter(golden, layer, config.Experts!.NormalizesWeights);
                    checkedLayers++;
                }
            }
        }
        output.WriteLine($"{checkedLayers} layers with experts.");
        Assert.NotEqual(0, checkedLayers);
    }

    static void CheckRouter(GoldenCase golden, int layer, bool normalizes)
    {
        int tokens = golden.Prompt.Length + golden.Responses[0].Length;
        float[] logits = [.. golden.Values($"base.router_logits.plain.{layer}").Select(v => (float)v)];
        long[] experts = golden.Integers($"base.router_experts.plain.{layer}");
        double[] weights = golden.Values($"base.router_weights.plain.{layer}");
        int width = logits.Length / tokens, perToken = experts.Length / tokens;
        for (int token = 0; token < tokens; token++)
        {
            int[] chosen = new int[perToken];
            float[] actual = new float[perToken];
            ExpertChoice.Forward(logits.AsSpan(token * width, width), normalizes, chosen, actual);
            Assert.Equal(experts[(token * perToken)..((token + 1) * perToken)], chosen.Select(e => (long)e));
            Near.Each(weights[(token * perToken)..((token + 1) * perToken)], actual, relative: 1e-6);
        }
    }

    /// <summary>Copies a case with one of its configs.</summary>
    internal static void Copy(string name, string config, TemporaryFolder folder)
    {
        string source = Path.Combine(SharedMaterial.PathOf(Folder), name);
        foreach (string file in (string[])["model.safetensors", "case.json", "golden.safetensors"])
        {
            File.Copy(Path.Combine(source, file), folder[file]);
        }
        File.Copy(Path.Combine(source, config), folder["config.json"]);
    }

    static IEnumerable<string> Names() => Directory.Exists(SharedMaterial.PathOf(Folder))
        ? Directory.GetDirectories(SharedMaterial.PathOf(Folder)).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)
        : ["missing"];
}
