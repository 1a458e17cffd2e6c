using Farsight.Engine.Models;
using Farsight.Engine.Rope;

namespace Farsight.Tests.Support;

/// <summary>Small configs that together have every part that a family of models may have, by name.</summary>
static class DecoderVariants
{
    internal static ModelConfig Plain { get; } = new()
    {
        ModelType = "llama",
        VocabSize = 61,
        HiddenSize = 24,
        IntermediateSize = 40,
        NumHiddenLayers = 3,
        NumAttentionHeads = 6,
        NumKeyValueHeads = 2,
        HeadDim = 8,
        RmsNormEps = 1e-5f,
        RopeTheta = 10_000,
        RopeScaling = new RopeScaling.Unscaled(),
        MaxPositionEmbeddings = 128,
        TieWordEmbeddings = false,
    };

    internal static IReadOnlyDictionary<string, ModelConfig> All { get; } = new Dictionary<string, ModelConfig>
    {
        ["plain"] = Plain,
        ["tied"] = Plain with { TieWordEmbeddings = true },
        ["biases"] = Plain with { AttentionBias = true, OutputBias = true, MlpBias = true },
        ["window"] = Plain with { SlidingWindow = 7 },
        ["windows of some layers"] = Plain with
        {
            SlidingWindow = 5,
            WindowedLayers = [true, false, true],
            WindowedRopeTheta = 1_000,
        },
        ["q and k norms"] = Plain with { QueryKeyNorm = true },
        ["norms of whole projections, after"] = Plain with
        {
            QueryKeyNorm = true,
            NormsWholeProjection = true,
            NormPlacement = NormPlacement.After,
        },
        ["softcaps, norms on both sides"] = Plain with
        {
            AttentionSoftcap = 2,
            LogitSoftcap = 3,
            AttentionScale = 0.4f,
            NormPlacement = NormPlacement.Both,
            NormsAddOne = true,
            Activation = GateActivation.GeluTanh,
            EmbeddingScale = 4.9f,
            SlidingWindow = 6,
            WindowedLayers = [true, false, true],
        },
        ["scales"] = Plain with { AttentionScale = 0.2f, ResidualScale = 0.3f, LogitScale = 0.5f, EmbeddingScale = 2 },
        ["partial rotation, layers without"] = Plain with { RotaryDim = 4, UnrotatedLayers = [false, true, false] },
        ["experts"] = Plain with { Experts = Mixture(normalizes: true, []) },
        ["experts, weights not normalized, a dense layer"] = Plain with { Experts = Mixture(normalizes: false, [false, true, false]) },
        ["RoPE that depends on the length"] = Plain with { RopeScaling = new RopeScaling.DynamicNtk(4, 16), MaxPositionEmbeddings = 16 },
    };

    static MixtureOfExperts Mixture(bool normalizes, bool[] dense) =>
        new(5, 2, 16, normalizes, new("mlp", "gate_proj", "up_proj", "down_proj"), dense);
}
