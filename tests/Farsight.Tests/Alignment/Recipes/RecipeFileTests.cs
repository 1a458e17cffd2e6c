using Farsight.Alignment.Objectives;
using Farsight.Alignment.Recipes;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Recipes;

public sealed class RecipeFileTests
{
    const string Good = """
        {
          // a comment
          "name": "first",
          "objective": { "beta": 2.0, "gamma": 0.5, "sft_weight": 0.1, "name": "logo" },
          "size": { "width": 3, "deep": { "height": 1e-5 } },
          "note": null,
          "targets": ["q", "v"],
        }
        """;

    sealed record Toy(string Name, IPreferenceObjective Objective, ToySize Size, string? Note, IReadOnlyList<string> Targets) : IRecipe
    {
        public IEnumerable<string> Problems() =>
            [
                .. Objective.Problems("objective"),
                .. Size.Width > 0 ? [] : new[] { $"size.width: {Size.Width} is not usable; use 1 or more." },
            ];
    }

    sealed record ToySize(int Width, ToyDepth Deep);

    sealed record ToyDepth(double Height);

    [Fact]
    public void Reads_a_recipe_with_comments_and_a_trailing_comma()
    {
        Toy toy = Parse(Good);

        Assert.Equal(new Logo(2, 0.5, 0.1), toy.Objective);
        Assert.Equal(1e-5, toy.Size.Deep.Height);
        Assert.Equal(["q", "v"], toy.Targets);
    }

    [Theory]
    [InlineData("\"gamma\": 0.5, ", "", "objective.gamma: missing")]                  // no silent 0
    [InlineData("\"gamma\"", "\"gama\"", "objective.gama: unknown key; the known keys here are beta, gamma, sft_weight")]
    [InlineData("\"gamma\"", "\"gama\"", "prompt_weight, rejected_weights. Did you mean 'gamma'?")]
    [InlineData("\"logo\"", "\"lego\"", "objective.name: 'lego' is unknown; use one of")]
    [InlineData("\"logo\"", "\"lego\"", ", solopo. Did you mean 'logo'?")]
    [InlineData(", \"name\": \"logo\"", "", "objective.name: missing; use one of")]
    [InlineData("\"width\": 3", "\"width\": 0", "size.width: 0 is not usable")]
    [InlineData("\"width\": 3", "\"width\": 3.5", "size.width: 3.5 is not a whole number")]
    [InlineData("\"width\": 3", "\"width\": \"3\"", "size.width: \"3\" is not a whole number")]
    [InlineData("\"width\": 3", "\"width\": null", "size.width: null is not a value here")]
    [InlineData("1e-5", "true", "size.deep.height: true is not a number")]
    [InlineData("{ \"height\": 1e-5 }", "7", "size.deep: 7 is not an object")]
    [InlineData("\"note\": null,", "", "note: missing")]
    [InlineData("\"note\": null", "\"note\": 1", "note: 1 is not a string")]
    [InlineData("[\"q\", \"v\"]", "\"q\"", "targets: \"q\" is not a list")]
    [InlineData("\"beta\": 2.0", "\"beta\": -2.0", "objective.beta: -2 is not allowed")]
    [InlineData("\"note\": null", "\"name\": \"again\"", "name")]                     // twice
    [InlineData("\"size\":", "size:", "line 5: ")]                                      // no JSON
    public void Names_the_key_that_is_wrong(string from, string to, string named)
    {
        Assert.Contains(from, Good, StringComparison.Ordinal);

        var e = Assert.Throws<RecipeException>(() => Parse(Good.Replace(from, to, StringComparison.Ordinal)));

        Assert.Contains(named, e.Message, StringComparison.Ordinal);
        Assert.Contains("toy.jsonc", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_everything_at_once()
    {
        string bad = Good.Replace("\"gamma\"", "\"gama\"", StringComparison.Ordinal)
            .Replace("3,", "\"wide\",", StringComparison.Ordinal)
            .Replace("\"note\"", "\"nota\"", StringComparison.Ordinal);

        var e = Assert.Throws<RecipeException>(() => Parse(bad));

        Assert.Equal(5, e.Problems.Count); // gama unknown, gamma missing, width no number, nota unknown, note missing
    }

    [Theory]
    [InlineData("name=second")]
    [InlineData("name = \"second\"")]
    public void An_override_sets_a_key(string text) => Assert.Equal("second", Parse(Good, text).Name);

    [Fact]
    public void Overrides_reach_deep_and_the_last_wins()
    {
        Toy toy = Parse(
            Good,
            "size.deep.height=0.5",
            "size.deep.height=0.25",
            "objective={\"name\":\"dpo\",\"beta\":1}",
            "note=yarn:8",
            "targets=[\"o\"]");

        Assert.Equal(0.25, toy.Size.Deep.Height);
        Assert.Equal(new Dpo(1), toy.Objective);
        Assert.Equal("yarn:8", toy.Note);
        Assert.Equal(["o"], toy.Targets);
    }

    [Theory]
    [InlineData("size.dep.height=1", "size.dep: unknown key")]
    [InlineData("size.width.more=1", "size.width is not an object")]
    [InlineData("size.width", "path=value")]
    [InlineData("=1", "path=value")]
    [InlineData("size..width=1", "path=value")]
    public void An_override_of_nothing_is_refused(string text, string named) =>
        Assert.Contains(named, Assert.ThrowsAny<InputException>(() => Parse(Good, text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_resolved_recipe_reads_back_as_itself()
    {
        string resolved = RecipeFile.Resolve(Parse(Good, "size.width=9"));

        Assert.Equal(resolved, RecipeFile.Resolve(RecipeFile.Parse<Toy>(resolved, "resolved", [])));
        Assert.Contains("\"width\": 9", resolved, StringComparison.Ordinal);
        Assert.Contains("\"name\": \"logo\"", resolved, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains(
            "nowhere.jsonc",
            Assert.Throws<InputException>(() => RecipeFile.Read<Toy>("nowhere.jsonc", [])).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_path_is_looked_for_beside_the_recipe_first_and_then_in_the_working_folder()
    {
        string root = Directory.CreateTempSubdirectory("farsight-recipe-").FullName;
        File.WriteAllText(Path.Combine(root, "data.jsonl"), "");
        string recipe = Path.Combine(root, "r.jsonc"), here = Path.GetFileName(Directory.GetFiles(Directory.GetCurrentDirectory())[0]);

        Assert.Equal(Path.Combine(root, "data.jsonl"), RecipeFile.Locate(recipe, "data", "data.jsonl"));
        Assert.Equal(Path.GetFullPath(here), RecipeFile.Locate(recipe, "data", here));
        Assert.Contains(
            "data: none.jsonl",
            Assert.Throws<RecipeException>(() => RecipeFile.Locate(recipe, "data", "none.jsonl")).Message,
            StringComparison.Ordinal);
        Directory.Delete(root, recursive: true);
    }

    static Toy Parse(string json, params string[] overrides) => RecipeFile.Parse<Toy>(json, "toy.jsonc", overrides);
}
