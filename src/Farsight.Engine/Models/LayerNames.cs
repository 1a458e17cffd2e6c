namespace Farsight.Engine.Models;

/// <summary>Represents the names of a layer's weights in Hugging Face's checkpoints; null for what the layer lacks.</summary>
/// <param name="AttentionNorm">Norm of the attention's input.</param>
/// <param name="Projections">q, k and v, or one matrix with all three.</param>
/// <param name="QueryNorm">Norm of the queries.</param>
/// <param name="KeyNorm">Norm of the keys.</param>
/// <param name="Output">Output projection of the attention.</param>
/// <param name="AttentionResultNorm">Norm of the attention's result.</param>
/// <param name="MlpNorm">Norm of the MLP's input.</param>
/// <param name="Router">Router of the experts.</param>
/// <param name="Mlps">The MLP, or those of the experts; made when they are asked for, because a layer may have hundreds.</param>
/// <param name="MlpResultNorm">Norm of the MLP's result.</param>
public sealed record LayerNames(
    string? AttentionNorm, IReadOnlyList<string> Projections, string? QueryNorm, string? KeyNorm, string Output,
    string? AttentionResultNorm, string? MlpNorm, string? Router, IEnumerable<MlpNames> Mlps, string? MlpResultNorm)
{
    /// <summary>Returns the last part of a name, which is its name as an adapter target: "q_proj".</summary>
    internal static string Target(string name) => name[(name.LastIndexOf('.') + 1)..];

    /// <summary>Returns whether a weight is a router's: "model.layers.0.mlp.gate.weight".</summary>
    public static bool IsRouter(string name) => name.EndsWith(".gate.weight", StringComparison.Ordinal);

    /// <summary>Returns the names of a layer's weights, without ".weight" and ".bias".</summary>
    public static LayerNames Of(ModelConfig model, int layer)
    {
        string prefix = $"model.layers.{layer}.", attention = prefix + "self_attn.";
        bool before = model.NormPlacement is not NormPlacement.After, after = model.NormPlacement is not NormPlacement.Before;
        MixtureOfExperts? experts = model.HasExperts(layer) ? model.Experts : null;
        string mixture = prefix + experts?.Names.Module;
        return new(
            before ? prefix + "input_layernorm" : null,
            model.FusedProjections ? [attention + "qkv_proj"] : [attention + "q_proj", attention + "k_proj", attention + "v_proj"],
            model.QueryKeyNorm ? attention + "q_norm" : null,
            model.QueryKeyNorm ? attention + "k_norm" : null,
            attention + "o_proj",
            after ? prefix + "post_attention_layernorm" : null,
            // Where only the inputs have norms, that of the MLP is called after what precedes it.
            !before ? null : prefix + (after ? "pre_feedforward_layernorm" : "post_attention_layernorm"),
            experts is null ? null : mixture + ".gate",
            experts is null
                ? [MlpNames.Of(prefix + "mlp.", "gate_proj", "up_proj", "down_proj", model.FusedProjections)]
                : Enumerable.Range(0, experts.Count).Select(e => MlpNames.Of(
                    $"{mixture}.experts.{e}.", experts.Names.Gate, experts.Names.Up, experts.Names.Down, fused: false)),
            after ? prefix + "post_feedforward_layernorm" : null);
    }
}

/// <summary>Represents the names of the weights of an MLP.</summary>
/// <param name="Inputs">Gate and up, or one matrix with both.</param>
/// <param name="Down">Down projection.</param>
public sealed record MlpNames(IReadOnlyList<string> Inputs, string Down)
{
    internal static MlpNames Of(string prefix, string gate, string up, string down, bool fused) =>
        new(fused ? [prefix + "gate_up_proj"] : [prefix + gate, prefix + up], prefix + down);
}
