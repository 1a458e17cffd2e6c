using Farsight.Engine.Rope;

namespace Farsight.Engine.Models;

/// <summary>The shape of a model of the Llama family, with Hugging Face's names.</summary>
/// <remarks>
/// Llama: plain. Mistral: the same, in v0.1 with a window (<see cref="SlidingWindow"/>). Qwen2: biases on q, k, v
/// (<see cref="AttentionBias"/>). Qwen3: RMS norms on each head's queries and keys (<see cref="QueryKeyNorm"/>).
/// </remarks>
public sealed record ModelConfig
{
    /// <summary>llama, mistral, qwen2, qwen3, or a relative of theirs, as in config.json.</summary>
    public required string ModelType { get; init; }

    /// <summary>V.</summary>
    public required int VocabSize { get; init; }

    /// <summary>D.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>F.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>L.</summary>
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

    /// <summary>How the rotary frequencies are changed for longer contexts.</summary>
    public required RopeScaling RopeScaling { get; init; }

    /// <summary>The window the model was trained for, in tokens.</summary>
    public required int MaxPositionEmbeddings { get; init; }

    /// <summary>The output head is the embedding matrix.</summary>
    public required bool TieWordEmbeddings { get; init; }

    /// <summary>Biases on q, k and v.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>A bias on the attention's output.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Biases on gate, up and down.</summary>
    public bool MlpBias { get; init; }

    /// <summary>How many tokens a query sees in the layers that have a window, itself included; null when none has.</summary>
    /// <remarks>
    /// Tokens are counted along the path from the root, as a cache counts them, not by position ids: a gap in the ids, as
    /// position synthesis makes them, does not shrink the window.
    /// </remarks>
    public int? SlidingWindow { get; init; }

    /// <summary>[L] which layers have the window; empty for all.</summary>
    public IReadOnlyList<bool> WindowedLayers { get; init; } = [];

    /// <summary>RMS norms on the queries and keys of each head.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Token that opens a text; null when the config names none.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Tokens that end a response.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>How many tokens a query of a layer sees, itself included; null for all.</summary>
    public int? WindowOf(int layer) => WindowedLayers.Count == 0 || WindowedLayers[layer] ? SlidingWindow : null;

    /// <summary>The same model under another RoPE rule, with the window that belongs to it.</summary>
    public ModelConfig With(RopeScaling rope) => this with { RopeScaling = rope, MaxPositionEmbeddings = rope.WindowOf(this) };

    /// <summary>The rule that gives <paramref name="model"/>, of the same weights, the rotation of this config.</summary>
    /// <exception cref="InputException">The two differ in rope_theta and this one is scaled besides, which no single rule can
    /// say.</exception>
    public RopeScaling RopeFor(ModelConfig model) =>
        RopeTheta == model.RopeTheta ? RopeScaling
        : RopeScaling.IsPlain ? new RopeScaling.AdjustedBase(RopeScaling.Theta(HeadDim, RopeTheta))
        : throw new InputException(
            FormattableString.Invariant(
                $"The adapter was trained with rope_theta {RopeTheta} and {RopeScaling.Describe()}, its base model has rope_theta {model.RopeTheta}; make one model of both with `farsight merge`, or choose a rule with --rope."
            ));
}
