using System.Text.Json;
using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints.Families;

/// <summary>Represents Qwen3-MoE: Qwen3 with experts in all or some layers; transformers: modular_qwen3_moe.py.</summary>
sealed record Qwen3Moe : ModelFamily
{
    const string Experts = "num_experts", SameExperts = "num_local_experts", PerToken = "num_experts_per_tok";
    const string Width = "moe_intermediate_size";
    const string Normalizes = "norm_topk_prob", Step = "decoder_sparse_step", Dense = "mlp_only_layers";

    /// <summary>Names of the weights of the experts.</summary>
    internal static ExpertNames Names { get; } = new("mlp", "gate_proj", "up_proj", "down_proj");

    internal Qwen3Moe()
        : base("qwen3_moe", "Qwen3MoeForCausalLM", 32_768)
    {
        Biases = AttentionBiases.All;
        Windows = WindowKeys.AllLayersIfSwitched;
        QueryKeyNorm = true;
        Required = ["num_key_value_heads"];
        Keys = [Experts, SameExperts, PerToken, Width, Normalizes, Step, Dense];
    }

    internal override ModelConfig Describe(ConfigReader config, ModelConfig model)
    {
        int step = config.Int(Step, 1, int.MaxValue, 1), layers = model.NumHiddenLayers;
        IReadOnlyList<int> listed = config.Ints(Dense, 0, int.MaxValue) ?? [];
        bool[] dense = [.. Enumerable.Range(0, layers).Select(layer => listed.Contains(layer) || (layer + 1) % step != 0)];
        int experts = config.Int(config.Has(Experts) ? Experts : SameExperts, 0, 1 << 16, 128);
        if (config.Has(Experts) && config.Int(SameExperts, 0, 1 << 16, experts) != experts)
        {
            throw config.Invalid(SameExperts, $"{Experts} is {experts}; remove one of them");
        }
        // transformers has no experts where the number is 0.
        return experts == 0 || dense.All(d => d) ? model : model with
        {
            Experts = new(
                experts,
                config.Int(PerToken, 1, experts, 8),
                config.Int(Width, 1, 1 << 24, 768),
                config.Bool(Normalizes, false),
                Names,
                dense.Contains(true) ? dense : []),
        };
    }

    internal override void Write(Utf8JsonWriter json, ModelConfig model)
    {
        MixtureOfExperts? experts = model.Experts;
        json.WriteNumber(Experts, experts?.Count ?? 0);
        json.WriteNumber(PerToken, experts?.PerToken ?? 0);
        json.WriteNumber(Width, experts?.IntermediateSize ?? 0);
        json.WriteBoolean(Normalizes, experts?.NormalizesWeights ?? false);
        json.WriteNumber(Step, 1);
        json.WriteStartArray(Dense);
        foreach (int layer in Enumerable.Range(0, model.NumHiddenLayers).Where(l => !model.HasExperts(l)))
        {
            json.WriteNumberValue(layer);
        }
        json.WriteEndArray();
    }
}
