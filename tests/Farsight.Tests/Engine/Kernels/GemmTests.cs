using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Engine.Kernels;

public sealed class GemmTests
{
    // Around the tiles' 8 × 32, 6 × 16 and 4 × 8, blocks of 192 rows and a depth of 256, pieces of at most 768 columns, the skinny
    // path's 16 rows; with rows of 1024 the left side of the third product is copied.
    public static TheoryData<int, int, int> Sizes =>
        new()
        {
            { 1, 1, 1 },
            { 1, 40, 33 },
            { 4, 32, 70 },
            { 5, 31, 7 },
            { 6, 16, 4 },
            { 11, 33, 130 },
            { 12, 32, 256 },
            { 13, 65, 257 },
            { 16, 40, 100 },
            { 17, 40, 100 },
            { 49, 257, 31 },
            { 97, 129, 513 },
            { 200, 64, 192 },
            { 97, 1024, 130 },
        };

    [Theory, MemberData(nameof(Sizes))]
    public void MultiplyTransposed_matches_naive(int m, int n, int k)
    {
        Rows x = Of(m, k, 1), w = Of(n + 3, k, 2), y = Of(m, n, 3), sum = Of(m, n, 3);

        Gemm.MultiplyTransposed(x, new RowsMatrix(w), 2, n, y, add: false);
        Gemm.MultiplyTransposed(x, new RowsMatrix(w), 2, n, sum, add: true);

        double[] expected = Naive(m, n, k, (i, t) => x[i][t], (t, j) => w[j + 2][t]);
        Near.Each(expected, y.Span, relative: 1e-5, absolute: 1e-4);
        Near.Each(Plus(expected, Of(m, n, 3)), sum.Span, relative: 1e-5, absolute: 1e-4);
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Multiply_matches_naive(int m, int n, int k)
    {
        Rows dY = Of(m, n, 1), w = Of(n + 3, k, 2), dX = Of(m, k, 3), sum = Of(m, k, 3);

        Gemm.Multiply(dY, new RowsMatrix(w), 1, dX, add: false);
        Gemm.Multiply(dY, new RowsMatrix(w), 1, sum, add: true);

        double[] expected = Naive(m, k, n, (i, t) => dY[i][t], (t, j) => w[t + 1][j]);
        Near.Each(expected, dX.Span, relative: 1e-5, absolute: 1e-4);
        Near.Each(Plus(expected, Of(m, k, 3)), sum.Span, relative: 1e-5, absolute: 1e-4);
    }

    [Theory, MemberData(nameof(Sizes))]
    public void AddOuter_matches_naive(int m, int n, int k)
    {
        Rows dY = Of(m, n, 1), x = Of(m, k, 2), dW = Of(n, k, 3);

        Gemm.AddOuter(dY, x, dW);

        double[] expected = Naive(n, k, m, (i, t) => dY[t][i], (t, j) => x[t][j]);
        Near.Each(Plus(expected, Of(n, k, 3)), dW.Span, relative: 1e-5, absolute: 1e-4);
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Every_tile_matches_naive(int m, int n, int k)
    {
        Rows a = Of(m, k, 1), b = Of(n, k, 2), at = Transposed(a), bt = Transposed(b);
        double[] expected = Naive(m, n, k, (i, t) => a[i][t], (t, j) => b[j][t]);

        Near.Each(
            expected,
            With<GemmTile512>(new(a, Transposed: false), new(new RowsMatrix(b), 0, n, LinesAreRows: true)),
            relative: 1e-5,
            absolute: 1e-4);
        Near.Each(
            expected,
            With<GemmTile512>(new(at, Transposed: true), new(new RowsMatrix(bt), 0, k, LinesAreRows: false)),
            relative: 1e-5,
            absolute: 1e-4);
        Near.Each(
            expected,
            With<GemmTile256>(new(a, Transposed: false), new(new RowsMatrix(b), 0, n, LinesAreRows: true)),
            relative: 1e-5,
            absolute: 1e-4);
        Near.Each(
            expected,
            With<GemmTile256>(new(at, Transposed: true), new(new RowsMatrix(bt), 0, k, LinesAreRows: false)),
            relative: 1e-5,
            absolute: 1e-4);
        Near.Each(
            expected,
            With<GemmTile128>(new(a, Transposed: false), new(new RowsMatrix(b), 0, n, LinesAreRows: true)),
            relative: 1e-5,
            absolute: 1e-4);
        Near.Each(
            expected,
            With<GemmTile128>(new(at, Transposed: true), new(new RowsMatrix(bt), 0, k, LinesAreRows: false)),
            relative: 1e-5,
            absolute: 1e-4);
    }

    [Theory, InlineData(200, 150, 300), InlineData(300, 32, 70), InlineData(20, 700, 40)]
    public void Threads_do_not_change_a_bit(int m, int n, int k)
    {
        Rows x = Of(m, k, 1), w = Of(n, k, 2), dY = Of(m, n, 3);
        float[] With(int threads)
        {
            using ThreadCount _ = new(threads);
            Rows y = Rows.Allocate(m, n), dX = Rows.Allocate(m, k), dW = Rows.Allocate(n, k);
            Gemm.MultiplyTransposed(x, new RowsMatrix(w), 0, n, y, add: false);
            Gemm.Multiply(dY, new RowsMatrix(w), 0, dX, add: false);
            Gemm.AddOuter(dY, x, dW);
            return [.. y.Span, .. dX.Span, .. dW.Span];
        }

        float[] one = With(1);

        Assert.Equal(one, With(2));
        Assert.Equal(one, With(5));
    }

    [
        Theory,
        InlineData(2240, 768, 1),
        InlineData(2240, 768, 2),
        InlineData(2240, 32, 2),
        InlineData(10, 10000, 3),
        InlineData(1, 1, 4),
        InlineData(100, 1000, 7)
    ]
    public void Pieces_cover_the_result_once(int rows, int columns, int threads)
    {
        GemmGrid grid = GemmGrid.Cut(rows, columns, tileRows: 8, tileColumns: 32, maxColumns: 768, threads);

        var pieces = Enumerable.Range(0, grid.Count).Select(p => grid[p]).ToArray();
        int[] seen = new int[rows * columns];
        foreach (var (row, rowCount, column, columnCount) in pieces)
        {
            for (int r = row; r < row + rowCount; r++)
            {
                for (int c = column; c < column + columnCount; c++)
                {
                    seen[r * columns + c]++;
                }
            }
        }
        Assert.True(seen.All(times => times == 1));
        Assert.True(pieces.Max(p => p.ColumnCount) <= 768);
    }

    [Theory]
    [
        InlineData(NumberFormat.Q8_0, 1),
        InlineData(NumberFormat.F16, 1),
        InlineData(NumberFormat.BF16, 3),
        InlineData(NumberFormat.Q8_0, 16),
        InlineData(NumberFormat.Q4_0, 2)
    ]
    [
        InlineData(NumberFormat.F16, 40),
        InlineData(NumberFormat.BF16, 41),
        InlineData(NumberFormat.Q8_0, 201),
        InlineData(NumberFormat.Q4_0, 17)
    ]
    public void Stored_weights_give_what_their_widened_values_give(NumberFormat format, int m)
    {
        const int N = 70, K = 288;
        using PackedMatrix w = PackedMatrix.From(new RowsMatrix(Of(N, K, 2)), format);
        Rows widened = Rows.Allocate(N, K), x = Of(m, K, 1), dY = Of(m, 50, 3);
        for (int row = 0; row < N; row++)
        {
            w.Read(row, 0, widened[row]);
        }
        Rows y = Rows.Allocate(m, 50), expectedY = Rows.Allocate(m, 50), dX = Rows.Allocate(m, K), expectedDX = Rows.Allocate(m, K);

        Gemm.MultiplyTransposed(x, w, 5, 50, y, add: false);
        Gemm.Multiply(dY, w, 5, dX, add: false);

        Gemm.MultiplyTransposed(x, new RowsMatrix(widened), 5, 50, expectedY, add: false);
        Gemm.Multiply(dY, new RowsMatrix(widened), 5, expectedDX, add: false);
        Assert.Equal(expectedY.Span.ToArray(), y.Span.ToArray());
        Assert.Equal(expectedDX.Span.ToArray(), dX.Span.ToArray());
    }

    [Fact]
    public void Refuses_shapes_that_do_not_fit()
    {
        var e = Assert.Throws<ArgumentException>(() =>
            Gemm.MultiplyTransposed(Of(2, 3, 1), new RowsMatrix(Of(4, 5, 2)), 0, 4, Of(2, 4, 3), add: false));

        Assert.Equal("MultiplyTransposed: x.Width is 3, but w.ColumnCount is 5.", e.Message);
    }

    static float[] With<TTile>(GemmLeft a, GemmRight b)
        where TTile : struct, IGemmTile
    {
        Rows y = Rows.Allocate(a.Lines, b.Lines);
        Gemm.Run<TTile>(a, b, y, add: false);
        return y.Span.ToArray();
    }

    static Rows Transposed(Rows rows)
    {
        Rows t = Rows.Allocate(rows.Width, rows.Count);
        for (int i = 0; i < rows.Count; i++)
        {
            for (int j = 0; j < rows.Width; j++)
            {
                t[j][i] = rows[i][j];
            }
        }
        return t;
    }

    static Rows Of(int count, int width, int seed)
    {
        Rows rows = Rows.Allocate(count, width);
        TestData.Normal(count * width, seed).CopyTo(rows.Span);
        return rows;
    }

    static double[] Plus(double[] a, Rows b) => [.. a.Select((v, i) => v + b.Span[i])];

    static double[] Naive(int m, int n, int k, Func<int, int, double> a, Func<int, int, double> b)
    {
        double[] c = new double[m * n];
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                for (int t = 0; t < k; t++)
                {
                    c[i * n + j] += a(i, t) * b(t, j);
                }
            }
        }
        return c;
    }
}
