using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints.Families;

/// <summary>Represents OLMo 2; transformers: modular_olmo2.py.</summary>
/// <remarks>Only the results of the two halves of a layer have norms. Queries and keys are normed over the whole projection.</remarks>
sealed record Olmo2 : ModelFamily
{
    internal Olmo2()
        : base("olmo2", "Olmo2ForCausalLM", 2048)
    {
        Biases = AttentionBiases.All;
        QueryKeyNorm = true;
        RmsNormEps = 1e-5;
    }

    internal override ModelConfig Describe(ConfigReader config, ModelConfig model) => Common(model);

    /// <summary>Adds what OLMo 2 computes.</summary>
    internal static ModelConfig Common(ModelConfig model) =>
        model with { NormPlacement = NormPlacement.After, NormsWholeProjection = true };
}
