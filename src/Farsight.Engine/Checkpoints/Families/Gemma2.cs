using System.Text.Json;
using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints.Families;

/// <summary>Represents Gemma 2; transformers: modular_gemma2.py.</summary>
/// <remarks>
/// Norms multiply by 1 + w, before and after both halves of a layer. Embeddings times √D. Scores by query_pre_attn_scalar in place of
/// the head dimension, with a soft limit, as the logits have one. Every other layer has a window, the first among them.
/// </remarks>
sealed record Gemma2 : ModelFamily
{
    internal Gemma2()
        : base("gemma2", "Gemma2ForCausalLM", 8192)
    {
        Biases = AttentionBiases.All;
        Windows = WindowKeys.ByFamily;
        HasWindow = (_, layer) => layer % 2 == 0;
        HeadDim = 256;
        TieWordEmbeddings = true;
        ActivationKey = "hidden_activation";
        Activation = GateActivation.GeluTanh;
        Required = ["num_key_value_heads"];
        Keys = ["hidden_activation", "query_pre_attn_scalar", "attn_logit_softcapping", "final_logit_softcapping"];
    }

    internal override ModelConfig Describe(ConfigReader config, ModelConfig model) => Common(model) with
    {
        AttentionScale = ScoreScale(config),
        AttentionSoftcap = Cap(config, "attn_logit_softcapping", 50),
        LogitSoftcap = Cap(config, "final_logit_softcapping", 30),
    };

    internal override void Write(Utf8JsonWriter json, ModelConfig model)
    {
        WriteScalar(json, model);
        WriteCap(json, "attn_logit_softcapping", model.AttentionSoftcap);
        WriteCap(json, "final_logit_softcapping", model.LogitSoftcap);
    }

    /// <summary>Adds what all Gemmas compute, whatever their keys say.</summary>
    internal static ModelConfig Common(ModelConfig model) => model with
    {
        NormPlacement = NormPlacement.Both,
        NormsAddOne = true,
        EmbeddingScale = (float)Math.Sqrt(model.HiddenSize),
    };

    internal static float ScoreScale(ConfigReader config) =>
        (float)Math.Pow(config.Double("query_pre_attn_scalar", 1e-3, 1e6, 256), -0.5);

    /// <summary>Reads a soft limit; null means none, an absent key the default.</summary>
    internal static float? Cap(ConfigReader config, string key, double? absent) => config.Has(key)
        ? (float)config.Double(key, 1e-3, 1e6)
        : config.Root.TryGetProperty(key, out _) ? null : (float?)absent;

    internal static void WriteScalar(Utf8JsonWriter json, ModelConfig model)
    {
        // The scale is stored as a float, and released files have whole numbers here.
        double scalar = Math.Pow(model.AttentionScale!.Value, -2);
        json.WriteNumber("query_pre_attn_scalar", Math.Abs(scalar - Math.Round(scalar)) < 1e-4 * scalar ? Math.Round(scalar) : scalar);
    }

    internal static void WriteCap(Utf8JsonWriter json, string key, float? cap)
    {
        if (cap is { } value)
        {
            json.WriteNumber(key, value);
        }
        else
        {
            json.WriteNull(key);
        }
    }
}
