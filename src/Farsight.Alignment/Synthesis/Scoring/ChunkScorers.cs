using Farsight.Engine;

namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>The scorers that need nobody else, by name.</summary>
public static class ChunkScorers
{
    /// <summary>What <see cref="Open"/> takes.</summary>
    public static IReadOnlyList<string> Names { get; } = ["entities"];

    /// <summary>The scorer of a name.</summary>
    /// <exception cref="InputException">There is none of that name.</exception>
    public static IChunkScorer Open(string name) => name switch
    {
        "entities" => new EntityCount(new EntityRecognizer()),
        _ => throw new InputException($"There is no scorer {name}; use {string.Join(", ", Names)}."),
    };
}
