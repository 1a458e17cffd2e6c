using Farsight.Engine;

namespace Farsight.Alignment.Recipes;

/// <summary>A recipe that cannot be run, with every reason found.</summary>
/// <param name="source">The file.</param>
/// <param name="problems">Each as "path: what is wrong; what would be right".</param>
public sealed class RecipeException(string source, IReadOnlyList<string> problems)
    : InputException($"{source} is not a usable recipe:\n  " + string.Join("\n  ", problems))
{
    /// <summary>Each as "path: what is wrong; what would be right".</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
