namespace Farsight.Engine.Checkpoints;

/// <summary>Where a family has biases in its attention.</summary>
enum AttentionBiases
{
    /// <summary>Nowhere.</summary>
    None,

    /// <summary>On q, k and v, always.</summary>
    QueryKeyValue,

    /// <summary>On q, k, v and o, if attention_bias says so.</summary>
    All,

    /// <summary>On q, k and v by attention_bias, on o by attention_out_bias; both must be given.</summary>
    Separate,
}

/// <summary>Which keys say what a layer's window is.</summary>
enum WindowKeys
{
    /// <summary>None: all layers see everything.</summary>
    None,

    /// <summary>sliding_window holds for all layers, and 4096 where it is absent.</summary>
    AllLayers,

    /// <summary>sliding_window counts if use_sliding_window is true, in the layers that layer_types or max_window_layers says.</summary>
    Switched,

    /// <summary>sliding_window counts in the layers that layer_types says; both must be given.</summary>
    ByLayer,
}

/// <summary>What a model_type means: which keys count, and what an absent one stands for in transformers.</summary>
/// <param name="ModelType">As in config.json.</param>
/// <param name="Architecture">The class of transformers.</param>
/// <param name="Biases">Biases of the attention.</param>
/// <param name="Windows">Windows of the layers.</param>
/// <param name="MaxPositions">max_position_embeddings where it is absent.</param>
/// <param name="QueryKeyNorm">RMS norms on the queries and keys of each head.</param>
/// <param name="MlpBias">mlp_bias puts biases on gate, up and down.</param>
/// <param name="HeadDim">head_dim where it is absent; null for hidden_size / num_attention_heads.</param>
/// <param name="RopeTheta">rope_theta where it is absent.</param>
/// <param name="Required">Keys whose absence means a default that is not the family's, so that a file without them is refused; | for
/// or.</param>
sealed record ModelFamily(
    string ModelType, string Architecture, AttentionBiases Biases, WindowKeys Windows, int MaxPositions,
    bool QueryKeyNorm = false, bool MlpBias = false, int? HeadDim = null, double RopeTheta = 10_000, params string[] Required)
{
    /// <summary>By model_type. What is not here computes something else, even where the names of its weights are the same.</summary>
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
