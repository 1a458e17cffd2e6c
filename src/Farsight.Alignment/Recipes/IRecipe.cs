namespace Farsight.Alignment.Recipes;

/// <summary>Everything that decides the outcome of one kind of run.</summary>
public interface IRecipe
{
    /// <summary>Values that make no sense, all at once, each as "path: what is wrong; what would be right".</summary>
    IEnumerable<string> Problems();
}
