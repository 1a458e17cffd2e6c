using System.Text.Json;
using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints.Families;

/// <summary>Represents the text model of Gemma 3; transformers: modular_gemma3.py.</summary>
/// <remarks>
/// As Gemma 2, with norms on queries and keys. One layer in six sees everything and has rope_theta with its scaling; the others have a
/// window and rope_local_base_freq. transformers reads attn_logit_softcapping but never applies it, and neither does Farsight.
/// </remarks>
sealed record Gemma3Text : ModelFamily
{
    const string Local = "rope_local_base_freq", Pattern = "sliding_window_pattern";

    internal Gemma3Text()
        : base("gemma3_text", "Gemma3ForCausalLM", 131_072)
    {
        Biases = AttentionBiases.All;
        Windows = WindowKeys.ByFamily;
        HasWindow = (config, layer) => (layer + 1) % config.Int(Pattern, 1, int.MaxValue, 6) != 0;
        QueryKeyNorm = true;
        HeadDim = 256;
        RopeTheta = 1_000_000;
        TieWordEmbeddings = true;
        ActivationKey = "hidden_activation";
        Activation = GateActivation.GeluTanh;
        RopeByLayerType = true;
        Required = ["num_key_value_heads"];
        Keys =
        [
            "hidden_activation", "query_pre_attn_scalar", "attn_logit_softcapping", "final_logit_softcapping", Local, Pattern,
        ];
    }

    internal override ModelConfig Describe(ConfigReader config, ModelConfig model) => Gemma2.Common(model) with
    {
        AttentionScale = Gemma2.ScoreScale(config),
        LogitSoftcap = Gemma2.Cap(config, "final_logit_softcapping", null),
        WindowedRopeTheta = RopeConfig.WindowedTheta(config, Local, 10_000),
    };

    internal override void Write(Utf8JsonWriter json, ModelConfig model)
    {
        Gemma2.WriteScalar(json, model);
        Gemma2.WriteCap(json, "final_logit_softcapping", model.LogitSoftcap);
        json.WriteNumber(Local, model.WindowedRopeTheta!.Value);
    }
}
