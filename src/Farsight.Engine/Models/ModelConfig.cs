using Farsight.Engine.Rope;

namespace Farsight.Engine.Models;

/// <summary>Represents the description of a decoder: sizes with Hugging Face's names, and how its parts compute.</summary>
/// <remarks>
/// The defaults describe Llama. A family sets what differs, and the decoder reads only these values: no code asks for the family.
/// See docs/models.md for the families and their settings.
/// </remarks>
public sealed record ModelConfig
{
    /// <summary>Model family as in config.json: llama, gemma2, …; determines how config.json is written.</summary>
    public required string ModelType { get; init; }

    /// <summary>V: tokens of the vocabulary.</summary>
    public required int VocabSize { get; init; }

    /// <summary>D: width of the hidden state.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>F: width of the MLP; experts have <see cref="MixtureOfExperts.IntermediateSize"/>.</summary>
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

    /// <summary>Whether queries and keys have RMS norms.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Whether these norms span all heads of a projection together, [H·Dh] and [Hkv·Dh], instead of each head, [Dh].</summary>
    public bool NormsWholeProjection { get; init; }

    /// <summary>Factor on the attention scores; null for 1 / √Dh.</summary>
    public float? AttentionScale { get; init; }

    /// <summary>c: attention scores s become c · tanh(s / c) before the mask; null for none.</summary>
    public float? AttentionSoftcap { get; init; }

    /// <summary>Rotated dimensions of a head, the first ones, even; null for all.</summary>
    public int? RotaryDim { get; init; }

    /// <summary>Layers without rotary positions: [L]; empty for none.</summary>
    public IReadOnlyList<bool> UnrotatedLayers { get; init; } = [];

    /// <summary>Base of the rotary frequencies, unscaled, in the layers with a sliding window; null for the one of all layers.</summary>
    public double? WindowedRopeTheta { get; init; }

    /// <summary>Where a layer's two halves have norms.</summary>
    public NormPlacement NormPlacement { get; init; }

    /// <summary>Whether norms multiply by 1 + w instead of w, their stored gain.</summary>
    public bool NormsAddOne { get; init; }

    /// <summary>Activation of the gate.</summary>
    public GateActivation Activation { get; init; }

    /// <summary>Whether q, k and v are stored as one matrix, qkv_proj, and gate and up as another, gate_up_proj.</summary>
    public bool FusedProjections { get; init; }

    /// <summary>Experts of the layers that have them; null for none.</summary>
    public MixtureOfExperts? Experts { get; init; }

    /// <summary>Factor on the embeddings.</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>Factor on the results of attention and MLP before they are added to the residual stream.</summary>
    public float ResidualScale { get; init; } = 1;

    /// <summary>Factor on the logits, before <see cref="LogitSoftcap"/>.</summary>
    public float LogitScale { get; init; } = 1;

    /// <summary>c: logits z become c · tanh(z / c); null for none.</summary>
    public float? LogitSoftcap { get; init; }

    /// <summary>Token that starts a text; null if the config has none.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Tokens that end a response.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>Returns the sliding window of a layer in tokens, including the query itself; null for no window.</summary>
    public int? WindowOf(int layer) => WindowedLayers.Count == 0 || WindowedLayers[layer] ? SlidingWindow : null;

    /// <summary>Returns whether the MLP of a layer is a mixture of experts.</summary>
    public bool HasExperts(int layer) => Experts is { } experts && (experts.DenseLayers.Count == 0 || !experts.DenseLayers[layer]);

    /// <summary>Gets the width of the feed-forward layers that a token uses, with those of its experts, averaged over the layers.</summary>
    public double UsedMlpWidth => Enumerable.Range(0, NumHiddenLayers)
        .Average(l => HasExperts(l) ? (double)Experts!.PerToken * Experts.IntermediateSize : IntermediateSize);

