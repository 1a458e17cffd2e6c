using System.Globalization;

namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>Maps tensor names and the order of rows to those of llama.cpp.</summary>
static class GgufNames
{
    internal const string Embeddings = "token_embd.weight", Head = "output.weight", RopeFactors = "rope_freqs.weight";
    internal const string LongFactors = "rope_factors_long.weight", ShortFactors = "rope_factors_short.weight";
    internal const string Experts = ".experts.";

    const string LayerPrefix = "model.layers.", LoraA = ".lora_A.weight", LoraB = ".lora_B.weight";

    static readonly Dictionary<string, string> s_modules = new(StringComparer.Ordinal)
    {
        ["model.embed_tokens"] = "token_embd",
        ["model.norm"] = "output_norm",
        ["lm_head"] = "output",
        ["input_layernorm"] = "attn_norm",
        ["self_attn.q_proj"] = "attn_q",
        ["self_attn.k_proj"] = "attn_k",
        ["self_attn.v_proj"] = "attn_v",
        ["self_attn.o_proj"] = "attn_output",
        ["self_attn.q_norm"] = "attn_q_norm",
        ["self_attn.k_norm"] = "attn_k_norm",
        ["post_attention_layernorm"] = "ffn_norm",
        ["self_attn.qkv_proj"] = "attn_qkv",
        ["pre_feedforward_layernorm"] = "ffn_norm",
        ["post_feedforward_layernorm"] = "post_ffw_norm",
        ["mlp.gate"] = "ffn_gate_inp",
        ["mlp.experts.gate_proj"] = "ffn_gate_exps",
        ["mlp.experts.up_proj"] = "ffn_up_exps",
        ["mlp.experts.down_proj"] = "ffn_down_exps",
        ["block_sparse_moe.gate"] = "ffn_gate_inp",
        ["block_sparse_moe.experts.w1"] = "ffn_gate_exps",
        ["block_sparse_moe.experts.w3"] = "ffn_up_exps",
        ["block_sparse_moe.experts.w2"] = "ffn_down_exps",
        ["mlp.gate_up_proj"] = "ffn_up",
        ["mlp.gate_proj"] = "ffn_gate",
        ["mlp.up_proj"] = "ffn_up",
        ["mlp.down_proj"] = "ffn_down",
    };

    /// <summary>Returns the name of a tensor: "blk.3.attn_q.weight" for "model.layers.3.self_attn.q_proj.weight".</summary>
    /// <exception cref="ArgumentException">GGUF has no such tensor.</exception>
    internal static string Of(string name)
    {
        if (name.EndsWith(LoraA, StringComparison.Ordinal))
        {
            return Of(name[..^LoraA.Length] + ".weight") + ".lora_a";
        }
        if (name.EndsWith(LoraB, StringComparison.Ordinal))
        {
            return Of(name[..^LoraB.Length] + ".weight") + ".lora_b";
        }
        int dot = name.LastIndexOf('.');
        (string module, string kind) = (name[..Math.Max(dot, 0)], name[(dot + 1)..]);
        string prefix = "";
        if (module.StartsWith(LayerPrefix, StringComparison.Ordinal) && module.IndexOf('.', LayerPrefix.Length) is > 0 and var end)
        {
            prefix = $"blk.{module[LayerPrefix.Length..end]}.";
            module = module[(end + 1)..];
        }
        return s_modules.TryGetValue(module, out string? spelled)
            ? $"{prefix}{spelled}.{kind}"
            : throw new ArgumentException($"GGUF has no tensor for {name}.", nameof(name));
    }

    /// <summary>Returns the name of a tensor in the file of an architecture.</summary>
    /// <remarks>Where results have norms, post_attention_layernorm is not the norm before the MLP, as it is in Llama.</remarks>
    /// <exception cref="ArgumentException">GGUF has no such tensor.</exception>
    internal static string Of(string name, string architecture) =>
        architecture is GgufArchitecture.Gemma2 or GgufArchitecture.Gemma3 or GgufArchitecture.Olmo2
        && name.Contains(".post_attention_layernorm.", StringComparison.Ordinal)
            ? Of(name).Replace("ffn_norm", "post_attention_norm", StringComparison.Ordinal)
            : Of(name);

    /// <summary>Returns the name without the number of the expert, "model.layers.0.mlp.experts.up_proj.weight", and this number.</summary>
    internal static (string Stack, int? Expert) Stacked(string name)
    {
        int at = name.IndexOf(Experts, StringComparison.Ordinal);
        if (at < 0)
        {
            return (name, null);
        }
        int first = at + Experts.Length, end = name.IndexOf('.', first);
        return (name[..first] + name[(end + 1)..], int.Parse(name.AsSpan(first, end - first), CultureInfo.InvariantCulture));
    }

    /// <summary>Returns whether llama.cpp interleaves the rows of a tensor: queries and keys of Llama and its nearest relatives.</summary>
    /// <remarks>
    /// It rotates neighbors (2i, 2i + 1) of a head where Hugging Face's layout rotates (i, i + Dh/2). lora_A, which is multiplied from
    /// the right, has no such rows.
    /// </remarks>
    internal static bool IsInterleaved(string architecture, string name) =>
        architecture is GgufArchitecture.Llama or GgufArchitecture.Granite or GgufArchitecture.SmolLm3
        && !name.EndsWith(LoraA, StringComparison.Ordinal)
        && (name.Contains(".q_proj.", StringComparison.Ordinal) || name.Contains(".k_proj.", StringComparison.Ordinal));

    /// <summary>Returns the row of an interleaved tensor that contains row <paramref name="row"/> of Hugging Face's layout.</summary>
    internal static int InterleavedRow(int row, int headDim)
    {
        int half = headDim / 2, within = row % headDim;
        return row - within + 2 * (within % half) + within / half;
    }
}
