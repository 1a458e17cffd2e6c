using System.Text.Json;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Checkpoints;

/// <summary>config.json of a Hugging Face model directory, to and from <see cref="ModelConfig"/>.</summary>
/// <remarks>
/// Defaults are those of transformers. Unknown keys are normal in this file and ignored, except those that are known to
/// change the numbers (<see cref="s_neutral"/>): when one is set to something that matters, the model is refused.
/// </remarks>
public static class HuggingFaceConfig
{
    const int MaxSize = 1 << 24; // of any extent: far above real models, low enough that products fit

    static readonly Dictionary<string, string> s_architectures = new(StringComparer.Ordinal)
    {
        ["llama"] = "LlamaForCausalLM",
        ["mistral"] = "MistralForCausalLM",
        ["qwen2"] = "Qwen2ForCausalLM",
        ["qwen3"] = "Qwen3ForCausalLM",
    };

    /// <summary>Keys that change the numbers in some fork of these models, and the value that does not.</summary>
    static readonly (string Key, string Neutral)[] s_neutral =
    [
        ("mlp_bias", "false"), ("qkv_bias", "false"), ("use_bias", "false"), ("attention_out_bias", "false"),
        ("partial_rotary_factor", "1"), ("rotary_pct", "1"), ("rope_interleaved", "false"), ("use_mrope", "false"), ("alibi", "false"),
        ("no_rope_layers", "null"), ("no_rope_layer_interval", "null"), ("attention_chunk_size", "null"), ("attn_temperature_tuning", "false"),
        ("attn_logit_softcapping", "null"), ("final_logit_softcapping", "null"), ("query_pre_attn_scalar", "null"), ("clip_qkv", "null"),
        ("attention_multiplier", "null"), ("embedding_multiplier", "1"), ("residual_multiplier", "1"), ("logits_scaling", "1"),
        ("logit_scale", "1"), ("scale_emb", "1"), ("scale_depth", "null"), ("dim_model_base", "null"),
        ("use_qk_norm", "false"), ("qk_layernorm", "false"), ("use_parallel_residual", "false"), ("parallel_attn", "false"),
        ("num_experts", "0"), ("num_local_experts", "0"), ("n_routed_experts", "0"), ("quantization_config", "null"),
    ];

    /// <summary>Reads config.json.</summary>
    /// <exception cref="InputException">The file is missing or damaged, the architecture or a setting is not supported, a value is absurd.</exception>
    public static ModelConfig Read(string path)
    {
        ConfigReader config = ConfigReader.Open(path);
        string type = config.String("model_type");
        if (!s_architectures.ContainsKey(type))
        {
            throw config.Unsound("model_type", $"supported are {string.Join(", ", s_architectures.Keys)}");
        }
        CheckNeutral(config, type);
        ModelConfig model = Shape(config, type);
        CheckSlidingWindow(config, model);
        return model;
    }

    /// <summary>Writes a config.json that transformers loads.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">What it says.</param>
    /// <param name="torchDtype">How the weights beside it are stored.</param>
    public static void Write(string path, ModelConfig model, NumberFormat torchDtype) => AtomicFile.Write(path, stream =>
    {
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteStartArray("architectures");
        json.WriteStringValue(s_architectures[model.ModelType]);
        json.WriteEndArray();
        WriteShape(json, model);
        RopeConfig.Write(json, model.RopeTheta, model.RopeScaling);
        WriteTokens(json, model);
        json.WriteString("torch_dtype", torchDtype switch { NumberFormat.F32 => "float32", NumberFormat.F16 => "float16", _ => "bfloat16" });
        json.WriteEndObject();
    });

    static ModelConfig Shape(ConfigReader config, string type)
    {
        int vocab = config.Int("vocab_size", 1, MaxSize), hidden = config.Int("hidden_size", 1, MaxSize);
        int heads = config.Int("num_attention_heads", 1, MaxSize);
        int keyValueHeads = config.Int("num_key_value_heads", 1, MaxSize, heads);
        int positions = config.Int("max_position_embeddings", 1, int.MaxValue, type switch { "llama" => 2048, "mistral" => 131_072, _ => 32_768 });
        if (heads % keyValueHeads != 0)
        {
            throw config.Unsound("num_key_value_heads", $"it must divide num_attention_heads, {heads}");
        }
        string activation = config.String("hidden_act", "silu");
        if (activation != "silu")
        {
            throw config.Unsound("hidden_act", "only silu is supported");
        }
        return new()
        {
            ModelType = type,
            VocabSize = vocab,
            HiddenSize = hidden,
            IntermediateSize = config.Int("intermediate_size", 1, MaxSize),
            NumHiddenLayers = config.Int("num_hidden_layers", 1, 10_000),
            NumAttentionHeads = heads,
            NumKeyValueHeads = keyValueHeads,
            HeadDim = HeadDim(config, type, hidden, heads),
            RmsNormEps = (float)config.Double("rms_norm_eps", 1e-12, 1e-1, 1e-6),
            RopeTheta = RopeConfig.Theta(config),
            RopeScaling = RopeConfig.Scaling(config, positions),
            MaxPositionEmbeddings = positions,
            TieWordEmbeddings = config.Bool("tie_word_embeddings", false),
            AttentionBias = type == "qwen2",
            QueryKeyNorm = type == "qwen3",
            BosTokenId = config.Has("bos_token_id") ? config.Int("bos_token_id", 0, vocab - 1) : null,
            EosTokenIds = EosTokens(config, vocab),
        };
    }

