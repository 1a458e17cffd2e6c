using Farsight.Engine.Rope;

namespace Farsight.Engine.Models;

/// <summary>Represents the shape of a model of the Llama family, with Hugging Face's names.</summary>
/// <remarks>
/// Llama: plain. Mistral: the same, in v0.1 with a window (<see cref="SlidingWindow"/>). Qwen2: biases on q, k, v
/// (<see cref="AttentionBias"/>). Qwen3: RMS norms on each head's queries and keys (<see cref="QueryKeyNorm"/>).
/// </remarks>
public sealed record ModelConfig
{
    /// <summary>Model family as in config.json: llama, mistral, qwen2, qwen3 or a compatible one.</summary>
    public required string ModelType { get; init; }

    /// <summary>V: tokens of the vocabulary.</summary>
    public required int VocabSize { get; init; }

    /// <summary>D: width of the hidden state.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>F: width of the MLP.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>L: layers.</summary>
    public required int NumHiddenLayers { get; init; }

    /// <summary>H: query heads.</summary>
    public required int NumAttentionHeads { get; init; }

    /// <summary>Hkv: key and value heads; divides H.</summary>
    public required int NumKeyValueHeads { get; init; }

    /// <summary>Dh; need not be D / H.</summary>
    public required int HeadDim { get; init; }

    /// <summary>ε inside the root of the RMS norm.</summary>
    public required float RmsNormEps { get; init; }

    /// <summary>Base of the rotary frequencies.</summary>
    public required double RopeTheta { get; init; }

    /// <summary>Scaling of the rotary frequencies for longer contexts.</summary>
    public required RopeScaling RopeScaling { get; init; }

    /// <summary>Context window of the model in tokens.</summary>
    public required int MaxPositionEmbeddings { get; init; }

    /// <summary>Whether the output head is the embedding matrix.</summary>
    public required bool TieWordEmbeddings { get; init; }

    /// <summary>Whether q, k and v have biases.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Whether the output projection of the attention has a bias.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Whether gate, up and down have biases.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Sliding window in tokens, including the query itself, of the layers that have one; null for none.</summary>
    /// <remarks>
    /// Counts tokens along the path from the root, as a cache does, not position ids: a gap in the ids, as in position synthesis, does
    /// not shrink the window.
    /// </remarks>
    public int? SlidingWindow { get; init; }

    /// <summary>Layers with the sliding window: [L]; empty for all layers.</summary>
    public IReadOnlyList<bool> WindowedLayers { get; init; } = [];

    /// <summary>Whether queries and keys of each head have RMS norms.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Token that starts a text; null if the config has none.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Tokens that end a response.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>Returns the sliding window of a layer in tokens, including the query itself; null for no window.</summary>
    public int? WindowOf(int layer) => WindowedLayers.Count == 0 || WindowedLayers[layer] ? SlidingWindow : null;

    /// <summary>Returns the config with another RoPE scaling and the window that belongs to it.</summary>
    public ModelConfig With(RopeScaling rope)
    {
        // A linear factor replaces an earlier one: it counts from the window before scaling.
        int window = rope is RopeScaling.Linear && RopeScaling is RopeScaling.Linear scaled
            ? scaled.WindowBefore(MaxPositionEmbeddings)
            : MaxPositionEmbeddings;
        return this with { RopeScaling = rope, MaxPositionEmbeddings = rope.WindowOf(window, HeadDim, RopeTheta) };
    }

    /// <summary>Returns the rule that gives <paramref name="model"/>, which has the same weights, the rotation of this config.</summary>
    /// <exception cref="InputException">The configs differ in rope_theta and this one is also scaled,
    /// which no single rule can express.</exception>
    public RopeScaling RopeFor(ModelConfig model) =>
        RopeTheta == model.RopeTheta ? RopeScaling
        : RopeScaling.IsPlain ? new RopeScaling.AdjustedBase(RopeScaling.Theta(HeadDim, RopeTheta))
        : throw new InputException(
            FormattableString.Invariant(
                $"The adapter was trained with rope_theta {RopeTheta} and {RopeScaling.Describe()}, but its base model has rope_theta ")
            + FormattableString.Invariant($"{model.RopeTheta}; merge the adapter into the model, or choose a RoPE scaling explicitly."));
}
