using Farsight.Engine.Memory;
using Farsight.Engine.Optimizers;
using Farsight.Engine.Parameters;

namespace Farsight.Tests.Engine.Optimizers;

public sealed class MuonTests
{
    static readonly MuonSettings s_settings = new(Momentum: 0.95, WeightDecay: 0.05);

    [Theory]
    [InlineData(12, 40), InlineData(40, 12), InlineData(20, 20)]
    public void Singular_values_come_near_one(int rows, int columns)
    {
        // A diagonal matrix has its entries as singular values; the smallest is a fiftieth of the norm.
        Rows x = Rows.Allocate(rows, columns);
        int side = Math.Min(rows, columns);
        for (int i = 0; i < side; i++)
        {
            x[i][i] = (i % 2 == 0 ? 1 : -1) * (1f + i);
        }

        Muon.Orthogonalize(x);

        for (int i = 0; i < side; i++)
        {
            // Five steps do not converge: they end within this band, which is the source's point.
            Assert.InRange(x[i][i] * (i % 2 == 0 ? 1 : -1), 0.65, 1.25);
            x[i][i] = 0;
        }
        Assert.All(x.Span.ToArray(), v => Assert.Equal(0, v));
    }

    [Theory]
    [InlineData(1, 1), InlineData(3, 50), InlineData(50, 3), InlineData(33, 33), InlineData(16, 130), InlineData(130, 47)]
    public void Orthogonalised_update_matches_naive(int rows, int columns)
    {
        Rows x = Random(rows, columns, seed: 1);
        double[,] expected = MuonNaive.Orthogonalize(ToArray(x));

        Muon.Orthogonalize(x);

        // The slope of five steps is up to 3.4445⁵ ≈ 500 for the smallest singular values; F32 starts at 1e-7 of them.
        Near.Each([.. expected.Cast<double>()], x.Span, relative: 1e-4, absolute: 2e-4);
    }

    [Fact]
    public void A_gradient_of_zeros_moves_nothing()
    {
        Rows x = Rows.Allocate(4, 6);

        Muon.Orthogonalize(x);

        Assert.All(x.Span.ToArray(), v => Assert.Equal(0, v));
    }

    [Theory]
    [InlineData(8, 24), InlineData(24, 8)]
    public void Three_steps_match_naive(int rows, int columns)
    {
        Parameter p = Random(rows, columns);
        double[,] w = ToArray(p.Value), momentum = new double[rows, columns];
        Muon optimizer = new([p], s_settings);

        for (int step = 0; step < 3; step++)
        {
            TestData.Normal(rows * columns, seed: 10 + step).CopyTo(p.Gradient.Span);
            MuonNaive.Step(w, ToArray(p.Gradient), momentum, s_settings, learningRate: 0.02);
            optimizer.Step(0.02);
        }

        Near.Each([.. w.Cast<double>()], p.Value.Span, relative: 1e-5, absolute: 2e-5); // three updates at the tolerance above × 0.02
    }

    [Fact]
    public void Learns_a_linear_map()
    {
        Parameter p = Parameter.Create("w", ParameterRole.Matrix, 12, 20);
        Rows target = Random(12, 20, seed: 3);
        Muon optimizer = new([p], s_settings with { WeightDecay = 0 });

        double Loss() => p.Value.Span.ToArray().Zip(target.Span.ToArray(), (a, b) => Math.Pow(a - b, 2)).Sum();
        double before = Loss();
        for (int step = 0; step < 200; step++)
        {
            for (int i = 0; i < p.Value.Span.Length; i++)
            {
                p.Gradient.Span[i] = 2 * (p.Value.Span[i] - target.Span[i]);
            }
            optimizer.Step(0.2 * (1 - step / 200.0));
        }

        Assert.True(Loss() < 0.001 * before, $"{before} → {Loss()}");
    }