    static int HeadDim(ConfigReader config, string type, int hidden, int heads)
    {
        bool derived = !config.Has("head_dim") && type != "qwen3"; // which has a default of its own
        if (derived && hidden % heads != 0)
        {
            throw config.Unsound("num_attention_heads", $"it must divide hidden_size, {hidden}, or head_dim must be given");
        }
        int dim = derived ? hidden / heads : config.Int("head_dim", 1, 1 << 14, 128);
        if (dim % 2 != 0)
        {
            throw config.Unsound(derived ? "num_attention_heads" : "head_dim", $"a head's dimension, {dim}, must be even, because positions rotate pairs");
        }
        return (long)dim * heads <= MaxSize ? dim : throw config.Unsound("num_attention_heads", $"together with head_dim {dim} it is absurdly large");
    }

    static int[] EosTokens(ConfigReader config, int vocab)
    {
        const string Key = "eos_token_id";
        if (config.Element(Key) is not { ValueKind: JsonValueKind.Array } list)
        {
            return config.Has(Key) ? [config.Int(Key, 0, vocab - 1)] : [];
        }
        return list.EnumerateArray().All(e => e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out int id) && id >= 0 && id < vocab)
            ? [.. list.EnumerateArray().Select(e => e.GetInt32())]
            : throw config.Unsound(Key, $"each must be a whole number from 0 to {vocab - 1}");
    }

    static void CheckNeutral(ConfigReader config, string type)
    {
        if (type != "qwen2" && config.Bool("attention_bias", false)) // Qwen2 has its biases whatever this key says
        {
            throw config.Unsound("attention_bias", $"only false is supported for {type}");
        }
        foreach ((string key, string neutral) in s_neutral)
        {
            if (config.Element(key) is { } value && !IsNeutral(value, neutral))
            {
                throw config.Unsound(key, neutral == "null" ? "this changes the model's numbers and is not supported" : $"only {neutral} is supported");
            }
        }
    }

    static bool IsNeutral(JsonElement value, string neutral) => value.ValueKind switch
    {
        JsonValueKind.Number => neutral is "0" or "1" && value.TryGetDouble(out double number) && number == (neutral == "1" ? 1 : 0),
        JsonValueKind.False => neutral == "false",
        JsonValueKind.Array => value.GetArrayLength() == 0,
        _ => false,
    };

    static void CheckSlidingWindow(ConfigReader config, ModelConfig model)
    {
        const string Key = "sliding_window";
        if (config.Element("layer_types") is { ValueKind: JsonValueKind.Array } types
            && types.EnumerateArray().Any(t => t.ValueKind != JsonValueKind.String || !t.ValueEquals("full_attention")))
        {
            throw config.Unsound("layer_types", "only full_attention is supported");
        }
        bool qwen = model.ModelType is "qwen2" or "qwen3";
        if (qwen && !config.Bool("use_sliding_window", false))
        {
            return;
        }
        int? absent = config.Root.TryGetProperty(Key, out _) || model.ModelType == "llama" ? null : 4096; // the default of transformers
        if ((config.Has(Key) ? config.Int(Key, 0, int.MaxValue) : absent) is { } window && window < model.MaxPositionEmbeddings)
        {
            throw config.Unsound(Key, $"attention over a window of {window}, below max_position_embeddings {model.MaxPositionEmbeddings}, is not supported; use a model with {Key} null");
        }
    }

    static void WriteShape(Utf8JsonWriter json, ModelConfig model)
    {
        json.WriteString("model_type", model.ModelType);
        json.WriteNumber("vocab_size", model.VocabSize);
        json.WriteNumber("hidden_size", model.HiddenSize);
        json.WriteNumber("intermediate_size", model.IntermediateSize);
        json.WriteNumber("num_hidden_layers", model.NumHiddenLayers);
        json.WriteNumber("num_attention_heads", model.NumAttentionHeads);
        json.WriteNumber("num_key_value_heads", model.NumKeyValueHeads);
        json.WriteNumber("head_dim", model.HeadDim);
        json.WriteString("hidden_act", "silu");
        json.WriteNumber("rms_norm_eps", model.RmsNormEps);
        json.WriteNumber("max_position_embeddings", model.MaxPositionEmbeddings);
        json.WriteBoolean("tie_word_embeddings", model.TieWordEmbeddings);
        if (model.ModelType is "llama" or "qwen3")
        {
            json.WriteBoolean("attention_bias", false);
        }
        if (model.ModelType is "qwen2" or "qwen3")
        {
            json.WriteBoolean("use_sliding_window", false);
        }
        if (model.ModelType == "mistral")
        {
            json.WriteNull("sliding_window");
        }
    }

    static void WriteTokens(Utf8JsonWriter json, ModelConfig model)
    {
        if (model.BosTokenId is { } bos)
        {
            json.WriteNumber("bos_token_id", bos);
        }
        else
        {
            json.WriteNull("bos_token_id"); // absent would mean transformers' default, 1
        }
        switch (model.EosTokenIds)
        {
            case []:
                json.WriteNull("eos_token_id");
                break;
            case [int eos]:
                json.WriteNumber("eos_token_id", eos);
                break;
            default:
                json.WriteStartArray("eos_token_id");
                foreach (int id in model.EosTokenIds)
                {
                    json.WriteNumberValue(id);
                }
                json.WriteEndArray();
                break;
        }
    }
}
