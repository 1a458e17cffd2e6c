using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static Farsight.Engine.Numerics.BlockFormat;

namespace Farsight.Engine.Numerics;

/// <summary>Widens Q4_1: an F16 scale d, an F16 minimum m and 32 numbers n of 4 bits; a value is d · n + m.</summary>
/// <remarks>
/// Byte j of the 16 holds n of value j in its lower half and n of value j + 16 in its upper, as in all formats of this file.
/// </remarks>
readonly struct Q4_1Block : IBlockFormat
{
    const int Minimum = 2, Numbers = 4;

    public static NumberFormat Format => NumberFormat.Q4_1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Widen(ref byte block, ref float values)
    {
        float scale = Half(ref block, 0), minimum = Half(ref block, Minimum);
        Vector128<byte> pairs = Sixteen(ref block, Numbers);
        Write(Low(pairs), scale, minimum, ref values, 0);
        Write(pairs >>> 4, scale, minimum, ref values, 16);
    }
}

/// <summary>Widens Q5_0: an F16 scale d, 32 fifth bits, and the lower 4 bits of 32 numbers n; a value is d · (n − 16).</summary>
readonly struct Q5_0Block : IBlockFormat
{
    const int HighBits = 2, Numbers = 6, Middle = 16;

    public static NumberFormat Format => NumberFormat.Q5_0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Widen(ref byte block, ref float values)
    {
        float scale = Half(ref block, 0);
        Vector128<byte> pairs = Sixteen(ref block, Numbers), middle = Vector128.Create((byte)Middle);
        Vector128<byte> first = Low(pairs) | FifthBits.Of(ref block, HighBits);
        Vector128<byte> second = pairs >>> 4 | FifthBits.Of(ref block, HighBits + 2);
        Write((first - middle).AsSByte(), scale, ref values, 0);
        Write((second - middle).AsSByte(), scale, ref values, 16);
    }
}

/// <summary>
/// Widens Q5_1: an F16 scale d, an F16 minimum m, 32 fifth bits, and the lower 4 bits of 32 numbers n; a value is d · n + m.
/// </summary>
readonly struct Q5_1Block : IBlockFormat
{
    const int Minimum = 2, HighBits = 4, Numbers = 8;

    public static NumberFormat Format => NumberFormat.Q5_1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Widen(ref byte block, ref float values)
    {
        float scale = Half(ref block, 0), minimum = Half(ref block, Minimum);
        Vector128<byte> pairs = Sixteen(ref block, Numbers);
        Write(Low(pairs) | FifthBits.Of(ref block, HighBits), scale, minimum, ref values, 0);
        Write(pairs >>> 4 | FifthBits.Of(ref block, HighBits + 2), scale, minimum, ref values, 16);
    }
}

/// <summary>Widens IQ4_NL: an F16 scale d and 32 indices i of 4 bits; a value is d · level(i).</summary>
readonly struct IQ4_NLBlock : IBlockFormat
{
    const int Numbers = 2;

    public static NumberFormat Format => NumberFormat.IQ4_NL;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Widen(ref byte block, ref float values)
    {
        float scale = Half(ref block, 0);
        Vector128<byte> pairs = Sixteen(ref block, Numbers);
        Write(NonlinearLevels.Of(Low(pairs)), scale, ref values, 0);
        Write(NonlinearLevels.Of(pairs >>> 4), scale, ref values, 16);
    }
}

/// <summary>Places single bits as the fifth bits of sixteen numbers.</summary>
static class FifthBits
{
    /// <summary>Returns 16 or 0 for each of the sixteen bits of two bytes of a block, lowest bit first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<byte> Of(ref byte block, int at)
    {
        Vector128<byte> bytes = Vector128.Create(
            Vector64.Create(Unsafe.Add(ref block, at)),
            Vector64.Create(Unsafe.Add(ref block, at + 1)));
        Vector128<byte> bits = Vector128.Create((byte)1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128);
        return Vector128.Equals(bytes & bits, bits) & Vector128.Create((byte)16);
    }
}

/// <summary>Provides the sixteen levels of IQ4_NL and IQ4_XS, which are denser near zero.</summary>
static class NonlinearLevels
{
    /// <summary>Returns the levels of sixteen indices from 0 to 15.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<sbyte> Of(Vector128<byte> indices) => Vector128.Shuffle(
        Vector128.Create(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113),
        indices.AsSByte());
}
