using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using V128 = System.Runtime.Intrinsics.Vector128<float>;
using V256 = System.Runtime.Intrinsics.Vector256<float>;
using V512 = System.Runtime.Intrinsics.Vector512<float>;

namespace Farsight.Engine.Kernels;

/// <summary>Defines the vector operations that kernels need, at one register width.</summary>
/// <remarks>
/// A kernel written once over <typeparamref name="TVector"/> and its tier is compiled for each width separately and without
/// overhead, because the types are values. Every tier runs on every machine, slowly where the processor lacks it.
/// </remarks>
/// <typeparam name="TVector">Vector512, Vector256 or Vector128 of floats, or one float.</typeparam>
interface IVectorTier<TVector>
    where TVector : struct
{
    /// <summary>Gets the number of floats in a register.</summary>
    static abstract int Count { get; }

    /// <summary>Gets whether there are 32 registers rather than 16.</summary>
    static abstract bool ManyRegisters { get; }

    static abstract TVector Load(ref float source, nint offset);

    static abstract void Store(TVector value, ref float target, nint offset);

    static abstract TVector Create(float value);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    static abstract TVector Divide(TVector a, TVector b);

    /// <summary>Computes a · b + c, fused where the processor can.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    static abstract TVector Negate(TVector x);

    static abstract TVector SquareRoot(TVector x);

    static abstract TVector Max(TVector a, TVector b);

    /// <summary>Selects <paramref name="yes"/> where a &lt; b, and <paramref name="no"/> elsewhere, also where one is NaN.</summary>
    static abstract TVector IfLess(TVector a, TVector b, TVector yes, TVector no);

    /// <summary>Selects <paramref name="yes"/> where a ≤ b, and <paramref name="no"/> elsewhere, also where one is NaN.</summary>
    static abstract TVector IfAtMost(TVector a, TVector b, TVector yes, TVector no);

    /// <summary>Computes y · 2^n by adding n to the exponent bits; n is the integer in the low bits of <paramref name="n"/>.</summary>
    static abstract TVector AddToExponent(TVector y, TVector n);

    /// <summary>Selects <paramref name="value"/> where low ≤ x ≤ high, and −∞ elsewhere.</summary>
    static abstract TVector KeepWithin(TVector x, TVector low, TVector high, TVector value);

    static abstract bool Same(TVector a, TVector b);

    /// <summary>Computes the sum across the register.</summary>
    static abstract float Sum(TVector x);
}

