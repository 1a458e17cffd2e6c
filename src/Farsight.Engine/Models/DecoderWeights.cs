using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>Represents the layers of a model, composed as its description says.</summary>
/// <param name="Embeddings">[V, D]</param>
/// <param name="Blocks">From the first to the last.</param>
/// <param name="FinalNorm">Norm before the head.</param>
/// <param name="Head">[V, D]; null when it is the embeddings.</param>
sealed record DecoderWeights(WeightMatrix Embeddings, IReadOnlyList<Block> Blocks, Norm FinalNorm, WeightMatrix? Head)
{
    internal const string EmbeddingsName = "model.embed_tokens.weight", HeadName = "lm_head.weight";

    internal static DecoderWeights From(ModelConfig config, IWeightSource source)
    {
        int d = config.HiddenSize;
        return new(
            source.Matrix(EmbeddingsName, config.VocabSize, d),
            [.. Enumerable.Range(0, config.NumHiddenLayers).Select(layer => BlockOf(config, source, layer))],
            NormOf(source, "model.norm", d, config),
            config.TieWordEmbeddings ? null : source.Matrix(HeadName, config.VocabSize, d));
    }

    static Block BlockOf(ModelConfig c, IWeightSource source, int layer)
    {
        LayerNames names = LayerNames.Of(c, layer);
        int d = c.HiddenSize;
        LinearWeights Load(string name, int outputs, int inputs, bool bias) => new(
            name,
            source.Matrix($"{name}.weight", outputs, inputs),
            bias ? source.Vector($"{name}.bias", outputs) : null);
        Norm? NormOrNone(string? name, int width) => name is null ? null : NormOf(source, name, width, c);

        Linear[] inputs = Split(
            [c.QueryWidth, c.KeyWidth, c.KeyWidth], names.Projections, (name, outputs) => Load(name, outputs, d, c.AttentionBias));
        return new(
            NormOrNone(names.AttentionNorm, d),
            inputs[0],
            inputs[1],
            inputs[2],
            NormOrNone(names.QueryNorm, c.NormsWholeProjection ? c.QueryWidth : c.HeadDim),
            NormOrNone(names.KeyNorm, c.NormsWholeProjection ? c.KeyWidth : c.HeadDim),
            new(Load(names.Output, d, c.QueryWidth, c.OutputBias)),
            new(NormOrNone(names.AttentionResultNorm, d), c.ResidualScale),
            NormOrNone(names.MlpNorm, d),
            c.HasExperts(layer)
                ? new ExpertMixture(
                    new(Load(names.Router!, c.Experts!.Count, d, bias: false)),
                    [.. names.Mlps.Select(m => Mlp(m, c.Experts.IntermediateSize, bias: false))],
                    c.Experts.PerToken,
                    c.Experts.NormalizesWeights)
                : Mlp(names.Mlps.First(), c.IntermediateSize, c.MlpBias),
            new(NormOrNone(names.MlpResultNorm, d), c.ResidualScale));

        GatedMlp Mlp(MlpNames mlp, int width, bool bias)
        {
            Linear[] halves = Split([width, width], mlp.Inputs, (name, outputs) => Load(name, outputs, d, bias));
            return new(halves[0], halves[1], new(Load(mlp.Down, d, width, bias)), c.Activation);
        }
    }

    /// <summary>Returns layers with a matrix each or, for one name, layers that are parts of one matrix.</summary>
    static Linear[] Split(int[] outputs, IReadOnlyList<string> names, Func<string, int, LinearWeights> load)
    {
        if (names.Count == outputs.Length)
        {
            return [.. names.Zip(outputs, (name, count) => new Linear(load(name, count)))];
        }
        LinearWeights fused = load(names[0], outputs.Sum());
        return [.. outputs.Select((count, i) => new Linear(fused, outputs[..i].Sum(), count))];
    }

    static Norm NormOf(IWeightSource source, string name, int width, ModelConfig config) =>
        new($"{name}.weight", source.Vector($"{name}.weight", width), config.RmsNormEps, config.NormsAddOne);
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
