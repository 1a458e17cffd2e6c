using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;

namespace Farsight.Tests.Engine.Kernels;

public sealed class SkinnyGemmTests
{
    // Less than a register, less and more than a block of 32, one part of 4096 columns and several.
    [Theory]
    [InlineData(1), InlineData(7), InlineData(16), InlineData(31), InlineData(61), InlineData(100), InlineData(4096), InlineData(4130)]
    public void Every_tier_matches_naive(int k)
    {
        Rows x = Of(5, k, 1), w = Of(6, k, 2);
        double[] expected = [.. Enumerable.Range(0, 30).Select(i => Dot(x[i / 6], w[i % 6]))];
        float[] With<TVector, TTier>()
            where TVector : struct
            where TTier : IVectorTier<TVector>
        {
            Rows y = Rows.Allocate(5, 6);
            SkinnyGemm.MultiplyTransposed<TVector, TTier>(x, new RowsMatrix(w), 0, y, add: false);
            return y.Span.ToArray();
        }

        Near.Each(expected, With<Vector512<float>, Tier512>(), relative: 1e-5, absolute: 1e-4 + 1e-7 * k);
        Near.Each(expected, With<Vector256<float>, Tier256>(), relative: 1e-5, absolute: 1e-4 + 1e-7 * k);
        Near.Each(expected, With<Vector128<float>, Tier128>(), relative: 1e-5, absolute: 1e-4 + 1e-7 * k);
    }

    [Fact]
    public void Every_tier_reads_every_format()
    {
        CheckTiers<SingleLanes>(NumberFormat.F32, 101);
        CheckTiers<BFloat16Lanes>(NumberFormat.BF16, 101);
        CheckTiers<HalfLanes>(NumberFormat.F16, 101);
        CheckTiers<EightBitLanes>(NumberFormat.Q8_0, 96);
        CheckTiers<FourBitLanes>(NumberFormat.Q4_0, 96);
    }

    static void CheckTiers<TLanes>(NumberFormat format, int k)
        where TLanes : IWeightLanes
    {
        using PackedMatrix w = PackedMatrix.From(new RowsMatrix(Of(5, k, 2)), format);
        Rows x = Of(1, k, 1), widened = Rows.Allocate(5, k);
        Widened(w, widened);
        double[] expected = [.. Enumerable.Range(1, 4).Select(i => Dot(x[0], widened[i]))];
        Assert.True(StoredRows.TryTake(w, 1, 4, out StoredRows rows));
        float[] sums = new float[4];

        SkinnyRow.Sums<Vector512<float>, Tier512, TLanes>(rows, x[0], sums);
        Near.Each(expected, sums, relative: 1e-5, absolute: 1e-4 + 1e-7 * k);
        SkinnyRow.Sums<Vector256<float>, Tier256, TLanes>(rows, x[0], sums);
        Near.Each(expected, sums, relative: 1e-5, absolute: 1e-4 + 1e-7 * k);
        SkinnyRow.Sums<Vector128<float>, Tier128, TLanes>(rows, x[0], sums);
        Near.Each(expected, sums, relative: 1e-5, absolute: 1e-4 + 1e-7 * k);
    }

    [
        Theory,
        InlineData(NumberFormat.F32),
        InlineData(NumberFormat.BF16),
        InlineData(NumberFormat.F16),
        InlineData(NumberFormat.Q8_0),
        InlineData(NumberFormat.Q4_0)
    ]
    public void A_row_has_the_same_bits_alone_and_among_others(NumberFormat format)
    {
        int k = format.ValuesPerBlock == 1 ? 4133 : 4128;
        using PackedMatrix w = PackedMatrix.From(new RowsMatrix(Of(71, k, 2)), format);
        Rows x = Of(5, k, 1), together = Rows.Allocate(5, 70), alone = Rows.Allocate(5, 70);

        Gemm.MultiplyTransposed(x, w, 1, 70, together, add: false);
        for (int row = 0; row < x.Count; row++)
        {
            Gemm.MultiplyTransposed(x.Slice(row, 1), w, 1, 70, alone.Slice(row, 1), add: false);
        }

        Assert.Equal(together.Span.ToArray(), alone.Span.ToArray());
    }

    [Fact]
    public void Every_half_is_widened_exactly_by_every_tier()
    {
        ushort[] stored = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
        float[] values = new float[stored.Length];
        void Check() => Assert.All(stored, i => Assert.Equal((float)BitConverter.UInt16BitsToHalf(i), values[i]));
        ref byte At(int i) => ref Unsafe.As<ushort, byte>(ref stored[i]);

        for (int i = 0; i < values.Length; i++)
        {
            values[i] = HalfLanes.One(ref At(i));
        }
        Check();
        for (int i = 0; i < values.Length; i += 16)
        {
            HalfLanes.Load(ref At(i / 32 * 32), i % 32, Vector512<float>.One).CopyTo(values, i);
        }
        Check();
        for (int i = 0; i < values.Length; i += 8)
        {
            HalfLanes.Load(ref At(i / 32 * 32), i % 32, Vector256<float>.One).CopyTo(values, i);
        }
        Check();
        for (int i = 0; i < values.Length; i += 4)
        {
            HalfLanes.Load(ref At(i / 32 * 32), i % 32, Vector128<float>.One).CopyTo(values, i);
        }
        Check();
    }

    [Fact]
    public void Rows_of_several_formats_meet_one_row_of_x()
    {
        using PackedMatrix stored = PackedMatrix.From(new RowsMatrix(Of(6, 40, 2)), NumberFormat.BF16);
        Parameter embeddings = Parameter.OfTouchedRows("embeddings", ParameterRole.Embedding, stored);
        embeddings.Touch(2);
        embeddings.Value[0].Fill(3);
        Rows x = Of(1, 40, 1), y = Rows.Allocate(1, 6), widened = Rows.Allocate(6, 40);
        Widened(stored, widened);
        widened[2].Fill(3);

        Gemm.MultiplyTransposed(x, embeddings.Whole, 0, 6, y, add: false);

        Near.Each([.. Enumerable.Range(0, 6).Select(i => Dot(x[0], widened[i]))], y.Span, relative: 1e-5, absolute: 1e-4);
    }

    static void Widened(PackedMatrix w, Rows widened)
    {
        for (int row = 0; row < w.RowCount; row++)
        {
            w.Read(row, 0, widened[row]);
        }
    }

    static double Dot(Span<float> a, Span<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += (double)a[i] * b[i];
        }
        return sum;
    }

    static Rows Of(int count, int width, int seed)
    {
        Rows rows = Rows.Allocate(count, width);
        TestData.Normal(count * width, seed).CopyTo(rows.Span);
        return rows;
    }
}
