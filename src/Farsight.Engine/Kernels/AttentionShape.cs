namespace Farsight.Engine.Kernels;

/// <summary>The heads of an attention layer.</summary>
/// <param name="Heads">H: query heads.</param>
/// <param name="KeyValueHeads">Hkv: key and value heads; query head h reads key head h / (H / Hkv).</param>
/// <param name="HeadDim">Dh.</param>
public readonly record struct AttentionShape(int Heads, int KeyValueHeads, int HeadDim)
{
    /// <summary>Query heads that share a key head.</summary>
    public int Group => Heads / KeyValueHeads;

    /// <summary>H · Dh.</summary>
    public int QueryWidth => Heads * HeadDim;

    /// <summary>Hkv · Dh.</summary>
    public int KeyWidth => KeyValueHeads * HeadDim;

    /// <summary>1 / √Dh, the factor on every score.</summary>
    public float Scale => 1f / MathF.Sqrt(HeadDim);
}
