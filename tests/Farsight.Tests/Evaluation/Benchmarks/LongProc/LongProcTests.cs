using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Farsight.Evaluation.Core;
using Farsight.Tests.Evaluation.Core;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.LongProc;

public sealed class LongProcTests(ITestOutputHelper output)
{
    [SharedFact("evaldata/longproc")]
    [Trait("Category", "Slow")]
    public void All_examples_are_made_and_right_outputs_score_1() =>
        BenchmarkRun.Check(output, "longproc", expectedTasks: 8, expectedExamples: 1411, Ideal);

    [SharedTheory("evaldata/goldens/longproc_prompts.json")]
    [Trait("Category", "Golden")]
    [InlineData("path_traversal_0.5k")]
    [InlineData("tom_tracking_0.5k")]
    [InlineData("countdown_0.5k")]
    public void The_first_prompt_and_its_reference_are_the_official_ones(string name) => Compare(name);

    [SharedFact("evaldata/longproc/html_to_tsv/webpage/W309_0.5k_1.html")]
    [Trait("Category", "Golden")]
    public void The_first_prompt_with_a_web_page_and_its_reference_are_the_official_ones() => Compare("html_to_tsv_0.5k");

    [Fact]
    public void Items_without_their_page_are_reported_as_skipped()
    {
        using TaskData data = new();
        new LongProcFixture().Write(data);
        EvalSetting setting = data.Setting;
        IEvalTask task = EvalTaskCatalog.Get("html_to_tsv_2k");
        Assert.Null(task.Omission(setting));
        string items = setting.Data.PathOf("longproc/html_to_tsv/html_to_tsv_2k.json")!, first = File.ReadAllText(items)[1..^1];
        File.WriteAllText(items, $"[{first},{first.Replace("W80_2k_1", "W81_2k_1", StringComparison.Ordinal)}]");
        EvalPlan plan = ScriptedPlans.Of(task);

        EvalResults results = EvalSamples.Runner(new ScriptedCompleter(_ => "")).Run(plan with { Setting = setting });

        Assert.Equal(1, results.Tasks[0].All.N);
        Assert.Equal(
            "1 of 2 items are left out, because their pages are missing, such as longproc/html_to_tsv/webpage/W81_2k_1.html; "
                + "get the file again ('farsight eval data' shows where).",
            results.Skipped.Single().Reason);
    }

    static void Compare(string name)
    {
        JsonElement golden = EvalGoldens
            .Json("evaldata/goldens/longproc_prompts.json")
            .EnumerateArray()
            .Single(g => g.GetProperty("dataset").GetString() == name);
        EvalExample first = EvalTaskCatalog.Get(name).Examples(BenchmarkRun.Setting).First();
        string prompt = BenchmarkRun.Text(first);

        Assert.Equal(golden.GetProperty("chars").GetInt32(), prompt.EnumerateRunes().Count());
        Assert.Equal(golden.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(prompt))));
        Assert.Equal(golden.GetProperty("reference_output").GetString(), first.References[0]);
    }

    static string? Ideal(EvalExample example) => example.Details.ContainsKey("nums") ? example.References[0]
        : example.Details.ContainsKey("header") ? null
        : example.References[0].StartsWith("From ", StringComparison.Ordinal) ? $"<Route>\n{example.References[0]}\n</Route>"
        : example.References[0].Contains('\t') ? $"```tsv\n{example.References[0]}\n```"
        : example.References[0];
}
