using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Benchmarks.Cases;

/// <summary>The three products of a linear layer: forward y = x·Wᵀ, backward dx = dy·W, and dW += dyᵀ·x; W in any format.</summary>
sealed class GemmCase(
    int tokens, int outputs, int inputs, NumberFormat format = NumberFormat.F32, Arithmetic arithmetic = Arithmetic.F32) : KernelCase
{
    // BF16 numbers are off by 2⁻⁹ at most.
    readonly double _allowed = arithmetic == Arithmetic.F32 ? 1e-5 : 1e-2;
    Rows _x, _w, _y, _dX, _dW;
    WeightMatrix? _weights;

    internal override Work ForwardWork =>
        new(
            2.0 * tokens * outputs * inputs,
            sizeof(float) * ((double)tokens * (inputs + outputs)) + format.BytesOf((long)outputs * inputs))
        {
            Arithmetic = arithmetic,
        };

    internal override Work BackwardWork => ForwardWork;

    internal override void Prepare()
    {
        (_x, _w, _y) = (Normal(tokens, inputs, 1), Normal(outputs, inputs, 2), Normal(tokens, outputs, 3));
        (_dX, _dW) = (Rows.Allocate(tokens, inputs), Rows.Allocate(outputs, inputs));
        _weights = new RowsMatrix(_w);
        if (format != NumberFormat.F32)
        {
            _weights = PackedMatrix.From(_weights, format);
            Workers.For(outputs, row => _weights.Read(row, 0, _w[row]));
        }
    }

    internal override void Forward() => Gemm.MultiplyTransposed(_x, _weights!, 0, outputs, _y, add: false, arithmetic);

    internal override void Backward() => Gemm.Multiply(_y, _weights!, 0, _dX, add: false, arithmetic);

    internal void Outer() => Gemm.AddOuter(_y, _x, _dW, arithmetic);

    internal override void Check()
    {
        Forward();
        Backward();
        Outer();
        foreach (int row in Some(tokens))
        {
            int[] columns = Some(outputs), back = Some(inputs);
            Near("y", Sums(columns, inputs, (j, k) => (double)_x[row][k] * _w[j][k]), Of(_y[row], columns), _allowed);
            Near("dX", Sums(back, outputs, (j, k) => (double)_y[row][k] * _w[k][j]), Of(_dX[row], back), _allowed);
        }
        foreach (int row in Some(outputs))
        {
            int[] columns = Some(inputs);
            Near("dW", Sums(columns, tokens, (j, k) => (double)_y[k][row] * _x[k][j]), Of(_dW[row], columns), _allowed);
        }
    }

    static double[] Sums(int[] columns, int depth, Func<int, int, double> term) =>
        [.. columns.Select(j => Enumerable.Range(0, depth).Sum(k => term(j, k)))];

    static float[] Of(Span<float> row, int[] columns)
    {
        float[] values = new float[columns.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = row[columns[i]];
        }
        return values;
    }
}
