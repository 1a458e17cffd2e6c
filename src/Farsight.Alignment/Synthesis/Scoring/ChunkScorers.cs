using Farsight.Engine;
using Microsoft.Extensions.AI;

namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>The scorers by name.</summary>
public static class ChunkScorers
{
    /// <summary>The one that asks a language model.</summary>
    public const string Model = "llm";

    static readonly IChunkScorer[] s_own = [new Evidence(), new EntityCount(), new Bm25()];

    /// <summary>Those that need nobody else.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_own.Select(s => s.Name)];

    /// <summary>The scorer of a name.</summary>
    /// <param name="name">One of <see cref="Names"/>, or <see cref="Model"/>.</param>
    /// <param name="client">Who is asked by <see cref="Model"/>; others do not use it.</param>
    /// <exception cref="InputException">There is none of that name, or nobody who could be asked.</exception>
    public static IChunkScorer Open(string name, IChatClient? client = null) =>
        name == Model
            ? new ModelEntities(
                client
                    ?? throw new InputException(
                        $"The scorer {Model} asks a language model; give --endpoint, or use {string.Join(", ", Names)}."))
            : s_own.FirstOrDefault(s => s.Name == name)
                ?? throw new InputException($"There is no scorer {name}; use {string.Join(", ", Names)} or {Model}.");
}
