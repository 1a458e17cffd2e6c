namespace Farsight.Tests.Support;

/// <summary>
/// The large test material outside the repository, found through FARSIGHT_SHARED (default: ../shared beside the repository).
/// </summary>
static class SharedMaterial
{
    internal static string Root { get; } =
        Environment.GetEnvironmentVariable("FARSIGHT_SHARED") is { Length: > 0 } path
            ? path
            : Path.GetFullPath(Path.Combine(Repository.Root, "../shared"));

    internal static string PathOf(string relative) => Path.Combine(Root, relative);

    /// <summary>Null when the file or folder is there, else the reason a test is skipped for.</summary>
    internal static string? Missing(string relative) =>
        Path.Exists(PathOf(relative)) ? null : $"{PathOf(relative)} is missing; set FARSIGHT_SHARED to the folder that holds {relative}.";
}

/// <summary>A test that needs a file or folder of the shared material; skipped, with the path, where it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class SharedFactAttribute : FactAttribute
{
    public SharedFactAttribute(string needs) => Skip = SharedMaterial.Missing(needs);
}

/// <summary>As <see cref="SharedFactAttribute"/>, for theories.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class SharedTheoryAttribute : TheoryAttribute
{
    public SharedTheoryAttribute(string needs) => Skip = SharedMaterial.Missing(needs);
}
