namespace Farsight.Workflows.Evolve;

/// <summary>The documents of a self-evolution: a path, or so many invented ones.</summary>
/// <param name="Path">Folder or file; null, or left out, for invented documents.</param>
/// <param name="Count">Invented documents.</param>
/// <param name="Words">Least words of each.</param>
public sealed record EvolveDocuments(string? Path = null, int? Count = null, int? Words = null)
{
    internal IEnumerable<string> Problems(string path) => this switch
    {
        { Path: not null, Count: null, Words: null } => [],
        { Path: null, Count: >= 1, Words: >= 1 } => [],
        { Path: not null } => [$"{path}: it has a path and numbers of invented documents; give one of the two."],
        _ => [$"{path}: give a path, or count and words of invented documents, 1 or more each."],
    };
}
