using Farsight.Alignment.Runs;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Runs;

public sealed class RunDirectoryTests : IDisposable
{
    const string Recipe = """{ "steps": 10, "optimizer": { "learning_rate": 0.1 } }""";

    readonly string _root = Directory.CreateTempSubdirectory("farsight-run-").FullName;

    string Run => Path.Combine(_root, "run");

    [Fact]
    public void A_new_run_keeps_recipe_and_manifest()
    {
        using RunDirectory run = Open(Recipe);

        Assert.Equal(Recipe, File.ReadAllText(Path.Combine(Run, "recipe.resolved.json")));
        RunManifest manifest = RunManifest.Parse(File.ReadAllText(Path.Combine(Run, "manifest.json")));
        Assert.Equal("abc", manifest.Inputs["data"]);
        Assert.NotEmpty(manifest.Processor);
        Assert.True(manifest.SimdBits is 128 or 256 or 512);
    }

    [Fact]
    public void A_second_start_without_resume_is_refused()
    {
        Open(Recipe).Dispose();

        Assert.Contains("resume it", Refused(() => Open(Recipe)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_with_other_files_is_refused_with_and_without_resume()
    {
        Directory.CreateDirectory(Run);
        File.WriteAllText(Path.Combine(Run, "thesis.txt"), "");

        Assert.Contains("thesis.txt", Refused(() => Open(Recipe)), StringComparison.Ordinal);
        Assert.Contains("thesis.txt", Refused(() => Open(Recipe, resume: true)), StringComparison.Ordinal);
        Assert.Equal(["thesis.txt"], Directory.GetFiles(Run).Select(Path.GetFileName));
    }

    [Fact]
    public void A_resumed_run_removes_what_a_killed_process_left_unfinished_and_nothing_else()
    {
        Open(Recipe).Dispose();
        Directory.CreateDirectory(Path.Combine(Run, "adapter.77.tmp"));
        Directory.CreateDirectory(Path.Combine(Run, "resampled"));
        string[] names = ["adapter.77.tmp/weights.5.tmp", "resampled/step-000001.jsonl.78.tmp", "notes.tmp", "resampled/7.jsonl"];
        Array.ForEach(names, n => File.WriteAllText(Path.Combine(Run, n), "half"));

        Open(Recipe, resume: true).Dispose();

        Assert.Equal([false, false, true, true], names.Select(n => File.Exists(Path.Combine(Run, n))));
        Assert.False(Directory.Exists(Path.Combine(Run, "adapter.77.tmp")));
    }

    [Fact]
    public void A_start_that_was_killed_at_once_can_be_started_again()
    {
        Directory.CreateDirectory(Run);
        File.WriteAllText(Path.Combine(Run, "run.lock"), "");
        File.WriteAllText(Path.Combine(Run, "manifest.json.77.tmp"), "{");
        File.WriteAllText(Path.Combine(Run, "manifest.json"), "{ \"half");

        using RunDirectory run = Open(Recipe);

        Assert.Equal(Recipe, File.ReadAllText(Path.Combine(Run, "recipe.resolved.json")));
        Assert.Equal("abc", RunManifest.Parse(File.ReadAllText(Path.Combine(Run, "manifest.json"))).Inputs["data"]);
        Assert.Empty(run.Notes);
        Assert.Contains("in use", Refused(() => Open(Recipe, resume: true)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("recipe.resolved.json", "{ \"steps\": 1"), InlineData("manifest.json", "{}"), InlineData("manifest.json", "null")]
    public void A_damaged_file_of_a_run_is_named(string file, string content)
    {
        Open(Recipe).Dispose();
        File.WriteAllText(Path.Combine(Run, file), content);

        Assert.StartsWith($"{Path.Combine(Run, file)} is damaged", Refused(() => Open(Recipe, resume: true)), StringComparison.Ordinal);
    }

    [Fact]
    public void Resuming_the_same_recipe_is_fine_however_it_is_laid_out()
    {
        Open(Recipe).Dispose();

        using RunDirectory run = Open(Recipe.Replace(" ", "", StringComparison.Ordinal), resume: true);

        Assert.Empty(run.Notes);
    }

    [Theory]
    [InlineData("0.1", "0.2", "optimizer.learning_rate is 0.2, but")]
    [InlineData("\"steps\": 10, ", "", "steps is null, but")]
    public void Resuming_another_recipe_is_refused_with_the_key(string from, string to, string named)
    {
        Open(Recipe).Dispose();

        Assert.Contains(
            named,
            Refused(() => Open(Recipe.Replace(from, to, StringComparison.Ordinal), resume: true)),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "watch": { "samples": 4, "stop_on_alarm": true }""")]
    [InlineData("""{ "watch": null""")]
    [InlineData("""{ "plan_shape": "other.json" """)]
    public void What_decides_no_bit_may_change_on_resuming_and_is_kept(string begin)
    {
        Open("""{ "watch": { "samples": 4, "stop_on_alarm": false }, "plan_shape": "shape.json", """ + Recipe[1..]).Dispose();
        string changed = $"{begin}, {Recipe[1..]}";

        Open(changed, resume: true).Dispose();

        Assert.Equal(changed, File.ReadAllText(Path.Combine(Run, "recipe.resolved.json")));
    }

    [Theory]
    [InlineData("watch")]
    [InlineData("plan_shape")]
    public void Below_the_first_level_these_keys_are_as_any_other(string key)
    {
        Open(Recipe).Dispose();

        Assert.Contains(
            $"optimizer.{key} is 1, but",
            Refused(() => Open(Recipe.Replace("0.1", $"0.1, \"{key}\": 1", StringComparison.Ordinal), resume: true)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Resuming_with_changed_data_is_refused()
    {
        Open(Recipe).Dispose();

        Assert.Contains("data has changed", Refused(() => Open(Recipe, resume: true, dataHash: "def")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_process_in_the_same_run_is_refused()
    {
        using RunDirectory first = Open(Recipe);

        Assert.Contains("in use", Refused(() => Open(Recipe, resume: true)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_gives_the_lock_back()
    {
        Open(Recipe).Dispose();
        Assert.Contains("use the same recipe to resume", Refused(() => Open("{}", resume: true)), StringComparison.Ordinal);

        using RunDirectory run = Open(Recipe, resume: true);

        Assert.Contains("in use", Refused(() => Open(Recipe, resume: true)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_no_run()
    {
        File.WriteAllText(Run, "");

        Assert.Contains("is a file", Refused(() => Open(Recipe)), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_vector_width_is_noted() => Notes(then => then with { SimdBits = 64 }, "vector width was 64");

    [Fact]
    public void Other_kept_activations_are_noted() =>
        Notes(then => then with { KeptActivations = "BF16" }, "the format of kept activations was BF16 and is exact");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    void Notes(Func<RunManifest, RunManifest> change, string expected)
    {
        Open(Recipe).Dispose();
        string path = Path.Combine(Run, "manifest.json");
        File.WriteAllText(path, change(RunManifest.Parse(File.ReadAllText(path))).ToJson());

        using RunDirectory run = Open(Recipe, resume: true);

        Assert.Contains(expected, Assert.Single(run.Notes), StringComparison.Ordinal);
    }

    RunDirectory Open(string recipe, bool resume = false, string dataHash = "abc") => RunDirectory.Open(
        Run, recipe, RunManifest.OfThisProcess("train", 1, new Dictionary<string, string> { ["data"] = dataHash }), resume);

    static string Refused(Func<RunDirectory> open) => Assert.ThrowsAny<InputException>(open).Message;
}
