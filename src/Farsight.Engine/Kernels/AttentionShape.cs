using Farsight.Engine.Numerics;

namespace Farsight.Engine.Kernels;

/// <summary>Represents the head counts and sizes of an attention layer, and what happens to its scores.</summary>
/// <param name="Heads">H: query heads.</param>
/// <param name="KeyValueHeads">Hkv: key and value heads; query head h reads key head h / (H / Hkv).</param>
/// <param name="HeadDim">Dh.</param>
readonly record struct AttentionShape(int Heads, int KeyValueHeads, int HeadDim)
{
    /// <summary>Gets the number of query heads per key head.</summary>
    public int Group => Heads / KeyValueHeads;

    /// <summary>Gets the query width, H · Dh.</summary>
    public int QueryWidth => Heads * HeadDim;

    /// <summary>Gets the key width, Hkv · Dh.</summary>
    public int KeyWidth => KeyValueHeads * HeadDim;

    /// <summary>Gets the factor on every score, above 0. Default: 1 / √Dh.</summary>
    public float Scale { get; init; } = 1f / MathF.Sqrt(HeadDim);

    /// <summary>Gets the limit c of the scores, c · tanh(score / c); null for none.</summary>
    public float? Softcap { get; init; }

    /// <summary>Gets how the products are computed; softmax is F32 in all of them. Default: F32.</summary>
    public Arithmetic Arithmetic { get; init; }

    /// <summary>Gets the limit in bits, the unit of the scores inside the kernels.</summary>
    internal float? SoftcapBits => Softcap * AttentionScores.Log2E;
}
