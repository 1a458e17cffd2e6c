namespace Farsight.Engine.Numerics;

/// <summary>Names how products are computed. Sums are F32 in all of them, and so is everything that is not a product.</summary>
public enum Arithmetic
{
    /// <summary>Products of F32 numbers: the reference.</summary>
    F32,

    /// <summary>
    /// Both factors are rounded to BF16, ties to even. Two neighboring terms are added to the F32 sum with one rounding each, the
    /// second one first; subnormal numbers are zero. These are the numbers of VDPBF16PS, on every processor.
    /// </summary>
    BF16,

    /// <summary>
    /// Weights stored as Q8_0 or Q4_0 meet activations rounded to 8-bit integers per 32 values, with exact sums of integers in a block.
    /// For inference only. Weights in other formats, and attention, are computed in F32.
    /// </summary>
    Q8,
}

/// <summary>Provides the names of arithmetics, as recipes, options and results have them.</summary>
public static class Arithmetics
{
    /// <summary>Returns the name: "f32", "bf16" or "q8".</summary>
    public static string Name(this Arithmetic arithmetic) => arithmetic.ToString().ToLowerInvariant();

    /// <summary>Returns the name that results record; null for F32, which they do not name.</summary>
    public static string? RecordedName(this Arithmetic arithmetic) => arithmetic == Arithmetic.F32 ? null : arithmetic.Name();
}
