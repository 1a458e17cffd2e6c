using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Farsight.Engine.Kernels;
using Farsight.Engine.Kernels.Assembled;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Engine.Kernels;

public sealed unsafe class Int8GemmTests
{
    /// <summary>Runs where the processor has VPDPBUSD on 512 bits.</summary>
    sealed class VnniTheoryAttribute : TheoryAttribute
    {
        public VnniTheoryAttribute() =>
            Skip = AssembledCode.HasVnni ? null : "This processor has no VPDPBUSD on 512 bits, or the system refuses assembled code.";
    }

    public static TheoryData<NumberFormat, int, int, int> Sizes()
    {
        TheoryData<NumberFormat, int, int, int> data = [];
        foreach (NumberFormat format in (NumberFormat[])[NumberFormat.Q8_0, NumberFormat.Q4_0])
        {
            // Around six rows at a time, one, two and many groups, one block and parts of 32 blocks.
            foreach ((int m, int n, int k) in ((int, int, int)[])
                [(1, 16, 32), (1, 160, 96), (2, 48, 64), (5, 32, 1024), (6, 16, 1056), (7, 48, 2080), (12, 272, 1056), (17, 32, 64)])
            {
                data.Add(format, m, n, k);
            }
        }
        return data;
    }

    [Theory, MemberData(nameof(Sizes))]
    public void The_product_is_that_of_rounded_activations_and_stored_weights(NumberFormat format, int m, int n, int k)
    {
        Rows x = Of(m, k, 1), y = Rows.Allocate(m, n), sum = Of(m, n, 3);
        using PackedMatrix stored = PackedMatrix.From(new RowsMatrix(Of(n, k, 2)), format);
        using GroupedMatrix w = GroupedMatrix.From(stored);

        Gemm.MultiplyTransposed(x, w, 0, n, y, add: false, Arithmetic.Q8);
        Gemm.MultiplyTransposed(x, w, 0, n, sum, add: true, Arithmetic.Q8);

        double[] expected = Naive(x, stored);
        Near.Each(expected, y.Span, relative: 1e-5, absolute: 1e-4);
        Near.Each([.. expected.Zip(Of(m, n, 3).Span.ToArray(), (a, b) => a + b)], sum.Span, relative: 1e-5, absolute: 1e-4);
    }

    [VnniTheory, MemberData(nameof(Sizes))]
    public void Kernels_and_twin_give_the_same_bits(NumberFormat format, int m, int n, int k)
    {
        Rows x = Of(m, k, 1), y = Rows.Allocate(m, n);
        using PackedMatrix stored = PackedMatrix.From(new RowsMatrix(Of(n, k, 2)), format);
        using GroupedMatrix w = GroupedMatrix.From(stored);

        Gemm.MultiplyTransposed(x, w, 0, n, y, add: false, Arithmetic.Q8);

        for (int row = 0; row < m; row++)
        {
            Assert.Equal(OfTwin(x, row, w), y[row].ToArray());
        }
    }

    // The largest of 32 normal numbers is about 2.1 deviations; a step is 1/127 of it, and rounding is off by step / √12: 0.5 %.
    [Theory, InlineData(NumberFormat.Q8_0), InlineData(NumberFormat.Q4_0)]
    public void Rounding_activations_costs_half_a_percent_of_the_product(NumberFormat format)
    {
        const int M = 8, N = 64, K = 4096;
        Rows x = Of(M, K, 1), y = Rows.Allocate(M, N), exact = Rows.Allocate(M, N);
        using PackedMatrix stored = PackedMatrix.From(new RowsMatrix(Of(N, K, 2)), format);
        using GroupedMatrix w = GroupedMatrix.From(stored);

        Gemm.MultiplyTransposed(x, w, 0, N, y, add: false, Arithmetic.Q8);
        Gemm.MultiplyTransposed(x, stored, 0, N, exact, add: false);

        double error = Math.Sqrt(exact.Span.ToArray().Zip(y.Span.ToArray(), (a, b) => ((double)a - b) * (a - b)).Sum());
        Assert.InRange(error / Math.Sqrt(exact.Span.ToArray().Sum(v => (double)v * v)), 0.004, 0.006);
    }

    [Theory, InlineData(NumberFormat.Q8_0), InlineData(NumberFormat.Q4_0)]
    public void A_row_has_the_same_bits_alone_and_among_others_on_any_number_of_threads(NumberFormat format)
    {
        const int M = 23, N = 208, K = 1120;
        Rows x = Of(M, K, 1), one = Rows.Allocate(1, N);
        using PackedMatrix stored = PackedMatrix.From(new RowsMatrix(Of(N, K, 2)), format);
        using GroupedMatrix w = GroupedMatrix.From(stored);
        float[] With(int threads)
        {
            using ThreadCount _ = new(threads);
            Rows y = Rows.Allocate(M, N);
            Gemm.MultiplyTransposed(x, w, 0, N, y, add: false, Arithmetic.Q8);
            return y.Span.ToArray();
        }

        float[] all = With(1);

        Assert.Equal(all, With(3));
        for (int row = 0; row < M; row++)
        {
            Gemm.MultiplyTransposed(x.Slice(row, 1), w, 0, N, one, add: false, Arithmetic.Q8);
            Assert.Equal(all[(row * N)..((row + 1) * N)], one.Span.ToArray());
        }
    }

