using System.Runtime.Intrinsics;
using Farsight.Engine.Kernels;

namespace Farsight.Tests.Engine.Kernels;

/// <summary>Every operation gives the same bits at every width, so that a kernel written once computes the same at all widths.</summary>
public sealed class VectorTierTests
{
    const int Count = 16;

    [Fact]
    public void Operations_at_512_bits_have_the_bits_of_single_floats() => Check<Vector512<float>, Tier512>();

    [Fact]
    public void Operations_at_256_bits_have_the_bits_of_single_floats() => Check<Vector256<float>, Tier256>();

    [Fact]
    public void Operations_at_128_bits_have_the_bits_of_single_floats() => Check<Vector128<float>, Tier128>();

    static void Check<TVector, TTier>()
        where TVector : struct
        where TTier : IVectorTier<TVector>
    {
        for (int seed = 0; seed < 50; seed++)
        {
            uint[] expected = Results<float, Tier32>(seed), actual = Results<TVector, TTier>(seed);
            Assert.Equal(expected, actual);
        }
        Assert.True(TTier.Same(TTier.Create(2), TTier.Create(2)));
        Assert.False(TTier.Same(TTier.Create(2), TTier.Create(3)));
        Assert.Equal(3f * TTier.Count, TTier.Sum(TTier.Create(3)));
    }

    /// <summary>Bits of all operations on 16 elements, operation by operation.</summary>
    static uint[] Results<TVector, TTier>(int seed)
        where TVector : struct
        where TTier : IVectorTier<TVector>
    {
        float[] a = Values(seed, 1), b = Values(seed, 2), c = Values(seed, 3);
        List<float> all = [];
        Add((x, y, z) => TTier.Add(x, y));
        Add((x, y, z) => TTier.Subtract(x, y));
        Add((x, y, z) => TTier.Multiply(x, y));
        Add((x, y, z) => TTier.Divide(x, y));
        Add(TTier.MultiplyAdd);
        Add((x, y, z) => TTier.Negate(x));
        Add((x, y, z) => TTier.SquareRoot(TTier.Multiply(x, x)));
        Add((x, y, z) => TTier.Max(x, y));
        Add((x, y, z) => TTier.IfLess(x, y, z, x));
        Add((x, y, z) => TTier.IfAtMost(x, y, z, x));
        Add((x, y, z) => TTier.AddToExponent(x, TTier.Add(TTier.Create(3), TTier.Create(12582912f))));
        Add((x, y, z) => TTier.KeepWithin(x, y, z, x));
        Add((x, y, z) => VectorExp.Exp<TVector, TTier>(TTier.Multiply(x, TTier.Create(40))));
        Add((x, y, z) => VectorTanh.Tanh<TVector, TTier>(x));
        Add((x, y, z) => VectorExp.PowerOfTwo<TVector, TTier>(TTier.Multiply(x, TTier.Create(40))));
        return [.. all.Select(BitConverter.SingleToUInt32Bits)];

        void Add(Func<TVector, TVector, TVector, TVector> operation)
        {
            float[] results = new float[Count];
            for (int i = 0; i < Count; i += TTier.Count)
            {
                TTier.Store(
                    operation(TTier.Load(ref a[0], i), TTier.Load(ref b[0], i), TTier.Load(ref c[0], i)), ref results[0], i);
            }
            all.AddRange(results);
        }
    }

    // Every third value equals its neighbor in the other operands, so that comparisons see equal values.
    static float[] Values(int seed, int operand)
    {
        float[] values = TestData.Normal(Count, seed * 10 + operand), shared = TestData.Normal(Count, seed * 10);
        return [.. values.Select((v, i) => i % 3 == 0 ? shared[i] : v)];
    }
}
