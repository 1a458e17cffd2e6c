namespace Farsight.Tests.Cli;

/// <summary>Paths of the wrong kind get a sentence that says what they are, before any work.</summary>
public sealed class WrongPathTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public WrongPathTests()
    {
        File.WriteAllText(_folder["notes.md"], "# Notes");
        File.WriteAllText(_folder["data.jsonl"], "{}");
        File.WriteAllText(
            _folder["recipe.jsonc"], """{ /* a comment */ "base_model": "m", "objective": { "name": "logo" }, "steps": 3, }""");
        Directory.CreateDirectory(_folder["full"]);
        File.WriteAllText(_folder["full/letter.txt"], "Dear reader");
    }

    [Theory]
    [InlineData("notes.md is a text, not a model.", "new", "logo", "--model", "notes.md", "--data", "data.jsonl", "--out", "new.jsonc")]
    [InlineData("notes.md is a text, not a preference dataset.", "new", "sft", "--model", "none", "--data", "notes.md", "--out", "a.jsonc")]
    [InlineData("is a recipe, not a preference dataset.", "data", "export", "recipe.jsonc", "--format", "trl", "--out", "t.jsonl")]
    [InlineData("full is a folder, not a preference dataset.", "data", "export", "full", "--format", "trl", "--out", "t.jsonl")]
    [InlineData("data.jsonl is a dataset, not a model.", "generate", "--model", "data.jsonl", "--prompt", "hello")]
    [InlineData("data.jsonl is a dataset, not a training run or an evaluation.", "report", "data.jsonl")]
    [InlineData("recipe.jsonc is a recipe, not a training run or an evaluation.", "compare", "recipe.jsonc", "recipe.jsonc")]
    [InlineData("is not empty. Specify another one, or overwrite its files with --force.", "documents", "--out", "full", "--seed", "1")]
    public async Task A_path_of_another_kind_is_named(string message, params string[] args)
    {
        (int code, _, string error) = await CommandLine.Run([.. args.Select(a => Path.Exists(_folder[a]) ? _folder[a] : a)]);

        Assert.Equal(2, code);
        Assert.Contains(message, error);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task An_evaluation_says_before_the_work_that_it_replaces_the_results_of_another_command()
    {
        Directory.CreateDirectory(_folder["before"]);
        File.WriteAllText(_folder["before/results.json"], """{ "command": "farsight eval --length 300" }""");

        (int code, _, string error) = await CommandLine.Run("eval", "--model", _folder["none"], "--out", _folder["before"]);

        Assert.Equal(2, code);
        Assert.Contains("before has the results of another command: farsight eval --length 300", error);
    }

    [Fact]
    public async Task A_wrong_value_of_an_override_names_the_override()
    {
        (int code, _, string error) = await CommandLine.Run(
            "train", _folder["recipe.jsonc"], "--out", _folder["run"], "--set", "steps=ten");

        Assert.Equal(2, code);
        Assert.Contains("steps: \"ten\" is not a whole number. The override 'steps=ten' sets it.", error);
    }

    [Fact]
    public async Task A_key_that_a_recipe_has_twice_is_named()
    {
        File.WriteAllText(_folder["twice.jsonc"], """{ "steps": 3, "steps": 4 }""");

        (int code, _, string error) = await CommandLine.Run("train", _folder["twice.jsonc"], "--out", _folder["run"]);

        Assert.Equal(2, code);
        Assert.Contains("steps: the key occurs twice; keep one.", error);
    }

    public void Dispose() => _folder.Dispose();
}
