using Farsight.Alignment.Answering;
using Farsight.Engine;

namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Provides the chunk scorers by name.</summary>
public static class ChunkScorers
{
    /// <summary>Name of the scorer that asks a language model.</summary>
    public const string Model = "llm";

    static readonly IChunkScorer[] s_own = [new Evidence(), new EntityCount(), new Bm25()];

    /// <summary>Names of the scorers that need no language model.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_own.Select(s => s.Name)];

    /// <summary>Returns the scorer with a name.</summary>
    /// <param name="name">One of <see cref="Names"/>, or <see cref="Model"/>.</param>
    /// <param name="model">Language model for <see cref="Model"/>; the others do not use it.</param>
    /// <exception cref="OptionException">The name is unknown, or the model is missing.</exception>
    public static IChunkScorer Open(string name, ILanguageModel? model = null) =>
        name == Model
            ? new ModelEntities(
                model
                    ?? throw new OptionException(
                        "scorer",
                        $"is {Model}, which asks the language model of an endpoint, and there is no endpoint; use "
                            + $"{string.Join(", ", Names)}."))
            : s_own.FirstOrDefault(s => s.Name == name)
                ?? throw new OptionException("scorer", $"'{name}' is unknown; use {string.Join(", ", Names)} or {Model}.");
}
