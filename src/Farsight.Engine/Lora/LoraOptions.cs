namespace Farsight.Engine.Lora;

/// <summary>Which parts of a model an adapter changes.</summary>
/// <param name="Rank">R of the low-rank matrices.</param>
/// <param name="Alpha">α; the low-rank update is scaled by α / R.</param>
/// <param name="Targets">Linear layers that get one, by Hugging Face's names: q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj,
/// down_proj.</param>
/// <param name="TrainEmbeddings">The token embeddings are trained in full; where the head is tied, it moves with them.</param>
/// <param name="TrainNorms">The gains of all norms are trained in full.</param>
public sealed record LoraOptions(int Rank, double Alpha, IReadOnlyList<string> Targets, bool TrainEmbeddings, bool TrainNorms)
{
    /// <summary>The names that <see cref="Targets"/> may hold.</summary>
    public static IReadOnlyList<string> KnownTargets { get; } =
        ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];
}
