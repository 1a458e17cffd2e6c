using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Alignment.Recipes;

namespace Farsight.Tests.Alignment.Recipes;

public sealed class RecipeSchemaTests
{
    public static readonly TheoryData<string> Kinds = [.. RecipeSchema.Kinds.Keys];

    public static readonly TheoryData<string> Recipes =
    [
        .. Directory.GetFiles(At("recipes"), "*.jsonc", SearchOption.AllDirectories).Select(p => Path.GetRelativePath(Repository.Root, p)),
    ];

    /// <summary>FARSIGHT_UPDATE_GOLDEN=1 writes the file anew; the test fails then, too, so that nobody leaves it set.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_stored_schema_of_each_kind_is_that_of_its_record(string kind)
    {
        string path = At($"schemas/{kind}.schema.json"), schema = RecipeSchema.Of(kind);
        if (Environment.GetEnvironmentVariable("FARSIGHT_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, schema);
            Assert.Fail($"{path} was written; unset FARSIGHT_UPDATE_GOLDEN and run the test again.");
        }
        Assert.True(schema == File.ReadAllText(path), $"{path} is not that of the records; set FARSIGHT_UPDATE_GOLDEN=1 and run this "
            + "test.");
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Each_recipe_of_the_repository_names_its_schema_and_fits_it(string recipe)
    {
        JsonNode tree = Read(File.ReadAllText(At(recipe)));
        string schema = Path.GetFullPath(Path.Combine(At(recipe), "..", (string)tree["$schema"]!));

        Assert.Null(RecipeSchema.Violation(JsonNode.Parse(File.ReadAllText(schema))!, tree));
        Assert.Equal(At("schemas"), Path.GetDirectoryName(schema));
    }

    [Theory]
    [InlineData("stpes", "5", "recipe.stpes: unknown")]
    [InlineData("steps", "\"five\"", "recipe.steps: not of type integer")]
    [InlineData("steps", "1.5", "recipe.steps: not of type integer")]
    [InlineData("data", "null", "recipe.data: not of type string")]
    [InlineData("weights", "\"q9\"", "recipe.weights: not in the enumeration")]
    [InlineData("objective", """{ "name": "lgoo", "beta": 1 }""", "recipe.objective.name: not in the enumeration")]
    [InlineData("objective", """{ "name": "longpo", "beta": 1 }""", "recipe.objective: fits none")]
    [InlineData("lora", """{ "rnak": 8 }""", "recipe.lora.rnak: unknown")]
    public void A_schema_refuses_what_the_reader_refuses(string key, string value, string violation)
    {
        JsonNode tree = Read(File.ReadAllText(At("recipes/tiny-logo-yarn.jsonc")));
        tree[key] = JsonNode.Parse(value);

        Assert.StartsWith(violation, RecipeSchema.Violation(JsonNode.Parse(RecipeSchema.Of("train"))!, tree), StringComparison.Ordinal);
        Assert.Throws<RecipeException>(() => RecipeFile.Parse<TrainRecipe>(tree.ToJsonString(), "recipe", []));
    }

    [Fact]
    public void A_schema_refuses_a_recipe_without_a_required_key()
    {
        JsonObject tree = Read(File.ReadAllText(At("recipes/tiny-logo-yarn.jsonc"))).AsObject();
        tree.Remove("data");

        Assert.Equal("recipe.data: missing", RecipeSchema.Violation(JsonNode.Parse(RecipeSchema.Of("train"))!, tree));
    }

    [Fact]
    public void The_reader_accepts_the_schema_key_at_the_root_with_a_text_and_nowhere_else()
    {
        string recipe = File.ReadAllText(At("recipes/tiny-logo-yarn.jsonc"));
        JsonNode number = Read(recipe), inside = Read(recipe);
        number["$schema"] = 3;
        inside["optimizer"]!["$schema"] = "x";

        Assert.DoesNotContain("$schema", RecipeFile.Resolve(RecipeFile.Parse<TrainRecipe>(recipe, "recipe", [])), StringComparison.Ordinal);
        Assert.Contains("$schema: unknown key", Refusal(number), StringComparison.Ordinal);
        Assert.Contains("optimizer.$schema: unknown key", Refusal(inside), StringComparison.Ordinal);
    }

    static string Refusal(JsonNode tree) =>
        Assert.Throws<RecipeException>(() => RecipeFile.Parse<TrainRecipe>(tree.ToJsonString(), "recipe", [])).Message;

    static JsonNode Read(string json) =>
        JsonNode.Parse(json, documentOptions: new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip })!;

    static string At(string path) => Path.Combine(Repository.Root, path);
}
