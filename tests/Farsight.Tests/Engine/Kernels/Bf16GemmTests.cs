using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Engine.Kernels;

public sealed class Bf16GemmTests
{
    // Around the tile's 8 × 32, blocks of 192 rows, 512 terms and 768 columns, odd depths, and the 1024 lines that are rounded at once.
    public static TheoryData<int, int, int> Sizes =>
        new()
        {
            { 17, 1, 1 },
            { 17, 40, 33 },
            { 24, 32, 70 },
            { 25, 31, 7 },
            { 32, 64, 512 },
            { 33, 65, 513 },
            { 193, 33, 1030 },
            { 40, 801, 96 },
            { 97, 1024, 130 },
            { 1100, 48, 20 },
        };

    [Theory, MemberData(nameof(Sizes))]
    public void The_three_products_sum_rounded_numbers_in_the_defined_order(int m, int n, int k)
    {
        Rows x = Of(m, k, 1), w = Of(n + 3, k, 2), dY = Of(m, n, 3), y = Of(m, n, 4), dX = Of(m, k, 5), dW = Of(n, k, 6);

        Gemm.MultiplyTransposed(x, new RowsMatrix(w), 2, n, y, add: true, Arithmetic.BF16);
        Gemm.Multiply(dY, new RowsMatrix(w), 2, dX, add: false, Arithmetic.BF16);
        Gemm.AddOuter(dY, x, dW, Arithmetic.BF16);

        Assert.Equal(Naive(m, n, k, (i, t) => x[i][t], (t, j) => w[j + 2][t], Of(m, n, 4)), y.Span.ToArray());
        Assert.Equal(Naive(m, k, n, (i, t) => dY[i][t], (t, j) => w[t + 2][j], null), dX.Span.ToArray());
        if (n > 64 || n >= k) // narrower gradients are summed apart and added at the end
        {
            Assert.Equal(Naive(n, k, m, (i, t) => dY[t][i], (t, j) => x[t][j], Of(n, k, 6)), dW.Span.ToArray());
        }
        else
        {
            float[] sum = Naive(n, k, m, (i, t) => dY[t][i], (t, j) => x[t][j], null), before = Of(n, k, 6).Span.ToArray();
            Assert.Equal([.. sum.Zip(before, (s, b) => b + s)], dW.Span.ToArray());
        }
    }

    [Theory]
    [InlineData(NumberFormat.F16), InlineData(NumberFormat.BF16), InlineData(NumberFormat.Q8_0), InlineData(NumberFormat.Q4_0)]
    public void Stored_weights_give_what_their_widened_values_give(NumberFormat format)
    {
        const int N = 70, K = 1056, M = 41;
        using PackedMatrix w = PackedMatrix.From(new RowsMatrix(Of(N, K, 2)), format);
        Rows widened = Rows.Allocate(N, K), x = Of(M, K, 1), dY = Of(M, 50, 3);
        for (int row = 0; row < N; row++)
        {
            w.Read(row, 0, widened[row]);
        }
        Rows y = Rows.Allocate(M, 50), expectedY = Rows.Allocate(M, 50), dX = Rows.Allocate(M, K), expectedDX = Rows.Allocate(M, K);

        Gemm.MultiplyTransposed(x, w, 5, 50, y, add: false, Arithmetic.BF16);
        Gemm.Multiply(dY, w, 5, dX, add: false, Arithmetic.BF16);

        Gemm.MultiplyTransposed(x, new RowsMatrix(widened), 5, 50, expectedY, add: false, Arithmetic.BF16);
        Gemm.Multiply(dY, new RowsMatrix(widened), 5, expectedDX, add: false, Arithmetic.BF16);
        Assert.Equal(expectedY.Span.ToArray(), y.Span.ToArray());
        Assert.Equal(expectedDX.Span.ToArray(), dX.Span.ToArray());
    }

