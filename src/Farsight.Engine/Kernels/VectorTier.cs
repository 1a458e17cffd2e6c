using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Farsight.Engine.Kernels;

/// <summary>The vector operations that a kernel needs, at one register width.</summary>
/// <remarks>
/// A kernel written once over <typeparamref name="TVector"/> and its tier is compiled for each width separately, without any
/// cost: the types are values. Every tier runs on every machine, slowly where the processor lacks it.
/// </remarks>
/// <typeparam name="TVector">Vector512, Vector256 or Vector128 of floats.</typeparam>
interface IVectorTier<TVector>
    where TVector : struct
{
    /// <summary>Floats in a register.</summary>
    static abstract int Count { get; }

    /// <summary>There are 32 registers, not 16.</summary>
    static abstract bool ManyRegisters { get; }

    static abstract TVector Load(ref float source, nint offset);

    static abstract void Store(TVector value, ref float target, nint offset);

    static abstract TVector Create(float value);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary>a · b + c, fused where the processor can.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    static abstract TVector Max(TVector a, TVector b);

    /// <summary>2^x for x below 128; exactly 0 below −126.</summary>
    static abstract TVector PowerOfTwo(TVector x);

    /// <summary><paramref name="value"/> where low ≤ x ≤ high, −∞ elsewhere.</summary>
    static abstract TVector KeepWithin(TVector x, TVector low, TVector high, TVector value);

    static abstract bool Same(TVector a, TVector b);

    /// <summary>The sum across the register.</summary>
    static abstract float Sum(TVector x);
}

readonly struct Tier512 : IVectorTier<Vector512<float>>
{
    public static int Count => 16;

    public static bool ManyRegisters => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref float source, nint offset) => Vector512.LoadUnsafe(ref Unsafe.Add(ref source, offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> value, ref float target, nint offset) =>
        value.StoreUnsafe(ref Unsafe.Add(ref target, offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Create(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
        Vector512.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Vector512.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> PowerOfTwo(Vector512<float> x) => VectorExp.PowerOfTwo(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> KeepWithin(Vector512<float> x, Vector512<float> low, Vector512<float> high, Vector512<float> value) =>
        Vector512.ConditionalSelect(
            Vector512.GreaterThanOrEqual(x, low) & Vector512.LessThanOrEqual(x, high),
            value,
            Vector512.Create(float.NegativeInfinity));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Same(Vector512<float> a, Vector512<float> b) => Vector512.EqualsAll(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> x) => Vector512.Sum(x);
}

readonly struct Tier256 : IVectorTier<Vector256<float>>
{
    public static int Count => 8;

    public static bool ManyRegisters => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(ref float source, nint offset) => Vector256.LoadUnsafe(ref Unsafe.Add(ref source, offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> value, ref float target, nint offset) =>
        value.StoreUnsafe(ref Unsafe.Add(ref target, offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Create(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
        Vector256.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Vector256.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> PowerOfTwo(Vector256<float> x) => VectorExp.PowerOfTwo(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> KeepWithin(Vector256<float> x, Vector256<float> low, Vector256<float> high, Vector256<float> value) =>
        Vector256.ConditionalSelect(
            Vector256.GreaterThanOrEqual(x, low) & Vector256.LessThanOrEqual(x, high),
            value,
            Vector256.Create(float.NegativeInfinity));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Same(Vector256<float> a, Vector256<float> b) => Vector256.EqualsAll(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> x) => Vector256.Sum(x);
}

readonly struct Tier128 : IVectorTier<Vector128<float>>
{
    public static int Count => 4;

    public static bool ManyRegisters => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(ref float source, nint offset) => Vector128.LoadUnsafe(ref Unsafe.Add(ref source, offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> value, ref float target, nint offset) =>
        value.StoreUnsafe(ref Unsafe.Add(ref target, offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Create(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Subtract(Vector128<float> a, Vector128<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) =>
        Vector128.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Max(Vector128<float> a, Vector128<float> b) => Vector128.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> PowerOfTwo(Vector128<float> x) => VectorExp.PowerOfTwo(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> KeepWithin(Vector128<float> x, Vector128<float> low, Vector128<float> high, Vector128<float> value) =>
        Vector128.ConditionalSelect(
            Vector128.GreaterThanOrEqual(x, low) & Vector128.LessThanOrEqual(x, high),
            value,
            Vector128.Create(float.NegativeInfinity));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Same(Vector128<float> a, Vector128<float> b) => Vector128.EqualsAll(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> x) => Vector128.Sum(x);
}
