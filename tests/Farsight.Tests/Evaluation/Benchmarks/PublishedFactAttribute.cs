namespace Farsight.Tests.Evaluation.Benchmarks;

/// <summary>Marks a test that needs public results of other authors in a folder, which an environment variable names.</summary>
sealed class PublishedFactAttribute : FactAttribute
{
    /// <summary>Skips the test where the folder is missing.</summary>
    /// <param name="variable">Name of the environment variable.</param>
    /// <param name="what">The folder: repository, commit and path.</param>
    public PublishedFactAttribute(string variable, string what) => Skip = Directory.Exists(FolderOf(variable))
        ? null
        : $"The published results are missing; set {variable} to {what}.";

    /// <summary>Returns the folder; null where it is not named.</summary>
    internal static string? FolderOf(string variable) => Environment.GetEnvironmentVariable(variable);
}
