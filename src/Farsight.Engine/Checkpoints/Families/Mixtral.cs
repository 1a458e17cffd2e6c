using System.Text.Json;
using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints.Families;

/// <summary>Represents Mixtral: Mistral with experts in every layer; transformers: modular_mixtral.py.</summary>
sealed record Mixtral : ModelFamily
{
    const string Experts = "num_local_experts", PerToken = "num_experts_per_tok";

    /// <summary>Names of the weights of the experts.</summary>
    internal static ExpertNames Names { get; } = new("block_sparse_moe", "w1", "w3", "w2");

    internal Mixtral()
        : base("mixtral", "MixtralForCausalLM", 131_072)
    {
        Windows = WindowKeys.AllLayersIfGiven;
        RopeTheta = 1_000_000;
        RmsNormEps = 1e-5;
        Required = ["num_key_value_heads"];
        Keys = [Experts, PerToken];
    }

    internal override ModelConfig Describe(ConfigReader config, ModelConfig model)
    {
        int experts = config.Int(Experts, 1, 1 << 16, 8);
        return model with
        {
            Experts = new(experts, config.Int(PerToken, 1, experts, 2), model.IntermediateSize, NormalizesWeights: true, Names, []),
        };
    }

    internal override void Write(Utf8JsonWriter json, ModelConfig model)
    {
        json.WriteNumber(Experts, model.Experts!.Count);
        json.WriteNumber(PerToken, model.Experts.PerToken);
    }
}
