using System.Runtime.CompilerServices;

namespace Farsight.Tests.Support;

/// <summary>Where the sources are, for tests that read files of the repository.</summary>
static class Repository
{
    /// <summary>The folder that holds README.md.</summary>
    internal static string Root { get; } = Path.GetFullPath(Path.Combine(Here(), "../../.."));

    static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
