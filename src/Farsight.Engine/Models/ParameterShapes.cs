namespace Farsight.Engine.Models;

/// <summary>Represents a weight tensor of a model.</summary>
/// <param name="Name">"model.layers.0.self_attn.k_proj.weight".</param>
/// <param name="Shape">Extents: [output, input] for a matrix.</param>
/// <param name="Because">Keys of config.json that determine the shape, with their values.</param>
public sealed record ParameterShape(string Name, IReadOnlyList<int> Shape, string Because);

/// <summary>Computes the names and shapes of all weight tensors of a model from its config.</summary>
public static class ParameterShapes
{
    /// <summary>Returns the tensors in the order of the forward pass, with the output head only if it is not tied.</summary>
    public static IReadOnlyList<ParameterShape> Of(ModelConfig model)
    {
        Extent vocab = Extent.Of("vocab_size", model.VocabSize), hidden = Extent.Of("hidden_size", model.HiddenSize);
        List<ParameterShape> shapes = [New("model.embed_tokens.weight", vocab, hidden)];
        for (int layer = 0; layer < model.NumHiddenLayers; layer++)
        {
            shapes.AddRange(Layer($"model.layers.{layer}.", model, hidden));
        }
        shapes.Add(New("model.norm.weight", hidden));
        if (!model.TieWordEmbeddings)
        {
            shapes.Add(New("lm_head.weight", vocab, hidden));
        }
        return shapes;
    }

    static IEnumerable<ParameterShape> Layer(string layer, ModelConfig model, Extent hidden)
    {
        Extent dim = Extent.Of("head_dim", model.HeadDim), intermediate = Extent.Of("intermediate_size", model.IntermediateSize);
        Extent queries = Extent.Of("num_attention_heads", model.NumAttentionHeads) * dim;
        Extent keys = Extent.Of("num_key_value_heads", model.NumKeyValueHeads) * dim;

        yield return New(layer + "input_layernorm.weight", hidden);
        foreach ((string name, Extent rows) in ((string, Extent)[])[("q_proj", queries), ("k_proj", keys), ("v_proj", keys)])
        {
            yield return New($"{layer}self_attn.{name}.weight", rows, hidden);
            if (model.AttentionBias)
            {
                yield return New($"{layer}self_attn.{name}.bias", rows);
            }
        }
        if (model.QueryKeyNorm)
        {
            yield return New(layer + "self_attn.q_norm.weight", dim);
            yield return New(layer + "self_attn.k_norm.weight", dim);
        }
        yield return New(layer + "self_attn.o_proj.weight", hidden, queries);
        if (model.OutputBias)
        {
            yield return New(layer + "self_attn.o_proj.bias", hidden);
        }
        yield return New(layer + "post_attention_layernorm.weight", hidden);
        foreach (
            (string name, Extent rows, Extent columns) in ((string, Extent, Extent)[])
                [("gate_proj", intermediate, hidden), ("up_proj", intermediate, hidden), ("down_proj", hidden, intermediate)])
        {
            yield return New($"{layer}mlp.{name}.weight", rows, columns);
            if (model.MlpBias)
            {
                yield return New($"{layer}mlp.{name}.bias", rows);
            }
        }
    }

    static ParameterShape New(string name, params Extent[] extents) =>
        new(name, [.. extents.Select(e => e.Value)], string.Join(", ", extents.Select(e => e.Because)));

    /// <param name="Because">Keys and their values: "num_key_value_heads 4 × head_dim 64".</param>
    /// <param name="Value">Their product.</param>
    readonly record struct Extent(string Because, int Value)
    {
        internal static Extent Of(string key, int value) => new($"{key} {value}", value);

        public static Extent operator *(Extent a, Extent b) => new($"{a.Because} × {b.Because}", a.Value * b.Value);
    }
}
