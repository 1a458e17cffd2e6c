using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;
using Farsight.Tests.Engine.Kernels;

namespace Farsight.Benchmarks.Cases;

/// <summary>The rotation of all heads, in place.</summary>
sealed class RopeCase(int tokens, int heads, int headDim) : KernelCase
{
    readonly RopeFrequencies _frequencies = RopeFrequencies.Of(headDim, 10000, new RopeScaling.Unscaled());
    RopeTable _table;
    Rows _rows;

    internal override Work ForwardWork => new(3.0 * tokens * heads * headDim, sizeof(float) * tokens * (2.0 * heads + 1) * headDim);

    internal override Work BackwardWork => ForwardWork;

    internal override void Prepare()
    {
        _rows = Normal(tokens, heads * headDim, 1);
        _table = new(Rows.Allocate(tokens, headDim / 2), Rows.Allocate(tokens, headDim / 2));
        _table.Fill([.. Enumerable.Range(0, tokens)], _frequencies);
    }

    internal override void Forward() => RowKernels.Rotate(_rows, headDim, _table);

    internal override void Backward() => RowKernels.RotateBack(_rows, headDim, _table);

    internal override void Check()
    {
        float[][] before = [.. Some(tokens).Select(row => _rows[row].ToArray())];
        Forward();
        foreach ((int row, float[] x) in Some(tokens).Zip(before))
        {
            float[] angles = [.. _frequencies.InvFreq.Select(f => f * row)];
            Near("rotated", RopeNaive.Forward(x, angles, 1), _rows[row], 1e-3); // angles of thousands, rounded in F32 by this check
        }
        Backward();
        foreach ((int row, float[] x) in Some(tokens).Zip(before))
        {
            Near("rotated back", [.. x.Select(v => (double)v)], _rows[row], 1e-5);
        }
    }
}