    /// <summary>Returns which of the model's rotations a layer applies: 0, 1 for <see cref="WindowedRopeTheta"/>, null for none.</summary>
    public int? RotationOf(int layer) =>
        UnrotatedLayers.Count > 0 && UnrotatedLayers[layer] ? null : WindowedRopeTheta is not null && WindowOf(layer) is not null ? 1 : 0;

    /// <summary>Number of different rotations.</summary>
    internal int Rotations => WindowedRopeTheta is null ? 1 : 2;

    /// <summary>Number of rotated dimensions of a head.</summary>
    public int RotatedDim => RotaryDim ?? HeadDim;

    /// <summary>H · Dh.</summary>
    public int QueryWidth => NumAttentionHeads * HeadDim;

    /// <summary>Hkv · Dh.</summary>
    public int KeyWidth => NumKeyValueHeads * HeadDim;

    /// <summary>Returns the config with another RoPE scaling and the window that belongs to it.</summary>
    public ModelConfig With(RopeScaling rope)
    {
        // A linear factor replaces an earlier one: it counts from the window before scaling.
        int window = rope is RopeScaling.Linear && RopeScaling is RopeScaling.Linear scaled
            ? scaled.WindowBefore(MaxPositionEmbeddings)
            : MaxPositionEmbeddings;
        return this with { RopeScaling = rope, MaxPositionEmbeddings = rope.WindowOf(window, RotatedDim, RopeTheta) };
    }

    /// <summary>Returns the rule that gives <paramref name="model"/>, which has the same weights, the rotation of this config.</summary>
    /// <exception cref="InputException">The configs differ in rope_theta and this one is also scaled,
    /// which no single rule can express.</exception>
    public RopeScaling RopeFor(ModelConfig model) =>
        RopeTheta == model.RopeTheta ? RopeScaling
        : RopeScaling.IsPlain ? new RopeScaling.AdjustedBase(RopeScaling.Theta(RotatedDim, RopeTheta))
        : throw new InputException(
            FormattableString.Invariant(
                $"The adapter was trained with rope_theta {RopeTheta} and {RopeScaling.Describe()}, but its base model has rope_theta ")
            + FormattableString.Invariant($"{model.RopeTheta}; merge the adapter into the model, or choose a RoPE scaling explicitly."));
}

/// <summary>Defines where the two halves of a layer, attention and MLP, have norms.</summary>
public enum NormPlacement
{
    /// <summary>On the input of each half.</summary>
    Before,

    /// <summary>On the result of each half, before it is added to the residual stream.</summary>
    After,

    /// <summary>On the input and on the result of each half.</summary>
    Both,
}

/// <summary>Defines the activations of a gated MLP.</summary>
public enum GateActivation
{
    /// <summary>x · σ(x).</summary>
    Silu,

    /// <summary>GELU in its tanh form.</summary>
    GeluTanh,
}

/// <summary>Represents MLPs of which each token uses only some, chosen by a router.</summary>
/// <param name="Count">E: experts of a layer.</param>
/// <param name="PerToken">k: experts that a token uses.</param>
/// <param name="IntermediateSize">F: width of an expert.</param>
/// <param name="NormalizesWeights">Whether the weights of the chosen experts are divided by their sum.</param>
/// <param name="Names">Names of the weights.</param>
/// <param name="DenseLayers">Layers with an ordinary MLP instead: [L]; empty for none.</param>
public sealed record MixtureOfExperts(
    int Count, int PerToken, int IntermediateSize, bool NormalizesWeights, ExpertNames Names, IReadOnlyList<bool> DenseLayers);

/// <summary>Represents the names of the weights of a mixture of experts.</summary>
/// <param name="Module">Name of the mixture in its layer: "mlp". It contains the router, "gate", and "experts.0", "experts.1", ….</param>
/// <param name="Gate">Gate projection of an expert: "gate_proj".</param>
/// <param name="Up">Up projection of an expert.</param>
/// <param name="Down">Down projection of an expert.</param>
public sealed record ExpertNames(string Module, string Gate, string Up, string Down);