readonly struct Tier512 : IVectorTier<V512>
{
    public static int Count => 16;

    public static bool ManyRegisters => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 Load(ref float source, nint offset) => Vector512.LoadUnsafe(ref Unsafe.Add(ref source, offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(V512 value, ref float target, nint offset) => value.StoreUnsafe(ref Unsafe.Add(ref target, offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 Create(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 Add(V512 a, V512 b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 Subtract(V512 a, V512 b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 Multiply(V512 a, V512 b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 Divide(V512 a, V512 b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 MultiplyAdd(V512 a, V512 b, V512 c) => Vector512.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 Negate(V512 x) => -x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 SquareRoot(V512 x) => Vector512.Sqrt(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 Max(V512 a, V512 b) => Vector512.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 IfLess(V512 a, V512 b, V512 yes, V512 no) => Vector512.ConditionalSelect(Vector512.LessThan(a, b), yes, no);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 IfAtMost(V512 a, V512 b, V512 yes, V512 no) => Vector512.ConditionalSelect(Vector512.LessThanOrEqual(a, b), yes, no);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 AddToExponent(V512 y, V512 n) => (y.AsInt32() + (n.AsInt32() << 23)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 KeepWithin(V512 x, V512 low, V512 high, V512 value) =>
        Vector512.ConditionalSelect(
            Vector512.GreaterThanOrEqual(x, low) & Vector512.LessThanOrEqual(x, high),
            value,
            Vector512.Create(float.NegativeInfinity));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Same(V512 a, V512 b) => Vector512.EqualsAll(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(V512 x) => Vector512.Sum(x);
}

readonly struct Tier256 : IVectorTier<V256>
{
    public static int Count => 8;

    public static bool ManyRegisters => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 Load(ref float source, nint offset) => Vector256.LoadUnsafe(ref Unsafe.Add(ref source, offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(V256 value, ref float target, nint offset) => value.StoreUnsafe(ref Unsafe.Add(ref target, offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 Create(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 Add(V256 a, V256 b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 Subtract(V256 a, V256 b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 Multiply(V256 a, V256 b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 Divide(V256 a, V256 b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 MultiplyAdd(V256 a, V256 b, V256 c) => Vector256.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 Negate(V256 x) => -x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 SquareRoot(V256 x) => Vector256.Sqrt(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 Max(V256 a, V256 b) => Vector256.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 IfLess(V256 a, V256 b, V256 yes, V256 no) => Vector256.ConditionalSelect(Vector256.LessThan(a, b), yes, no);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 IfAtMost(V256 a, V256 b, V256 yes, V256 no) => Vector256.ConditionalSelect(Vector256.LessThanOrEqual(a, b), yes, no);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 AddToExponent(V256 y, V256 n) => (y.AsInt32() + (n.AsInt32() << 23)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 KeepWithin(V256 x, V256 low, V256 high, V256 value) =>
        Vector256.ConditionalSelect(
            Vector256.GreaterThanOrEqual(x, low) & Vector256.LessThanOrEqual(x, high),
            value,
            Vector256.Create(float.NegativeInfinity));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Same(V256 a, V256 b) => Vector256.EqualsAll(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(V256 x) => Vector256.Sum(x);
}

readonly struct Tier128 : IVectorTier<V128>
{
    public static int Count => 4;

    public static bool ManyRegisters => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Load(ref float source, nint offset) => Vector128.LoadUnsafe(ref Unsafe.Add(ref source, offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(V128 value, ref float target, nint offset) => value.StoreUnsafe(ref Unsafe.Add(ref target, offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Create(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Add(V128 a, V128 b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Subtract(V128 a, V128 b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Multiply(V128 a, V128 b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Divide(V128 a, V128 b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 MultiplyAdd(V128 a, V128 b, V128 c) => Vector128.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Negate(V128 x) => -x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 SquareRoot(V128 x) => Vector128.Sqrt(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Max(V128 a, V128 b) => Vector128.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 IfLess(V128 a, V128 b, V128 yes, V128 no) => Vector128.ConditionalSelect(Vector128.LessThan(a, b), yes, no);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 IfAtMost(V128 a, V128 b, V128 yes, V128 no) => Vector128.ConditionalSelect(Vector128.LessThanOrEqual(a, b), yes, no);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 AddToExponent(V128 y, V128 n) => (y.AsInt32() + (n.AsInt32() << 23)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 KeepWithin(V128 x, V128 low, V128 high, V128 value) =>
        Vector128.ConditionalSelect(
            Vector128.GreaterThanOrEqual(x, low) & Vector128.LessThanOrEqual(x, high),
            value,
            Vector128.Create(float.NegativeInfinity));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Same(V128 a, V128 b) => Vector128.EqualsAll(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(V128 x) => Vector128.Sum(x);
}

/// <summary>Represents a register of one float, for the last elements of a span, which do not fill a vector.</summary>
readonly struct Tier32 : IVectorTier<float>
{
    public static int Count => 1;

    public static bool ManyRegisters => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(ref float source, nint offset) => Unsafe.Add(ref source, offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float value, ref float target, nint offset) => Unsafe.Add(ref target, offset) = value;

    public static float Create(float value) => value;

    public static float Add(float a, float b) => a + b;

    public static float Subtract(float a, float b) => a - b;

    public static float Multiply(float a, float b) => a * b;

    public static float Divide(float a, float b) => a / b;

    // By way of a vector: the same choice between fused and not, and so the same bits, as in the vectors before this element.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MultiplyAdd(float a, float b, float c) => Vector128.MultiplyAddEstimate(
        Vector128.CreateScalarUnsafe(a), Vector128.CreateScalarUnsafe(b), Vector128.CreateScalarUnsafe(c)).ToScalar();

    public static float Negate(float x) => -x;

    public static float SquareRoot(float x) => MathF.Sqrt(x);

    public static float Max(float a, float b) => float.MaxNative(a, b);

    public static float IfLess(float a, float b, float yes, float no) => a < b ? yes : no;

    public static float IfAtMost(float a, float b, float yes, float no) => a <= b ? yes : no;

    public static float AddToExponent(float y, float n) =>
        BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(y) + (BitConverter.SingleToInt32Bits(n) << 23));

    public static float KeepWithin(float x, float low, float high, float value) =>
        x >= low && x <= high ? value : float.NegativeInfinity;

    public static bool Same(float a, float b) => a == b;

    public static float Sum(float x) => x;
}