    [Fact]
    public void A_restored_state_continues_with_the_same_bits()
    {
        Parameter straight = Random(24, 40), resumed = Random(24, 40);
        Muon first = new([straight], s_settings), second = new([resumed], s_settings);
        Steps(first, 0, 4);
        Steps(second, 0, 2);
        Muon third = new([resumed], s_settings) { StepsTaken = second.StepsTaken };
        foreach (var (to, from) in third.State.Zip(second.State))
        {
            to.State.CopyFrom(from.State);
        }

        Steps(third, 2, 4);

        Assert.Equal(["w.momentum_buffer"], third.State.Select(s => s.Name));
        Assert.Equal(straight.Value.Span.ToArray(), resumed.Value.Span.ToArray());
    }

    [Fact]
    public void Refuses_what_is_not_a_matrix()
    {
        var e = Assert.Throws<ArgumentException>(() =>
            new Muon([Parameter.Create("model.norm.weight", ParameterRole.Vector, 1, 8)], s_settings));

        Assert.StartsWith("model.norm.weight is a Vector; Muon is for matrices.", e.Message, StringComparison.Ordinal);
    }

    static void Steps(Muon optimizer, int from, int to)
    {
        for (int step = from; step < to; step++)
        {
            Rows gradient = optimizer.Parameters[0].Gradient;
            TestData.Normal((int)gradient.Length, seed: 100 + step).CopyTo(gradient.Span);
            optimizer.Step(0.02);
        }
    }

    static Parameter Random(int rows, int columns)
    {
        Parameter parameter = Parameter.Create("w", ParameterRole.Matrix, rows, columns);
        parameter.Value.CopyFrom(Random(rows, columns, seed: 1));
        return parameter;
    }

    static Rows Random(int rows, int columns, int seed)
    {
        Rows x = Rows.Allocate(rows, columns);
        TestData.Normal(rows * columns, seed).CopyTo(x.Span);
        return x;
    }

    static double[,] ToArray(Rows rows)
    {
        double[,] values = new double[rows.Count, rows.Width];
        for (int i = 0; i < rows.Count; i++)
        {
            for (int j = 0; j < rows.Width; j++)
            {
                values[i, j] = rows[i][j];
            }
        }
        return values;
    }
}

/// <summary>Written from the algorithm, in double, always from the left: x = a·x + b·(x·xᵀ)·x + c·(x·xᵀ)²·x.</summary>
static class MuonNaive
{
    internal static void Step(double[,] w, double[,] g, double[,] momentum, MuonSettings s, double learningRate)
    {
        int rows = w.GetLength(0), columns = w.GetLength(1);
        double[,] u = Map(g, (i, j) =>
        {
            momentum[i, j] = s.Momentum * momentum[i, j] + g[i, j];
            return g[i, j] + s.Momentum * momentum[i, j];
        });
        double[,] o = Orthogonalize(u);
        double scale = Math.Sqrt(Math.Max(1, (double)rows / columns));
        Map(w, (i, j) => w[i, j] = w[i, j] * (1 - learningRate * s.WeightDecay) - learningRate * scale * o[i, j]);
    }

    internal static double[,] Orthogonalize(double[,] u)
    {
        double norm = Math.Sqrt(u.Cast<double>().Sum(v => v * v));
        double[,] x = Map(u, (i, j) => u[i, j] / norm);
        for (int iteration = 0; iteration < 5; iteration++)
        {
            double[,] before = x;
            double[,] cubic = Multiply(Multiply(x, Transpose(x)), x);
            double[,] quintic = Multiply(Multiply(x, Transpose(x)), cubic);
            x = Map(x, (i, j) => 3.4445 * before[i, j] - 4.7750 * cubic[i, j] + 2.0315 * quintic[i, j]);
        }
        return x;
    }

    static double[,] Map(double[,] shape, Func<int, int, double> value)
    {
        double[,] result = new double[shape.GetLength(0), shape.GetLength(1)];
        for (int i = 0; i < result.GetLength(0); i++)
        {
            for (int j = 0; j < result.GetLength(1); j++)
            {
                result[i, j] = value(i, j);
            }
        }
        return result;
    }

    static double[,] Transpose(double[,] x) => Map(new double[x.GetLength(1), x.GetLength(0)], (i, j) => x[j, i]);

    static double[,] Multiply(double[,] a, double[,] b) =>
        Map(new double[a.GetLength(0), b.GetLength(1)], (i, j) => Enumerable.Range(0, b.GetLength(0)).Sum(k => a[i, k] * b[k, j]));
}
