using System.Text.Json;
using Farsight.Engine.Checkpoints.Families;

namespace Farsight.Engine.Checkpoints;

/// <summary>Checks the keys of config.json: accepts those without effect on the results, rejects unsupported and unknown ones.</summary>
/// <remarks>
/// An unknown key may change every result, so it is rejected by name. null counts as absent.
/// </remarks>
static class ConfigKeys
{
    /// <summary>Keys that change the results in a related architecture, and the value that does not.</summary>
    static readonly Dictionary<string, string> s_neutral = new (string Neutral, string[] Keys)[]
    {
        (
            "false",
            [
                "qkv_bias",
                "use_bias",
                "bias",
                "attention_out_bias",
                "attention_bias",
                "mlp_bias",
                "rope_interleaved",
                "use_mrope",
                "alibi",
                "attn_temperature_tuning",
                "scale_attn_by_inverse_layer_idx",
                "use_qk_norm",
                "qk_layernorm",
                "use_parallel_residual",
                "parallel_attn",
                "is_encoder_decoder",
                "add_cross_attention",
                "use_bidirectional_attention",
                "use_sliding_window",
                "lm_head_bias",
            ]),
        (
            "1",
            [
                "partial_rotary_factor",
                "rotary_pct",
                "embedding_multiplier",
                "residual_multiplier",
                "logits_scaling",
                "logit_scale",
                "scale_emb",
                "full_attn_mod",
                "interpolate_factor",
            ]),
        (
            "null",
            [
                "no_rope_layers",
                "no_rope_layer_interval",
                "attention_chunk_size",
                "attn_logit_softcapping",
                "final_logit_softcapping",
                "query_pre_attn_scalar",
                "clip_qkv",
                "attention_multiplier",
                "scale_depth",
                "dim_model_base",
                "quantization_config",
                "pruned_heads",
                "layer_types",
            ]),
        ("0", ["num_experts", "num_local_experts", "n_routed_experts", "num_nextn_predict_layers", "router_jitter_noise"]),
    }
        .SelectMany(g => g.Keys.Select(k => (Key: k, g.Neutral)))
        .ToDictionary(e => e.Key, e => e.Neutral, StringComparer.Ordinal);

    /// <summary>Keys about training, generation, labels, files and versions, without effect on logits.</summary>
    static readonly HashSet<string> s_harmless = new(StringComparer.Ordinal)
    {
        "architectures",
        "name_or_path",
        "transformers_version",
        "torch_dtype",
        "dtype",
        "tokenizer_class",
        "finetuning_task",
        "task_specific_params",
        "problem_type",
        "id2label",
        "label2id",
        "num_labels",
        "prefix",
        "is_decoder",
        "is_llama_config",
        "transformers.js_config",
        "license",
        "license_name",
        "license_link",
        "use_cache",
        "cache_implementation",
        "output_router_logits",
        "router_aux_loss_coef",
        "output_attentions",
        "output_hidden_states",
        "output_scores",
        "output_past",
        "return_dict",
        "use_return_dict",
        "return_dict_in_generate",
        "initializer_range",
        "attention_dropout",
        "hidden_dropout",
        "hidden_dropout_prob",
        "attention_probs_dropout_prob",
        "attn_dropout",
        "embd_dropout",
        "resid_dropout",
        "residual_dropout",
        "attn_pdrop",
        "embd_pdrop",
        "resid_pdrop",
        "gradient_checkpointing",
        "pretraining_tp",
        "tensor_parallel_degree",
        "chunk_size_feed_forward",
        "torchscript",
        "tf_legacy_loss",
        "use_bfloat16",
        "attn_implementation",
        "flash_attn",
        "use_flash_attn",
        "use_flash_attention",
        "use_flash_attention_2",
        "neftune_noise_alpha",
        "pad_token_id",
        "unk_token_id",
        "sep_token_id",
        "cls_token_id",
        "mask_token_id",
        "decoder_start_token_id",
        "bos_token",
        "eos_token",
        "pad_token",
        "max_length",
        "min_length",
        "max_new_tokens",
        "do_sample",
        "early_stopping",
        "num_beams",
        "num_beam_groups",
        "diversity_penalty",
        "temperature",
        "top_k",
        "top_p",
        "typical_p",
        "repetition_penalty",
        "length_penalty",
        "no_repeat_ngram_size",
        "encoder_no_repeat_ngram_size",
        "bad_words_ids",
        "num_return_sequences",
        "forced_bos_token_id",
        "forced_eos_token_id",
        "remove_invalid_values",
        "exponential_decay_length_penalty",
        "suppress_tokens",
        "begin_suppress_tokens",
        "tie_encoder_decoder",
        "cross_attention_hidden_size",
        "model_max_length",
        "max_sequence_length",
        "seq_length",
        "max_seq_len",
        "layer_norm_eps",
        "layer_norm_epsilon",
        "keys_to_ignore_at_inference",
        "max_window_layers",
        "sliding_window",
    };

