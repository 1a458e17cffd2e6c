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
            shapes.AddRange(Layer(model, layer, hidden));
        }
        shapes.Add(New("model.norm.weight", hidden));
        if (!model.TieWordEmbeddings)
        {
            shapes.Add(New("lm_head.weight", vocab, hidden));
        }
        return shapes;
    }

    static IEnumerable<ParameterShape> Layer(ModelConfig model, int layer, Extent hidden)
    {
        LayerNames names = LayerNames.Of(model, layer);
        Extent dim = Extent.Of("head_dim", model.HeadDim);
        Extent queries = Extent.Of("num_attention_heads", model.NumAttentionHeads) * dim;
        Extent keys = Extent.Of("num_key_value_heads", model.NumKeyValueHeads) * dim;
        return
        [
            .. Norm(names.AttentionNorm, hidden),
            .. Matrices(names.Projections, [queries, keys, keys], hidden, model.AttentionBias),
            .. Norm(names.QueryNorm, model.NormsWholeProjection ? queries : dim),
            .. Norm(names.KeyNorm, model.NormsWholeProjection ? keys : dim),
            .. Matrices([names.Output], [hidden], queries, model.OutputBias),
            .. Norm(names.AttentionResultNorm, hidden),
            .. Norm(names.MlpNorm, hidden),
            .. model.HasExperts(layer)
                ? Experts(names, model.Experts!, hidden)
                : Mlp(names.Mlps.First(), Extent.Of("intermediate_size", model.IntermediateSize), hidden, model.MlpBias),
            .. Norm(names.MlpResultNorm, hidden),
        ];
    }

    static IEnumerable<ParameterShape> Experts(LayerNames names, MixtureOfExperts experts, Extent hidden)
    {
        Extent width = Extent.Of("width of an expert", experts.IntermediateSize);
        return Matrices([names.Router!], [Extent.Of("experts", experts.Count)], hidden, bias: false)
            .Concat(names.Mlps.SelectMany(m => Mlp(m, width, hidden, bias: false)));
    }

    static IEnumerable<ParameterShape> Mlp(MlpNames names, Extent width, Extent hidden, bool bias) =>
        Matrices(names.Inputs, [width, width], hidden, bias).Concat(Matrices([names.Down], [hidden], width, bias));

    static IEnumerable<ParameterShape> Norm(string? name, Extent width) => name is null ? [] : [New($"{name}.weight", width)];

    /// <summary>Returns a matrix for each name or, for one name, the matrix that contains all of them.</summary>
    static IEnumerable<ParameterShape> Matrices(IReadOnlyList<string> names, Extent[] outputs, Extent inputs, bool bias)
    {
        Extent[] rows = names.Count == outputs.Length ? outputs : [outputs.Aggregate((a, b) => a + b)];
        foreach ((string name, Extent count) in names.Zip(rows))
        {
            yield return New($"{name}.weight", count, inputs);
            if (bias)
            {
                yield return New($"{name}.bias", count);
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

        public static Extent operator +(Extent a, Extent b) => new($"{a.Because} + {b.Because}", a.Value + b.Value);

        public static Extent operator *(Extent a, Extent b) => new($"{a.Because} × {b.Because}", a.Value * b.Value);
    }
}

/// <summary>Represents the matrix of a linear layer of a model.</summary>
/// <param name="Name">"model.layers.3.self_attn.q_proj".</param>
/// <param name="Outputs">Rows of the matrix.</param>
/// <param name="Inputs">Columns of the matrix.</param>
public sealed record LinearShape(string Name, int Outputs, int Inputs)
{
    /// <summary>Name as an adapter target, the last part of <see cref="Name"/>: "q_proj".</summary>
    public string Target => LayerNames.Target(Name);

    /// <summary>Returns the linear layers of a model in the order of the forward pass, without the output head.</summary>
    public static IEnumerable<LinearShape> Of(ModelConfig model)
    {
        const string Weight = ".weight";
        return ParameterShapes.Of(model)
            .Where(p => p.Shape.Count == 2 && p.Name is not (DecoderWeights.EmbeddingsName or DecoderWeights.HeadName))
            .Select(p => new LinearShape(p.Name[..^Weight.Length], p.Shape[0], p.Shape[1]));
    }

    /// <summary>Returns the adapter targets of a model, in the order of the forward pass.</summary>
    public static IReadOnlyList<string> TargetsOf(ModelConfig model) => [.. Of(model).Select(l => l.Target).Distinct()];
}
