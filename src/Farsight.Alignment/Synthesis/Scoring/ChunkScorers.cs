using Farsight.Engine;

namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>The scorers that need nobody else, by name.</summary>
public static class ChunkScorers
{
    static readonly IChunkScorer[] s_all = [new Evidence(), new EntityCount(), new Bm25()];

    /// <summary>What <see cref="Open"/> takes.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_all.Select(s => s.Name)];

    /// <summary>The scorer of a name.</summary>
    /// <exception cref="InputException">There is none of that name.</exception>
    public static IChunkScorer Open(string name) => s_all.FirstOrDefault(s => s.Name == name)
        ?? throw new InputException($"There is no scorer {name}; use {string.Join(", ", Names)}.");
}
