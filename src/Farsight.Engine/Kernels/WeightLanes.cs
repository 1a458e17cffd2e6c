using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Kernels;

/// <summary>
/// Defines the conversion of a storage format to registers of floats, at one width. Exact: the values are those of Widen.
/// </summary>
/// <remarks>Rows are taken in blocks of 32 values, also in formats that have no blocks; what is left of a row is not for here.</remarks>
/// <typeparam name="TVector">Vector512, Vector256 or Vector128 of floats.</typeparam>
interface IWeightLanes<TVector>
    where TVector : struct
{
    /// <summary>Bytes from one block of 32 values to the next.</summary>
    static abstract int BytesPerBlock { get; }

    /// <summary>Gets the factor of a block's numbers; 1 in formats without scales.</summary>
    static abstract float Scale(ref byte block);

    /// <summary>Returns the values from <paramref name="index"/> on, a multiple of the register's width.</summary>
    /// <param name="block">First byte of the block.</param>
    /// <param name="index">0 … 31.</param>
    /// <param name="scale">The block's scale in every lane.</param>
    static abstract TVector Load(ref byte block, int index, TVector scale);
}

/// <summary>Defines the conversion at every width.</summary>
interface IWeightLanes : IWeightLanes<Vector512<float>>, IWeightLanes<Vector256<float>>, IWeightLanes<Vector128<float>>;

