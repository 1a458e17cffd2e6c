namespace Farsight.Engine.Numerics;

/// <summary>Names how products are computed. Sums are F32 in all of them, and so is everything that is not a product.</summary>
public enum Arithmetic
{
    /// <summary>Products of F32 numbers: the reference.</summary>
    F32,

    /// <summary>
    /// Both factors are rounded to BF16, ties to even. Two neighbouring terms are added to the F32 sum with one rounding each, the
    /// second one first; subnormal numbers are zero. These are the numbers of VDPBF16PS, on every processor.
    /// </summary>
    BF16,

    /// <summary>
    /// Weights stored as Q8_0 or Q4_0 meet activations rounded to 8-bit integers per 32 values, with exact sums of integers in a block.
    /// For inference only. Weights in other formats, and attention, are computed in F32.
    /// </summary>
    Q8,
}