    /// <summary>Keys that are read as shape, RoPE or windows.</summary>
    static readonly HashSet<string> s_read = new(StringComparer.Ordinal)
    {
        "model_type",
        "vocab_size",
        "hidden_size",
        "intermediate_size",
        "num_hidden_layers",
        "num_attention_heads",
        "num_key_value_heads",
        "head_dim",
        "hidden_act",
        "rms_norm_eps",
        "max_position_embeddings",
        "tie_word_embeddings",
        "bos_token_id",
        "eos_token_id",
        "rope_theta",
        "rope_scaling",
        "rope_parameters",
        "original_max_position_embeddings",
        "auto_map",
    };

    /// <summary>Keys of a multimodal model that concern only what is not text, and its parts.</summary>
    static readonly HashSet<string> s_multimodal = new(StringComparer.Ordinal)
    {
        "text_config",
        "vision_config",
        "image_token_index",
        "image_token_id",
        "boi_token_index",
        "boi_token_id",
        "eoi_token_index",
        "eoi_token_id",
        "mm_tokens_per_image",
        "multimodal_projector_bias",
        "projector_hidden_act",
        "spatial_merge_size",
        "vision_feature_layer",
    };

    /// <summary>Rejects unsupported and unknown keys.</summary>
    internal static void Check(ConfigReader config, ModelFamily family)
    {
        Check(config, Own(family), family.ModelType);
        CheckCode(config, family);
        CheckArchitecture(config, "ForCausalLM", "causal language models");
    }

    /// <summary>Rejects unsupported and unknown keys around the text model of a multimodal one.</summary>
    internal static void CheckAround(ConfigReader config)
    {
        Check(config, s_multimodal, config.String("model_type"));
        CheckCode(config, family: null);
        CheckArchitecture(config, "ForConditionalGeneration", "conditional generation models");
    }

    static void Check(ConfigReader config, HashSet<string> own, string modelType)
    {
        foreach (JsonProperty property in config.Root.EnumerateObject())
        {
            (string key, JsonElement value) = (property.Name, property.Value);
            if (value.ValueKind == JsonValueKind.Null || own.Contains(key) || s_read.Contains(key))
            {
                continue;
            }
            if (s_neutral.TryGetValue(key, out string? neutral))
            {
                if (!IsNeutral(value, neutral))
                {
                    throw config.Invalid(
                        key,
                        neutral == "null"
                            ? $"it changes the model's results and is not supported for {modelType}"
                            : $"only {neutral} is supported for {modelType}");
                }
            }
            else if (!IsHarmless(key))
            {
                throw config.Invalid(
                    key,
                    "this key is unknown and may change the model's results; remove it if you know that it does not");
            }
        }
    }

    /// <summary>Keys that one family supports and the others require to be neutral.</summary>
    static HashSet<string> Own(ModelFamily family) =>
    [
        .. family.Biases is AttentionBiases.All or AttentionBiases.Separate ? ["attention_bias"] : Array.Empty<string>(),
        // Qwen2 has biases regardless of this key.
        .. family.Biases is AttentionBiases.QueryKeyValue ? ["attention_bias", "qkv_bias"] : Array.Empty<string>(),
        .. family.Biases is AttentionBiases.Separate ? ["attention_out_bias"] : Array.Empty<string>(),
        .. family.MlpBias ? ["mlp_bias"] : Array.Empty<string>(),
        .. WindowConfig.IsSwitched(family.Windows) ? ["use_sliding_window"] : Array.Empty<string>(),
        "layer_types",
        .. family.Keys,
    ];

    // transformers writes "_name_or_path" and similar keys for its own use.
    static bool IsHarmless(string key) =>
        s_harmless.Contains(key) || key.StartsWith('_') || key.StartsWith("unsloth_", StringComparison.Ordinal);

    static bool IsNeutral(JsonElement value, string neutral) => value.ValueKind switch
    {
        JsonValueKind.Number => neutral is "0" or "1" && value.TryGetDouble(out double number) && number == (neutral == "1" ? 1 : 0),
        JsonValueKind.False => neutral == "false",
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };

    static void CheckCode(ConfigReader config, ModelFamily? family)
    {
        bool IsReplaced(JsonProperty model) =>
            family?.ReplacesCode == true && model.Value.ValueKind == JsonValueKind.String
            && model.Value.GetString()!.EndsWith("." + family.Architecture, StringComparison.Ordinal);
        if (
            config.Object("auto_map") is { } map
            && map.Root.EnumerateObject().Any(p => p.Name.StartsWith("AutoModel", StringComparison.Ordinal) && !IsReplaced(p)))
        {
            throw config.Invalid(
                "auto_map",
                "models with custom code are not supported; "
                + $"remove the key if this is an ordinary {config.String("model_type")} model"
            );
        }
    }

    static void CheckArchitecture(ConfigReader config, string ending, string kind)
    {
        if (
            config.Element("architectures") is { ValueKind: JsonValueKind.Array } list
            && list.GetArrayLength() > 0
            && !list.EnumerateArray()
                .Any(a => a.ValueKind == JsonValueKind.String && a.GetRawText().EndsWith($"{ending}\"", StringComparison.Ordinal)))
        {
            throw config.Invalid("architectures", $"only {kind} (…{ending}) are supported");
        }
    }
}
