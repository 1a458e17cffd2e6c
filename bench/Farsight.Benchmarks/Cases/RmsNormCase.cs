using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Tests.Engine.Kernels;

namespace Farsight.Benchmarks.Cases;

/// <summary>The norm of many rows with a frozen gain.</summary>
sealed class RmsNormCase(int tokens, int width) : KernelCase
{
    const float Epsilon = 1e-5f;

    readonly float[] _invRms = new float[tokens];
    Rows _x, _gain, _y, _dY, _dX;

    internal override Work ForwardWork => new(4.0 * tokens * width, sizeof(float) * 2.0 * tokens * width);

    internal override Work BackwardWork => new(8.0 * tokens * width, sizeof(float) * 4.0 * tokens * width);

    internal override void Prepare()
    {
        (_x, _dY, _gain) = (Normal(tokens, width, 1), Normal(tokens, width, 2), Normal(1, width, 3));
        (_y, _dX) = (Rows.Allocate(tokens, width), Rows.Allocate(tokens, width));
        Forward();
    }

    internal override void Forward() => ForRows(row => _invRms[row] = RmsNorm.Forward(_x[row], _gain[0], Epsilon, _y[row]));

    internal override void Backward() => ForRows(row => RmsNorm.Backward(_dY[row], _x[row], _gain[0], _invRms[row], _dX[row], []));

    void ForRows(Action<int> body) => Workers.ForBlocks(tokens, 64, (first, count) =>
    {
        for (int row = first; row < first + count; row++)
        {
            body(row);
        }
    });

    /// <summary>Forward by the reference, backward by its differences along a few columns.</summary>
    internal override void Check()
    {
        float[] gain = _gain[0].ToArray();
        Forward();
        Backward();
        foreach (int row in Some(tokens))
        {
            float[] x = _x[row].ToArray(), dY = _dY[row].ToArray();
            Near("y", RmsNormNaive.Forward(x, gain, Epsilon), _y[row], 1e-5);
            foreach (int column in Some(width))
            {
                double Loss(float h) =>
                    RmsNormNaive.Forward([.. x.Select((v, i) => i == column ? v + h : v)], gain, Epsilon).Zip(dY, (y, d) => y * d).Sum();
                double slope = (Loss(0.01f) - Loss(-0.01f)) / 0.02;
                // Differences of F32 inputs: 0.01 is rounded at 1e-7 of x.
                Near("dX", [slope, 1], [_dX[row][column], 1], 2e-3);
            }
        }
    }
}