    [Theory, InlineData(NumberFormat.Q8_0), InlineData(NumberFormat.Q4_0)]
    public void Groups_of_rows_read_as_the_stored_rows(NumberFormat format)
    {
        using PackedMatrix stored = PackedMatrix.From(new RowsMatrix(Of(48, 96, 2)), format);
        using GroupedMatrix w = GroupedMatrix.From(stored);
        float[] expected = new float[96], actual = new float[96], part = new float[40];

        for (int row = 0; row < 48; row++)
        {
            stored.Read(row, 0, expected);
            w.Read(row, 0, actual);
            w.Read(row, 50, part);

            Assert.Equal(expected, actual);
            Assert.Equal(expected[50..90], part);
        }
    }

    [Theory, InlineData(NumberFormat.Q8_0, 20, 64), InlineData(NumberFormat.F32, 32, 64), InlineData(NumberFormat.BF16, 32, 64)]
    public void Other_formats_and_other_numbers_of_rows_are_not_grouped(NumberFormat format, int rows, int columns)
    {
        using PackedMatrix stored = PackedMatrix.From(new RowsMatrix(Of(rows, columns, 2)), format);

        Assert.False(GroupedMatrix.CanHold(stored));
    }

    // 8 is a row that is not the first of a group.
    [Fact]
    public void Rows_between_groups_are_computed_in_F32()
    {
        Rows x = Of(3, 64, 1), y = Rows.Allocate(3, 16), expected = Rows.Allocate(3, 16);
        using PackedMatrix stored = PackedMatrix.From(new RowsMatrix(Of(48, 64, 2)), NumberFormat.Q8_0);
        using GroupedMatrix w = GroupedMatrix.From(stored);

        Gemm.MultiplyTransposed(x, w, 8, 16, y, add: false, Arithmetic.Q8);

        Gemm.MultiplyTransposed(x, stored, 8, 16, expected, add: false);
        Near.Each([.. expected.Span.ToArray().Select(v => (double)v)], y.Span, relative: 1e-6);
    }

    [Theory, InlineData(1f), InlineData(1e-30f), InlineData(1e30f), InlineData(0f)]
    public void Vectors_round_activations_as_the_plain_loop(float factor)
    {
        float[] x = [.. TestData.Normal(96, 5).Select(v => factor * v)];
        (x[3], x[40]) = (2.5f * factor, -0.5f * factor); // ties
        Rows rows = Rows.Allocate(1, 96);
        x.CopyTo(rows.Span);
        byte[] plain = new byte[120], vectors = new byte[120];
        fixed (byte* a = plain, b = vectors)
        {
            fixed (float* from = x)
            {
                Int8Inputs.RoundRowPlainly(from, 3, (int*)a, 1, 128);
            }
            Int8Inputs.Round(rows, 0, 1, 128, b);
        }

        Assert.Equal(plain, vectors);
    }

    [Theory, InlineData(float.NaN), InlineData(float.PositiveInfinity)]
    public void What_is_not_finite_stays_so(float value)
    {
        Rows x = Of(1, 64, 1), y = Rows.Allocate(1, 16);
        x[0][40] = value;
        using PackedMatrix stored = PackedMatrix.From(new RowsMatrix(Of(16, 64, 2)), NumberFormat.Q8_0);
        using GroupedMatrix w = GroupedMatrix.From(stored);

        Gemm.MultiplyTransposed(x, w, 0, 16, y, add: false, Arithmetic.Q8);

        Assert.All(y.Span.ToArray(), v => Assert.False(float.IsFinite(v)));
    }

    /// <summary>The definition in F64: numbers of 8 bits with their scales, and stored weights.</summary>
    static double[] Naive(Rows x, PackedMatrix w)
    {
        double[] y = new double[x.Count * w.RowCount];
        float[] row = new float[w.ColumnCount];
        for (int i = 0; i < x.Count; i++)
        {
            double[] rounded = new double[x.Width];
            for (int first = 0; first < x.Width; first += 32)
            {
                float scale = x[i].Slice(first, 32).ToArray().Max(MathF.Abs) / 127, inverse = 1 / scale;
                for (int k = first; k < first + 32; k++)
                {
                    rounded[k] = scale * (double)MathF.Round(x[i][k] * inverse);
                }
            }
            for (int j = 0; j < w.RowCount; j++)
            {
                w.Read(j, 0, row);
                y[i * w.RowCount + j] = rounded.Zip(row, (a, b) => a * b).Sum();
            }
        }
        return y;
    }

    static float[] OfTwin(Rows x, int row, GroupedMatrix w)
    {
        int blocks = x.Width / 32;
        float[] y = new float[w.RowCount];
        byte[] inputs = new byte[40 * blocks];
        fixed (byte* input = inputs)
        {
            Int8Inputs.Round(x, row, 1, w.IsFourBit ? 8 : 128, input);
            fixed (float* result = y)
            {
                Int8TileCall call = new()
                {
                    W = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(w.Group(0))),
                    X = input,
                    Y = result,
                    Blocks = blocks,
                    Repeats = w.RowCount / 16,
                    WStep = w.GroupBytes,
                    YStep = 64,
                };
                Int8TileTwin.Compute(1, 1, w.IsFourBit, &call);
            }
        }
        return y;
    }

    static Rows Of(int rows, int columns, int seed)
    {
        Rows r = Rows.Allocate(rows, columns);
        TestData.Normal(rows * columns, seed).CopyTo(r.Span);
        return r;
    }
}
