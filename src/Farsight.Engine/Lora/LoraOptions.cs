namespace Farsight.Engine.Lora;

/// <summary>Represents the parts of a model that an adapter changes.</summary>
/// <param name="Rank">R, the rank of the matrices.</param>
/// <param name="Alpha">α; the low-rank update is scaled by α / R.</param>
/// <param name="Targets">Linear layers with low-rank matrices, by Hugging Face's names: q_proj to down_proj, and others of the model
/// family.</param>
/// <param name="TrainEmbeddings">Whether the token embeddings are trained in full, with a tied head.</param>
/// <param name="TrainNorms">Whether the gains of all norms are trained in full.</param>
public sealed record LoraOptions(int Rank, double Alpha, IReadOnlyList<string> Targets, bool TrainEmbeddings, bool TrainNorms)
{
    /// <summary>Names that <see cref="Targets"/> may have; each model has some of them.</summary>
    public static IReadOnlyList<string> KnownTargets { get; } =
    [
        "q_proj", "k_proj", "v_proj", "qkv_proj", "o_proj", "gate_proj", "up_proj", "gate_up_proj", "down_proj", "gate", "w1", "w2", "w3",
    ];
}
