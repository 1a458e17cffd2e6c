using Farsight.Engine.Models;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>Reads and writes the keys in which the architectures of llama.cpp differ from Llama.</summary>
/// <remarks>
/// What llama.cpp knows without a key comes from its source: Gemma's default window and soft limits, the scale of its scores, and the
/// layers of SmolLM3 without RoPE.
/// </remarks>
static class GgufDifferences
{
    const int Gemma2Window = 4096; // of llama.cpp

    /// <summary>Adds the keys of what differs from Llama.</summary>
    internal static void Write(GgufMetadataWriter keys, string a, ModelConfig model)
    {
        if (GgufArchitecture.HasWindows(a) && model.SlidingWindow is { } window)
        {
            keys.Add($"{a}.attention.sliding_window", (uint)window);
            keys.Add($"{a}.attention.sliding_window_pattern", (uint)GgufArchitecture.WindowInterval(model));
        }
        if (a == GgufArchitecture.Phi3)
        {
            keys.Add($"{a}.attention.sliding_window", 0u); // llama.cpp computes none and demands the key
        }
        if (model.WindowedRopeTheta is { } theta)
        {
            keys.Add($"{a}.rope.freq_base_swa", (float)theta);
        }
        if (model.AttentionSoftcap is { } scores)
        {
            keys.Add($"{a}.attn_logit_softcapping", scores);
        }
        if (model.LogitSoftcap is { } logits)
        {
            keys.Add($"{a}.final_logit_softcapping", logits);
        }
        if (a == GgufArchitecture.Granite)
        {
            keys.Add($"{a}.embedding_scale", model.EmbeddingScale);
            keys.Add($"{a}.residual_scale", model.ResidualScale);
            keys.Add($"{a}.logit_scale", 1 / model.LogitScale);
            keys.Add($"{a}.attention.scale", model.AttentionScale!.Value);
        }
        if (model.Experts is { } experts)
        {
            keys.Add($"{a}.expert_count", (uint)experts.Count);
            keys.Add($"{a}.expert_used_count", (uint)experts.PerToken);
            keys.Add($"{a}.expert_feed_forward_length", (uint)experts.IntermediateSize);
        }
    }

    /// <summary>Returns the description of a model of the architecture.</summary>
    /// <param name="keys">Keys of the file.</param>
    /// <param name="a">Architecture.</param>
    /// <param name="model">The model as Llama, with the sizes, biases and norms of the file.</param>
    /// <exception cref="InputException">A key is missing or out of range, or asks for something that is not supported.</exception>
    internal static ModelConfig Read(GgufMetadata keys, string a, ModelConfig model)
    {
        bool hasExperts = keys.Whole($"{a}.expert_count", 0, int.MaxValue, 0) != 0;
        if (hasExperts && a is not (GgufArchitecture.Llama or GgufArchitecture.Qwen3Moe))
        {
            throw keys.Invalid($"{a}.expert_count", $"experts are not supported in the architecture {a}");
        }
        return a switch
        {
            GgufArchitecture.Llama when hasExperts => Mixtral(keys, a, model),
            GgufArchitecture.Qwen3Moe => Qwen3Moe(keys, a, model),
            GgufArchitecture.Gemma2 => Gemma2(keys, a, model),
            GgufArchitecture.Gemma3 => Gemma3(keys, a, model),
            GgufArchitecture.Granite => Granite(keys, a, model),
            // llama.cpp requires a head of its own here.
            GgufArchitecture.Olmo2 => Families.Olmo2.Common(model) with { QueryKeyNorm = true, TieWordEmbeddings = false },
            GgufArchitecture.Phi3 => Phi3(keys, a, model),
            GgufArchitecture.SmolLm3 => model with
            {
                UnrotatedLayers = Layers(model, layer => (layer + 1) % GgufArchitecture.SmolLm3Interval == 0),
            },
            _ => model,
        };
    }

    static ModelConfig Mixtral(GgufMetadata keys, string a, ModelConfig model) => model with
    {
        ModelType = "mixtral",
        AttentionBias = false,
        OutputBias = false,
        MlpBias = false,
        QueryKeyNorm = false,
        Experts = Experts(keys, a, Families.Mixtral.Names, keys.Whole(
            $"{a}.expert_feed_forward_length", model.IntermediateSize, model.IntermediateSize, model.IntermediateSize)),
    };

    static ModelConfig Qwen3Moe(GgufMetadata keys, string a, ModelConfig model)
    {
        MixtureOfExperts experts = Experts(keys, a, Families.Qwen3Moe.Names, width: 0);
        int width = keys.Whole($"{a}.expert_feed_forward_length", 0, 1 << 24, 0);
        return model with
        {
            ModelType = "qwen3_moe",
            QueryKeyNorm = true,
            Experts = experts with { IntermediateSize = width > 0 ? width : Math.Max(1, model.IntermediateSize / experts.PerToken) },
        };
    }

