namespace Farsight.Engine.Checkpoints;

/// <summary>Defines the attention biases of a family.</summary>
enum AttentionBiases
{
    /// <summary>No biases.</summary>
    None,

    /// <summary>Always on q, k and v.</summary>
    QueryKeyValue,

    /// <summary>On q, k, v and o if attention_bias is true.</summary>
    All,

    /// <summary>On q, k and v by attention_bias, on o by attention_out_bias; both keys are required.</summary>
    Separate,
}

/// <summary>Defines the keys that determine the sliding window of a layer.</summary>
enum WindowKeys
{
    /// <summary>No sliding windows.</summary>
    None,

    /// <summary>sliding_window applies to all layers. Default: 4096.</summary>
    AllLayers,

    /// <summary>sliding_window applies if use_sliding_window is true, to the layers of layer_types or max_window_layers.</summary>
    Switched,

    /// <summary>sliding_window applies to the layers of layer_types; both keys are required.</summary>
    ByLayer,
}

/// <summary>Represents a model_type: the keys that it uses, and their defaults in transformers.</summary>
/// <param name="ModelType">model_type in config.json.</param>
/// <param name="Architecture">Class name in transformers.</param>
/// <param name="Biases">Biases of the attention.</param>
/// <param name="Windows">Windows of the layers.</param>
/// <param name="MaxPositions">Default of max_position_embeddings.</param>
/// <param name="QueryKeyNorm">Whether queries and keys of each head have RMS norms.</param>
/// <param name="MlpBias">Whether mlp_bias adds biases to gate, up and down.</param>
/// <param name="HeadDim">Default of head_dim; null for hidden_size / num_attention_heads.</param>
/// <param name="RopeTheta">Default of rope_theta.</param>
/// <param name="Required">Required keys, whose default in transformers is not that of the family; "|" separates alternatives.</param>
sealed record ModelFamily(
    string ModelType, string Architecture, AttentionBiases Biases, WindowKeys Windows, int MaxPositions,
    bool QueryKeyNorm = false, bool MlpBias = false, int? HeadDim = null, double RopeTheta = 10_000, params string[] Required)
{
    /// <summary>Families by model_type. Others compute something else, even if their weights have the same names.</summary>
    internal static IReadOnlyDictionary<string, ModelFamily> All { get; } =
        new ModelFamily[]
        {
            new("llama", "LlamaForCausalLM", AttentionBiases.All, WindowKeys.None, 2048, MlpBias: true),
            new("mistral", "MistralForCausalLM", AttentionBiases.None, WindowKeys.AllLayers, 131_072, Required: ["num_key_value_heads"]),
            new("qwen2", "Qwen2ForCausalLM", AttentionBiases.QueryKeyValue, WindowKeys.Switched, 32_768, Required: ["num_key_value_heads"]),
            new(
                "qwen3",
                "Qwen3ForCausalLM",
                AttentionBiases.All,
                WindowKeys.Switched,
                32_768,
                QueryKeyNorm: true,
                HeadDim: 128,
                Required: ["num_key_value_heads"]),
            // Llama with windows in some layers; transformers: modular_cwm.py.
            new(
                "cwm",
                "CwmForCausalLM",
                AttentionBiases.None,
                WindowKeys.ByLayer,
                131_072,
                MlpBias: true,
                RopeTheta: 1_000_000,
                Required: ["num_key_value_heads", "head_dim", "rms_norm_eps", "max_position_embeddings", "rope_scaling|rope_parameters"]),
            // Mistral with windows in some layers; transformers: modular_ministral.py.
            new("ministral", "MinistralForCausalLM", AttentionBiases.None, WindowKeys.ByLayer, 131_072, Required: ["num_key_value_heads"]),
            // Llama whose biases have switches of their own; transformers: modular_seed_oss.py.
            new(
                "seed_oss",
                "SeedOssForCausalLM",
                AttentionBiases.Separate,
                WindowKeys.None,
                524_288,
                MlpBias: true,
                Required: ["num_key_value_heads", "head_dim", "max_position_embeddings"]),
        }.ToDictionary(f => f.ModelType, StringComparer.Ordinal);
}
