namespace Farsight.Engine.Kernels;

/// <summary>Represents the head counts and sizes of an attention layer.</summary>
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

    /// <summary>Gets the factor on every score, 1 / √Dh.</summary>
    public float Scale => 1f / MathF.Sqrt(HeadDim);
}