    static MixtureOfExperts Experts(GgufMetadata keys, string a, ExpertNames names, int width)
    {
        const int Softmax = 1;
        int count = keys.Whole($"{a}.expert_count", 1, 1 << 16);
        if (keys.Whole($"{a}.expert_gating_func", 0, int.MaxValue, Softmax) != Softmax)
        {
            throw keys.Invalid($"{a}.expert_gating_func", $"only softmax, {Softmax}, is supported");
        }
        if (!keys.Flag($"{a}.expert_weights_norm", absent: true))
        {
            throw keys.Invalid($"{a}.expert_weights_norm", "only weights that are divided by their sum are supported");
        }
        if (keys.Number($"{a}.expert_weights_scale", 0, double.MaxValue, 1) is not (0 or 1))
        {
            throw keys.Invalid($"{a}.expert_weights_scale", "only 1 is supported");
        }
        return new(count, keys.Whole($"{a}.expert_used_count", 1, count), width, NormalizesWeights: true, names, []);
    }

    static ModelConfig Gemma2(GgufMetadata keys, string a, ModelConfig model)
    {
        const int Interval = GgufArchitecture.Gemma2Interval;
        if (keys.Whole($"{a}.attention.sliding_window_pattern", 0, int.MaxValue, Interval) != Interval)
        {
            throw keys.Invalid($"{a}.attention.sliding_window_pattern", $"only {Interval} is supported in the architecture {a}");
        }
        if (keys.Number($"{a}.rope.freq_base_swa", 1, double.MaxValue, model.RopeTheta) != model.RopeTheta)
        {
            throw keys.Invalid($"{a}.rope.freq_base_swa", $"all layers of the architecture {a} have the same base");
        }
        return Gemma(a, model, keys.Whole($"{a}.attention.sliding_window", 1, int.MaxValue, Gemma2Window), Interval) with
        {
            TieWordEmbeddings = true, // llama.cpp reads no other head
            AttentionSoftcap = Cap(keys, $"{a}.attn_logit_softcapping", 50),
            LogitSoftcap = Cap(keys, $"{a}.final_logit_softcapping", 30),
        };
    }

    static ModelConfig Gemma3(GgufMetadata keys, string a, ModelConfig model)
    {
        if (model.RopeScaling is not (RopeScaling.Linear or { IsPlain: true }))
        {
            throw keys.Invalid($"{a}.rope.scaling.type", $"only linear scaling is supported in the architecture {a}");
        }
        int window = keys.Whole($"{a}.attention.sliding_window", 0, int.MaxValue, 0);
        int interval = keys.Whole($"{a}.attention.sliding_window_pattern", 1, int.MaxValue, GgufArchitecture.Gemma3Interval);
        const string Logits = "final_logit_softcapping";
        return Gemma(a, model, window == 0 ? null : window, interval) with
        {
            ModelType = "gemma3_text",
            QueryKeyNorm = true,
            WindowedRopeTheta = keys.Number($"{a}.rope.freq_base_swa", 1, 1e15, GgufArchitecture.Gemma3WindowedTheta),
            // 0 is how llama.cpp says that there is none.
            LogitSoftcap = keys.Number($"{a}.{Logits}", 0, 1e6, 0) == 0 ? null : Cap(keys, $"{a}.{Logits}", absent: 0),
        };
    }

    static ModelConfig Gemma(string a, ModelConfig model, int? window, int interval)
    {
        bool[] windowed = Layers(model, layer => (layer + 1) % interval != 0);
        bool hasWindow = window is not null && windowed.Length > 0;
        return Families.Gemma2.Common(model) with
        {
            Activation = GateActivation.GeluTanh,
            AttentionScale = (float)Math.Pow(GgufValues.ScoreDivisor(a, model), -0.5),
            SlidingWindow = hasWindow ? window : null,
            WindowedLayers = hasWindow && windowed.Contains(false) ? windowed : [],
        };
    }

    static ModelConfig Granite(GgufMetadata keys, string a, ModelConfig model)
    {
        if (!keys.Flag($"{a}.rope.scaling.finetuned", absent: true))
        {
            throw keys.Invalid($"{a}.rope.scaling.finetuned", "false means a Granite without RoPE, which is not supported");
        }
        _ = keys.Number($"{a}.logit_scale", 0, 1e6); // llama.cpp requires it
        return model with
        {
            EmbeddingScale = Factor("embedding_scale", 1),
            AttentionScale = Factor("attention.scale", 1 / MathF.Sqrt(model.HeadDim)),
            ResidualScale = Factor("residual_scale", 1),
            LogitScale = 1 / Factor("logit_scale", 1), // logits are divided
        };

        // 0 is how llama.cpp says that a factor is absent.
        float Factor(string key, float absent) => keys.Number($"{a}.{key}", 0, 1e6, 0) is > 0 and var factor ? (float)factor : absent;
    }

    // llama.cpp ignores the window of Phi-3. A file that has one means it, and within it nothing differs.
    static ModelConfig Phi3(GgufMetadata keys, string a, ModelConfig model)
    {
        int window = keys.Whole($"{a}.attention.sliding_window", 0, int.MaxValue, 0);
        return model with
        {
            FusedProjections = true,
            SlidingWindow = window > 0 && window < model.MaxPositionEmbeddings ? window : null,
        };
    }

    static float Cap(GgufMetadata keys, string key, double absent) => (float)keys.Number(key, 1e-3, 1e6, absent);

    /// <summary>Returns the layers of which something is true: [L]; empty for none.</summary>
    static bool[] Layers(ModelConfig model, Func<int, bool> isTrue)
    {
        bool[] layers = [.. Enumerable.Range(0, model.NumHiddenLayers).Select(isTrue)];
        return layers.Contains(true) ? layers : [];
    }
}
