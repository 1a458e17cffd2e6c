using System.Reflection;
using Farsight.Alignment.Recipes;

namespace Farsight.Tests.Workflows.Train;

public sealed class BundledRecipeTests
{
    static readonly Type[] s_kinds =
    [
        .. new[] { typeof(IRecipe), typeof(Farsight.Workflows.Study.StudyRecipe) }
            .SelectMany(t => t.Assembly.GetTypes())
            .Where(t => t.IsAssignableTo(typeof(IRecipe)) && t is { IsClass: true }),
    ];

    [Fact]
    public void Each_recipe_of_the_repository_is_of_exactly_one_kind()
    {
        string[] recipes = Directory.GetFiles(Path.Combine(Repository.Root, "recipes"), "*.jsonc", SearchOption.AllDirectories);
        foreach (string path in recipes)
        {
            string?[] problems = [.. s_kinds.Select(kind => ProblemOf(kind, path))];

            Assert.True(
                problems.Count(p => p is null) == 1,
                $"{path}: {string.Join(" — ", problems.Select((p, i) => $"as {s_kinds[i].Name}: {p ?? "fits"}"))}");
        }
        Assert.NotEmpty(recipes);
    }

    /// <summary>Why a file is no recipe of a kind, or null when it is one.</summary>
    static string? ProblemOf(Type kind, string path)
    {
        try
        {
            typeof(RecipeFile).GetMethod(nameof(RecipeFile.Read))!.MakeGenericMethod(kind).Invoke(null, [path, Array.Empty<string>()]);
            return null;
        }
        catch (TargetInvocationException e) when (e.InnerException is RecipeException problem)
        {
            return problem.Message;
        }
    }
}
