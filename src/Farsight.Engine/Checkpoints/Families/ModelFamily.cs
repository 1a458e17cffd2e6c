using System.Text.Json;
using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints.Families;

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

    /// <summary>sliding_window applies to all layers. Default: <see cref="ModelFamily.DefaultWindow"/>.</summary>
    AllLayers,

    /// <summary>sliding_window applies to all layers. Default: none.</summary>
    AllLayersIfGiven,

    /// <summary>As <see cref="AllLayers"/>, if use_sliding_window is true.</summary>
    AllLayersIfSwitched,

    /// <summary>sliding_window applies if use_sliding_window is true, to the layers of layer_types or max_window_layers.</summary>
    Switched,

    /// <summary>
    /// sliding_window applies to the layers of layer_types or, if use_sliding_window is true, to those that the family names. Default:
    /// none.
    /// </summary>
    SwitchedByFamily,

    /// <summary>
    /// sliding_window applies to the layers of layer_types or those that the family names. Default:
    /// <see cref="ModelFamily.DefaultWindow"/>.
    /// </summary>
    ByFamily,
}

/// <summary>Represents a model_type: the keys that it uses, their defaults in transformers, and the description that they mean.</summary>
/// <remarks>
/// The properties cover what relatives of Llama differ in. A family that computes something else derives from this record: it lists its
/// keys, turns them into the description, and writes them back.
/// </remarks>
/// <param name="ModelType">model_type in config.json.</param>
/// <param name="Architecture">Class name in transformers.</param>
/// <param name="MaxPositions">Default of max_position_embeddings.</param>
record ModelFamily(string ModelType, string Architecture, int MaxPositions)
{
    /// <summary>Families by model_type. Others compute something else, even if their weights have the same names.</summary>
    internal static IReadOnlyDictionary<string, ModelFamily> All { get; } =
        new ModelFamily[]
        {
            new("llama", "LlamaForCausalLM", 2048) { Biases = AttentionBiases.All, MlpBias = true },
            new("mistral", "MistralForCausalLM", 131_072) { Windows = WindowKeys.AllLayers, Required = ["num_key_value_heads"] },
            // Mistral with windows in some layers; transformers: modular_ministral.py.
            new("ministral", "MinistralForCausalLM", 131_072) { Windows = WindowKeys.ByFamily, Required = ["num_key_value_heads"] },
            new("qwen2", "Qwen2ForCausalLM", 32_768)
            {
                Biases = AttentionBiases.QueryKeyValue,
                Windows = WindowKeys.Switched,
                Required = ["num_key_value_heads"],
            },
            new("qwen3", "Qwen3ForCausalLM", 32_768)
            {
                Biases = AttentionBiases.All,
                Windows = WindowKeys.Switched,
                QueryKeyNorm = true,
                HeadDim = 128,
                Required = ["num_key_value_heads"],
            },
            // Llama with windows in some layers; transformers: modular_cwm.py.
            new("cwm", "CwmForCausalLM", 131_072)
            {
                Windows = WindowKeys.ByFamily,
                DefaultWindow = 8192,
                HasWindow = (_, layer) => layer % 4 != 0,
                MlpBias = true,
                RopeTheta = 1_000_000,
                Required = ["num_key_value_heads", "head_dim", "rms_norm_eps", "max_position_embeddings", "rope_scaling|rope_parameters"],
            },
            // Llama whose biases have switches of their own; transformers: modular_seed_oss.py.
            new("seed_oss", "SeedOssForCausalLM", 524_288)
            {
                Biases = AttentionBiases.Separate,
                MlpBias = true,
                Required = ["num_key_value_heads", "head_dim", "max_position_embeddings"],
            },
            new Gemma2(),
            new Gemma3Text(),
            new Granite(),
            new Mixtral(),
            new Olmo2(),
            new Phi3(),
            new Qwen3Moe(),
            new SmolLm3(),
        }.ToDictionary(f => f.ModelType, StringComparer.Ordinal);

    /// <summary>Biases of the attention.</summary>
    internal AttentionBiases Biases { get; init; }

    /// <summary>Whether mlp_bias adds biases to gate, up and down.</summary>
    internal bool MlpBias { get; init; }

    /// <summary>Windows of the layers.</summary>
    internal WindowKeys Windows { get; init; }

    /// <summary>Window if sliding_window is absent.</summary>
    internal int DefaultWindow { get; init; } = 4096;

    /// <summary>Whether a layer has the window if layer_types is absent. Default: every layer.</summary>
    internal Func<ConfigReader, int, bool> HasWindow { get; init; } = (_, _) => true;

    /// <summary>Whether queries and keys of each head have RMS norms.</summary>
    internal bool QueryKeyNorm { get; init; }

    /// <summary>Default of head_dim; null for hidden_size / num_attention_heads.</summary>
    internal int? HeadDim { get; init; }

    /// <summary>Default of rope_theta.</summary>
    internal double RopeTheta { get; init; } = 10_000;

    /// <summary>Default of rms_norm_eps.</summary>
    internal double RmsNormEps { get; init; } = 1e-6;

    /// <summary>Default of tie_word_embeddings.</summary>
    internal bool TieWordEmbeddings { get; init; }

    /// <summary>Required keys, whose default in transformers is not that of the family; "|" separates alternatives.</summary>
    internal IReadOnlyList<string> Required { get; init; } = [];

    /// <summary>Keys that this family reads beyond the common ones; in other families they must be absent or neutral.</summary>
    internal IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Key of the activation.</summary>
    internal string ActivationKey { get; init; } = "hidden_act";

    /// <summary>Default of <see cref="ActivationKey"/>.</summary>
    internal GateActivation Activation { get; init; }

    /// <summary>Whether rope_parameters has an entry for each kind of layer: full_attention and sliding_attention.</summary>
    internal bool RopeByLayerType { get; init; }

    /// <summary>Whether partial_rotary_factor limits the rotated dimensions of a head.</summary>
    internal bool RotatesPartly { get; init; }

    /// <summary>Default of original_max_position_embeddings for LongRoPE; null for max_position_embeddings.</summary>
    /// <remarks>If set, "su" and "yarn" with lists of factors are old names of LongRoPE.</remarks>
    internal int? LongRopeWindow { get; init; }

    /// <summary>Whether files often name code of their own, of the class <see cref="Architecture"/>, which transformers replaced.</summary>
    internal bool ReplacesCode { get; init; }

    /// <summary>Returns the description of a model of this family.</summary>
    /// <param name="config">config.json, its keys checked.</param>
    /// <param name="model">The description by the common keys.</param>
    internal virtual ModelConfig Describe(ConfigReader config, ModelConfig model) => model;

    /// <summary>Writes the keys that <see cref="Describe"/> reads.</summary>
    internal virtual void Write(Utf8JsonWriter json, ModelConfig model)
    {
    }
}
