using Farsight.Engine.Kernels;
using Farsight.Engine.Lora;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;
using Xunit.Abstractions;

namespace Farsight.Tests.Engine.Models;

/// <summary>Gradients of an adapter against the same formulas in F64.</summary>
public sealed class LinearPrecisionTests(ITestOutputHelper output)
{
    const int Rank = 32, Rows = 32;
    const float Scale = 0.5f;

    [Theory]
    [InlineData(768, Arithmetic.F32, 1e-8, 1e-6), InlineData(768, Arithmetic.BF16, 1e-3, 4e-3)]
    [InlineData(4096, Arithmetic.F32, 1e-8, 1e-6), InlineData(4096, Arithmetic.BF16, 1e-3, 4e-3)]
    public void Relative_errors_are_within_their_range(int hidden, Arithmetic arithmetic, double least, double most)
    {
        using RowsOwner memory = new();
        Rows x = Of(memory, Rows, hidden, 1), dY = Of(memory, Rows, hidden, 2), w = memory.Allocate(hidden, hidden);
        LoraPair pair = LoraPair.Create("layer", hidden, hidden, Rank, Scale, seed: 3);
        using Parameter a = pair.A, b = pair.B;
        TestData.Normal(hidden * Rank, 4).CopyTo(pair.B.Value.Span);
        Linear linear = new(new LinearWeights("layer", new RowsMatrix(w), null) { Lora = pair, Arithmetic = arithmetic });
        Rows y = memory.Allocate(Rows, hidden), lowRank = memory.Allocate(Rows, Rank), dX = memory.Allocate(Rows, hidden);
        using Workspace scratch = new();
        scratch.Reserve(1 << 20);

        linear.Forward(x, y, lowRank);
        linear.Backward(x, lowRank, dY, dX, add: false, scratch);

        // u = s x Aᵀ, du = s dY B: dB = dYᵀ u, dA = duᵀ x.
        double[,] u = Product(x, pair.A.Value, Scale, isTransposed: true), du = Product(dY, pair.B.Value, Scale, isTransposed: false);
        double errorA = Error(pair.A.Gradient, (r, k) => Sum(t => du[t, r] * x[t][k]));
        double errorB = Error(pair.B.Gradient, (n, r) => Sum(t => dY[t][n] * u[t, r]));
        output.WriteLine($"hidden {hidden}, {arithmetic}: A {errorA:E1}, B {errorB:E1}");
        Assert.InRange(errorA, least, most);
        Assert.InRange(errorB, least, most);
    }

    static double Sum(Func<int, double> term)
    {
        double sum = 0;
        for (int t = 0; t < Rows; t++)
        {
            sum += term(t);
        }
        return sum;
    }

    static double[,] Product(Rows x, Rows m, double scale, bool isTransposed)
    {
        double[,] product = new double[x.Count, Rank];
        for (int t = 0; t < x.Count; t++)
        {
            for (int r = 0; r < Rank; r++)
            {
                double sum = 0;
                for (int k = 0; k < x.Width; k++)
                {
                    sum += (double)x[t][k] * (isTransposed ? m[r][k] : m[k][r]);
                }
                product[t, r] = scale * sum;
            }
        }
        return product;
    }

    /// <summary>‖actual − expected‖ / ‖expected‖.</summary>
    static double Error(Rows actual, Func<int, int, double> expected)
    {
        double error = 0, norm = 0;
        for (int i = 0; i < actual.Count; i++)
        {
            for (int j = 0; j < actual.Width; j++)
            {
                double wanted = expected(i, j), difference = actual[i][j] - wanted;
                (error, norm) = (error + difference * difference, norm + wanted * wanted);
            }
        }
        return Math.Sqrt(error / norm);
    }

    static Rows Of(RowsOwner memory, int rows, int columns, int seed)
    {
        Rows r = memory.Allocate(rows, columns);
        TestData.Normal(rows * columns, seed).CopyTo(r.Span);
        return r;
    }
}
