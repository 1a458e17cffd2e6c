namespace Farsight.Engine.Lora;

/// <summary>Represents the parts of a model that an adapter changes.</summary>
/// <param name="Rank">R, the rank of the matrices. Default: 32.</param>
/// <param name="Alpha">α; the low-rank update is scaled by α / R. Default: 16.</param>
/// <param name="Targets">Linear layers with low-rank matrices; null for the four attention matrices.</param>
/// <param name="TrainEmbeddings">Whether the token embeddings are trained in full, with a tied head. Default: false.</param>
/// <param name="TrainNorms">Whether the gains of all norms are trained in full. Default: false.</param>
public sealed record LoraOptions(
    int Rank = 32,
    double Alpha = 16,
    IReadOnlyList<string>? Targets = null,
    bool TrainEmbeddings = false,
    bool TrainNorms = false)
{
    /// <summary>
    /// Linear layers with low-rank matrices, by Hugging Face's names: q_proj to down_proj, and others of the model family. Default: q_proj,
    /// k_proj, v_proj and o_proj.
    /// </summary>
    public IReadOnlyList<string> Targets { get; init; } = Targets ?? ["q_proj", "k_proj", "v_proj", "o_proj"];

    // Declared here so that the keys of stored recipes keep their order.

    /// <summary>Whether the token embeddings are trained in full, with a tied head. Default: false.</summary>
    public bool TrainEmbeddings { get; init; } = TrainEmbeddings;

    /// <summary>Whether the gains of all norms are trained in full. Default: false.</summary>
    public bool TrainNorms { get; init; } = TrainNorms;

    /// <summary>Names that <see cref="Targets"/> may have; each model has some of them.</summary>
    public static IReadOnlyList<string> KnownTargets { get; } =
    [
        "q_proj", "k_proj", "v_proj", "qkv_proj", "o_proj", "gate_proj", "up_proj", "gate_up_proj", "down_proj", "gate", "w1", "w2", "w3",
    ];
}
