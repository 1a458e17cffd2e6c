using System.Text.Json.Serialization;
using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Data.Positions;

/// <summary>Chooses the position ids of one prompt, so that a short input appears at the positions of a long one.</summary>
/// <remarks>
/// The record that implements it is the recipe entry: <c>{ "scheme": "synthesized", "target_length": 4096, "sparse_share": 0.1 }</c>.
/// Positions are drawn once per sample, so all responses start at the same position.
/// </remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "scheme")]
[JsonDerivedType(typeof(E2Llm), "e2llm")]
[JsonDerivedType(typeof(Linear), "linear")]
[JsonDerivedType(typeof(PaperBias), "paper_bias")]
[JsonDerivedType(typeof(Plain), "plain")]
[JsonDerivedType(typeof(PoSe), "pose")]
[JsonDerivedType(typeof(RandPos), "randpos")]
[JsonDerivedType(typeof(SynthesizedPositions), "synthesized")]
public interface IPositionScheme
{
    /// <summary>The positions 0, 1, 2, … without synthesis, the default of recipes.</summary>
    static IPositionScheme Plain { get; } = new Plain();

    /// <summary>Returns the problems of the settings, each of the form "path.key: what is wrong; what to do".</summary>
    /// <param name="path">Where the scheme stands in the recipe: "positions".</param>
    IEnumerable<string> Problems(string path);

    /// <summary>K: positions stay below it; null where they are those of the real input.</summary>
    int? Window => null;

    /// <summary>
    /// Returns the positions of a prompt: strictly increasing, and low enough for the longest response to end below the target length.
    /// </summary>
    /// <exception cref="InputException">The prompt and its longest response have more tokens than the target has positions.</exception>
    PromptPositions Assign(PromptShape shape, ref SeededRandom random);
}

/// <summary>Represents the lengths that position synthesis needs.</summary>
/// <param name="PrefixTokens">Tokens before the first chunk, as the beginning-of-text token: they keep 0, 1, ….</param>
/// <param name="ChunkLengths">[N] tokens of each chunk, each at least 1.</param>
/// <param name="QuestionTokens">Tokens between the last chunk and the response; of several questions that are asked alone, those that all
/// begin with.</param>
/// <param name="LongestResponseTokens">Tokens of the sample's longest response; with several turns, from the first response to the end of
/// what ends last; with several questions, from where they differ to the end of the longest.</param>
public sealed record PromptShape(int PrefixTokens, IReadOnlyList<int> ChunkLengths, int QuestionTokens, int LongestResponseTokens)
{
    /// <summary>Tokens of all chunks.</summary>
    public int ContextTokens => ChunkLengths.Sum();

    /// <summary>P: prefix, chunks and question.</summary>
    public int PromptTokens => PrefixTokens + ContextTokens + QuestionTokens;

    /// <summary>k: the prompt and the longest response.</summary>
    public int RealLength => PromptTokens + LongestResponseTokens;

    /// <summary>K − k: how many positions of the target stay empty.</summary>
    /// <exception cref="InputException">The target is shorter than the real length.</exception>
    internal int Slack(int targetLength) => targetLength >= RealLength
        ? targetLength - RealLength
        : throw new InputException(
            $"A sample has {PromptTokens} prompt tokens and up to {LongestResponseTokens} response tokens, which do not fit into the "
            + $"position scheme's target_length {targetLength}; raise it to {RealLength} or more, or use shorter samples.");
}

/// <summary>Represents the positions of one prompt.</summary>
/// <param name="Prompt">[P] strictly increasing, not empty.</param>
/// <param name="Step">From one token behind the prompt to the next; 1 but for schemes that spread the responses, too.</param>
public sealed record PromptPositions(int[] Prompt, int Step = 1)
{
    /// <summary>Where every response of the sample starts, or what every question has of its own.</summary>
    public int ResponseStart => Prompt[^1] + Step;

    /// <summary>Returns the positions of tokens that follow the prompt.</summary>
    /// <param name="skipped">How many tokens of their path stand between the prompt and them; 0 for a response of the first turn.</param>
    /// <param name="tokens">How many.</param>
    public int[] Behind(int skipped, int tokens) => [.. Enumerable.Range(skipped, tokens).Select(i => ResponseStart + i * Step)];
}