/// <summary>Converts F32.</summary>
readonly struct SingleLanes : IWeightLanes
{
    public static int BytesPerBlock => 32 * sizeof(float);

    public static float Scale(ref byte block) => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref byte block, int index, Vector512<float> scale) =>
        Unsafe.ReadUnaligned<Vector512<float>>(ref Unsafe.Add(ref block, index * sizeof(float)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(ref byte block, int index, Vector256<float> scale) =>
        Unsafe.ReadUnaligned<Vector256<float>>(ref Unsafe.Add(ref block, index * sizeof(float)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(ref byte block, int index, Vector128<float> scale) =>
        Unsafe.ReadUnaligned<Vector128<float>>(ref Unsafe.Add(ref block, index * sizeof(float)));
}

/// <summary>Converts BF16, the upper half of a float.</summary>
readonly struct BFloat16Lanes : IWeightLanes
{
    public static int BytesPerBlock => 32 * sizeof(ushort);

    public static float Scale(ref byte block) => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref byte block, int index, Vector512<float> scale) =>
        (SignedWiden.Sixteen(Unsafe.ReadUnaligned<Vector256<short>>(ref Unsafe.Add(ref block, index * sizeof(ushort)))) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(ref byte block, int index, Vector256<float> scale) =>
        (SignedWiden.Eight(Unsafe.ReadUnaligned<Vector128<short>>(ref Unsafe.Add(ref block, index * sizeof(ushort)))) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(ref byte block, int index, Vector128<float> scale) =>
        (SignedWiden.Four(Unsafe.ReadUnaligned<Vector64<short>>(ref Unsafe.Add(ref block, index * sizeof(ushort)))) << 16).AsSingle();
}

/// <summary>Converts F16: moves exponent and fraction to their places in a float, and multiplies by 2¹¹² for the different bias.</summary>
/// <remarks>That is exact for subnormal numbers too. The exceptions are infinities and NaN, whose exponents are set.</remarks>
readonly struct HalfLanes : IWeightLanes
{
    // The sign's copies between the sign and the exponent go; 2¹¹²; a half's and a float's exponent of infinity.
    const int Kept = unchecked((int)0x8FFFE000), Largest = 0x0F800000, Infinite = 0x7F800000;
    const float Bias = 5.192297e33f;

    public static int BytesPerBlock => 32 * sizeof(ushort);

    public static float Scale(ref byte block) => 1;

    /// <summary>Returns one F16 value, without the calls of the library's conversion.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float One(ref byte stored)
    {
        int moved = (Unsafe.ReadUnaligned<short>(ref stored) << 13) & Kept;
        int bits = BitConverter.SingleToInt32Bits(BitConverter.Int32BitsToSingle(moved) * Bias);
        return BitConverter.Int32BitsToSingle((moved & Largest) == Largest ? bits | Infinite : bits);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref byte block, int index, Vector512<float> scale)
    {
        Vector512<int> moved =
            SignedWiden.Sixteen(Unsafe.ReadUnaligned<Vector256<short>>(ref Unsafe.Add(ref block, index * sizeof(ushort)))) << 13;
        Vector512<float> value = (moved & Vector512.Create(Kept)).AsSingle() * Bias;
        Vector512<int> largest = Vector512.Equals(moved & Vector512.Create(Largest), Vector512.Create(Largest));
        return (value.AsInt32() | (largest & Vector512.Create(Infinite))).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(ref byte block, int index, Vector256<float> scale)
    {
        Vector256<int> moved =
            SignedWiden.Eight(Unsafe.ReadUnaligned<Vector128<short>>(ref Unsafe.Add(ref block, index * sizeof(ushort)))) << 13;
        Vector256<float> value = (moved & Vector256.Create(Kept)).AsSingle() * Bias;
        Vector256<int> largest = Vector256.Equals(moved & Vector256.Create(Largest), Vector256.Create(Largest));
        return (value.AsInt32() | (largest & Vector256.Create(Infinite))).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(ref byte block, int index, Vector128<float> scale)
    {
        Vector128<int> moved =
            SignedWiden.Four(Unsafe.ReadUnaligned<Vector64<short>>(ref Unsafe.Add(ref block, index * sizeof(ushort)))) << 13;
        Vector128<float> value = (moved & Vector128.Create(Kept)).AsSingle() * Bias;
        Vector128<int> largest = Vector128.Equals(moved & Vector128.Create(Largest), Vector128.Create(Largest));
        return (value.AsInt32() | (largest & Vector128.Create(Infinite))).AsSingle();
    }
}

/// <summary>Converts Q8_0: see <see cref="EightBitBlocks"/>.</summary>
readonly struct EightBitLanes : IWeightLanes
{
    const int Numbers = 2;

    public static int BytesPerBlock => EightBitBlocks.BytesPerBlock;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Scale(ref byte block) => HalfLanes.One(ref block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref byte block, int index, Vector512<float> scale) =>
        Vector512.ConvertToSingle(SignedWiden.Sixteen(Unsafe.ReadUnaligned<Vector128<sbyte>>(ref Unsafe.Add(ref block, Numbers + index))))
        * scale;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(ref byte block, int index, Vector256<float> scale) =>
        Vector256.ConvertToSingle(SignedWiden.Eight(Unsafe.ReadUnaligned<Vector64<sbyte>>(ref Unsafe.Add(ref block, Numbers + index))))
        * scale;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(ref byte block, int index, Vector128<float> scale) =>
        Vector128.ConvertToSingle(SignedWiden.Four(Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref block, Numbers + index)))) * scale;
}

/// <summary>Converts Q4_0: see <see cref="FourBitBlocks"/>.</summary>
readonly struct FourBitLanes : IWeightLanes
{
    const int Numbers = 2, Half = 16, Middle = 8, Mask = 15;

    public static int BytesPerBlock => FourBitBlocks.BytesPerBlock;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Scale(ref byte block) => HalfLanes.One(ref block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref byte block, int index, Vector512<float> scale)
    {
        Vector512<int> pairs = SignedWiden.Sixteen(Unsafe.ReadUnaligned<Vector128<sbyte>>(ref Unsafe.Add(ref block, Numbers)));
        Vector512<int> numbers = index == 0 ? pairs : pairs >>> 4;
        // The sixteen values that a block can have fit in a register, and the instruction looks at the lowest four bits.
        return Avx512F.IsSupported
            ? Avx512F.PermuteVar16x32(scale * Vector512.Create(-8f, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7), numbers)
            : Vector512.ConvertToSingle((numbers & Vector512.Create(Mask)) - Vector512.Create(Middle)) * scale;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(ref byte block, int index, Vector256<float> scale)
    {
        Vector256<int> pairs = SignedWiden.Eight(Unsafe.ReadUnaligned<Vector64<sbyte>>(ref Unsafe.Add(ref block, Numbers + index % Half)));
        Vector256<int> numbers = (index < Half ? pairs : pairs >>> 4) & Vector256.Create(Mask);
        return Vector256.ConvertToSingle(numbers - Vector256.Create(Middle)) * scale;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(ref byte block, int index, Vector128<float> scale)
    {
        Vector128<int> pairs = SignedWiden.Four(Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref block, Numbers + index % Half)));
        Vector128<int> numbers = (index < Half ? pairs : pairs >>> 4) & Vector128.Create(Mask);
        return Vector128.ConvertToSingle(numbers - Vector128.Create(Middle)) * scale;
    }
}

/// <summary>Converts a register of small signed integers to 32 bits.</summary>
static class SignedWiden
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<int> Sixteen(Vector256<short> x) => Avx512F.IsSupported
        ? Avx512F.ConvertToVector512Int32(x)
        : Vector512.Create(Vector256.WidenLower(x), Vector256.WidenUpper(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<int> Sixteen(Vector128<sbyte> x) => Avx512F.IsSupported
        ? Avx512F.ConvertToVector512Int32(x)
        : Vector512.Create(Eight(Vector128.WidenLower(x)), Eight(Vector128.WidenUpper(x)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<int> Eight(Vector128<short> x) => Avx2.IsSupported
        ? Avx2.ConvertToVector256Int32(x)
        : Vector256.Create(Vector128.WidenLower(x), Vector128.WidenUpper(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<int> Eight(Vector64<sbyte> x) => Eight(Vector128.WidenLower(x.ToVector128Unsafe()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<int> Four(Vector64<short> x) => Vector128.WidenLower(x.ToVector128Unsafe());

    /// <summary>Four signed bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<int> Four(int x) => Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(x).AsSByte()));
}
