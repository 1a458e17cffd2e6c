namespace Farsight.Tests.Support;

/// <summary>Real tokenizer files, which tools/fetch-tokenizers puts into FARSIGHT_TOKENIZERS (default: artifacts/tokenizers).</summary>
static class FetchedTokenizers
{
    internal static string Root { get; } =
        Environment.GetEnvironmentVariable("FARSIGHT_TOKENIZERS") is { Length: > 0 } path
            ? Path.GetFullPath(path, Repository.Root)
            : Path.Combine(Repository.Root, "artifacts/tokenizers");

    internal static IReadOnlyList<string> Names { get; } = ["llama2", "llama3", "qwen3"];

    internal static string PathOf(string name) => Path.Combine(Root, name, "tokenizer.json");

    /// <summary>Null when the files are there, else the reason a test is skipped for.</summary>
    internal static string? Missing(string name) =>
        File.Exists(PathOf(name))
            ? null
            : $"{PathOf(name)} is missing; run tools/fetch-tokenizers, or set FARSIGHT_TOKENIZERS to the folder that holds {name}.";
}

/// <summary>A theory over real tokenizers that needs them and shared material; skipped, with the path, where a file is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class FetchedTokenizersTheoryAttribute : TheoryAttribute
{
    public FetchedTokenizersTheoryAttribute(params string[] needs) =>
        Skip = FetchedTokenizers
            .Names.Select(FetchedTokenizers.Missing)
            .Concat(needs.Select(SharedMaterial.Missing))
            .FirstOrDefault(reason => reason is not null);
}