    [Theory, InlineData(200, 150, 700), InlineData(300, 32, 70), InlineData(20, 700, 40)]
    public void Threads_do_not_change_a_bit(int m, int n, int k)
    {
        Rows x = Of(m, k, 1), w = Of(n, k, 2), dY = Of(m, n, 3);
        float[] With(int threads)
        {
            using ThreadCount _ = new(threads);
            Rows y = Rows.Allocate(m, n), dX = Rows.Allocate(m, k), dW = Rows.Allocate(n, k);
            Gemm.MultiplyTransposed(x, new RowsMatrix(w), 0, n, y, add: false, Arithmetic.BF16);
            Gemm.Multiply(dY, new RowsMatrix(w), 0, dX, add: false, Arithmetic.BF16);
            Gemm.AddOuter(dY, x, dW, Arithmetic.BF16);
            return [.. y.Span, .. dX.Span, .. dW.Span];
        }

        float[] one = With(1);

        Assert.Equal(one, With(2));
        Assert.Equal(one, With(5));
    }

    [Theory]
    [InlineData(1f, 0x3F80u), InlineData(-2f, 0xC000u), InlineData(1.00390625f, 0x3F80u), InlineData(1.01171875f, 0x3F82u)]
    [InlineData(1.0039063692092896f, 0x3F81u), InlineData(3.4e38f, 0x7F80u), InlineData(float.NegativeInfinity, 0xFF80u)]
    public void Numbers_are_rounded_to_nearest_and_ties_to_even(float x, uint expected) => Assert.Equal(expected, Bf16Pairs.One(x));

    [Theory, InlineData(0x7FFFFFFFu), InlineData(0x7F800001u), InlineData(0xFF80FFFFu), InlineData(0xFFC00000u)]
    public unsafe void NaN_stays_NaN_in_rows_of_any_length(uint bits)
    {
        float nan = BitConverter.UInt32BitsToSingle(bits);
        foreach (int length in (int[])[1, 2, 31, 32, 33, 70])
        {
            float[] row = [.. Enumerable.Repeat(nan, length)];
            uint[] along = new uint[(length + 1) / 2], across = new uint[length];
            fixed (uint* a = along, b = across)
            {
                fixed (float* x = row)
                {
                    Bf16Pairs.OfRow(x, length, a);
                    Bf16Pairs.OfTwoRows(x, x, length, b);
                }
            }

            Assert.All(along[..(length / 2)], AssertBothAreNaN);
            Assert.All(across, AssertBothAreNaN);
        }
    }

    static void AssertBothAreNaN(uint pair)
    {
        Assert.True(float.IsNaN(BitConverter.UInt32BitsToSingle(pair << 16)));
        Assert.True(float.IsNaN(BitConverter.UInt32BitsToSingle(pair & 0xFFFF0000)));
    }

    /// <summary>The definition: in blocks of 512 terms, the second of two neighbors first, one rounding each.</summary>
    static float[] Naive(int m, int n, int depth, Func<int, int, float> a, Func<int, int, float> b, Rows? before)
    {
        static float Rounded(float x) => BitConverter.UInt32BitsToSingle(Bf16Pairs.One(x) << 16);
        float[] c = new float[m * n];
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                float total = before is { } rows ? rows[i][j] : 0;
                for (int k = 0; k < depth; k += 512)
                {
                    float sum = 0;
                    for (int t = k; t < Math.Min(k + 512, depth); t += 2)
                    {
                        sum = t + 1 < depth ? MathF.FusedMultiplyAdd(Rounded(a(i, t + 1)), Rounded(b(t + 1, j)), sum) : sum;
                        sum = MathF.FusedMultiplyAdd(Rounded(a(i, t)), Rounded(b(t, j)), sum);
                    }
                    total = k == 0 && before is null ? sum : total + sum;
                }
                c[i * n + j] = total;
            }
        }
        return c;
    }

    static Rows Of(int rows, int columns, int seed)
    {
        Rows r = Rows.Allocate(rows, columns);
        TestData.Normal(rows * columns, seed).CopyTo(r.Span);
        return r;
    }
}
