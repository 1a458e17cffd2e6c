using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>Represents the layers of a model of the Llama family.</summary>
/// <param name="Embeddings">[V, D]</param>
/// <param name="Blocks">From the first to the last.</param>
/// <param name="FinalNorm">Norm before the head.</param>
/// <param name="Head">[V, D]; null when it is the embeddings.</param>
sealed record LlamaWeights(WeightMatrix Embeddings, IReadOnlyList<Block> Blocks, Norm FinalNorm, WeightMatrix? Head)
{
    internal const string EmbeddingsName = "model.embed_tokens.weight", HeadName = "lm_head.weight";

    internal static LlamaWeights From(ModelConfig config, IWeightSource source)
    {
        int d = config.HiddenSize;
        return new(
            source.Matrix(EmbeddingsName, config.VocabSize, d),
            [.. Enumerable.Range(0, config.NumHiddenLayers).Select(layer => BlockOf(config, source, $"model.layers.{layer}."))],
            NormOf(source, "model.norm", d, config),
            config.TieWordEmbeddings ? null : source.Matrix(HeadName, config.VocabSize, d));
    }

    static Block BlockOf(ModelConfig c, IWeightSource source, string prefix)
    {
        int d = c.HiddenSize, queries = c.NumAttentionHeads * c.HeadDim, keys = c.NumKeyValueHeads * c.HeadDim;
        Linear Layer(string name, int outputs, int inputs, bool bias = false) => new(
            prefix + name,
            source.Matrix($"{prefix}{name}.weight", outputs, inputs),
            bias ? source.Vector($"{prefix}{name}.bias", outputs) : null);

        return new(
            NormOf(source, prefix + "input_layernorm", d, c),
            Layer("self_attn.q_proj", queries, d, c.AttentionBias),
            Layer("self_attn.k_proj", keys, d, c.AttentionBias),
            Layer("self_attn.v_proj", keys, d, c.AttentionBias),
            c.QueryKeyNorm ? NormOf(source, prefix + "self_attn.q_norm", c.HeadDim, c) : null,
            c.QueryKeyNorm ? NormOf(source, prefix + "self_attn.k_norm", c.HeadDim, c) : null,
            Layer("self_attn.o_proj", d, queries, c.OutputBias),
            NormOf(source, prefix + "post_attention_layernorm", d, c),
            Layer("mlp.gate_proj", c.IntermediateSize, d, c.MlpBias),
            Layer("mlp.up_proj", c.IntermediateSize, d, c.MlpBias),
            Layer("mlp.down_proj", d, c.IntermediateSize, c.MlpBias));
    }

    static Norm NormOf(IWeightSource source, string name, int width, ModelConfig config) =>
        new($"{name}.weight", source.Vector($"{name}.weight", width), config.RmsNormEps);
}

/// <summary>Provides the weights of a model by Hugging Face's names: from files, or from random numbers.</summary>
/// <remarks>A source owns the memory of all that it returns, which is valid until the source is disposed.</remarks>
public interface IWeightSource : IDisposable
{
    /// <summary>Identifies the weights, so that an adapter of another model is noticed; null if the source cannot.</summary>
    string? Fingerprint => null;

    /// <summary>Returns a weight matrix in its stored format: [rows, columns].</summary>
    /// <exception cref="InputException">The tensor is missing or has another shape.</exception>
    WeightMatrix Matrix(string name, int rows, int columns);

    /// <summary>Returns a gain or a bias as F32: [1, length].</summary>
    /// <exception cref="InputException">The tensor is missing or has another shape.</exception>
    Rows Vector(string name, int length);

    /// <summary>Declares that a matrix was copied and will not be read again, so that its memory can be freed.</summary>
    void Release(string name)
    {
    }
}
