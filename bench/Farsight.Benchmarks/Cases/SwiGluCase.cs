using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Tests.Engine.Kernels;

namespace Farsight.Benchmarks.Cases;

/// <summary>silu(gate) · up.</summary>
sealed class SwiGluCase(int tokens, int width) : KernelCase
{
    Rows _gate, _up, _y, _dGate, _dUp;

    internal override Work ForwardWork => new(20.0 * tokens * width, sizeof(float) * 3.0 * tokens * width);

    internal override Work BackwardWork => new(30.0 * tokens * width, sizeof(float) * 7.0 * tokens * width);

    internal override void Prepare()
    {
        (_gate, _up, _y) = (Normal(tokens, width, 1), Normal(tokens, width, 2), Normal(tokens, width, 3));
        (_dGate, _dUp) = (Rows.Allocate(tokens, width), Rows.Allocate(tokens, width));
    }

    internal override void Forward() => RowKernels.ForRows(_y, row => GatedActivation<Silu>.Forward(_gate[row], _up[row], _y[row]));

    internal override void Backward() =>
        RowKernels.ForRows(_y, row => GatedActivation<Silu>.Backward(_y[row], _gate[row], _up[row], _dGate[row], _dUp[row]));

    /// <summary>With the output for its gradient; backward by differences of the reference.</summary>
    internal override void Check()
    {
        const float Step = 0.01f;
        Forward();
        Backward();
        foreach (int row in Some(tokens))
        {
            float[] gate = _gate[row].ToArray(), up = _up[row].ToArray();
            double[] y = GatedActivationNaive.Silu(gate, up);
            Near("y", y, _y[row], 1e-5);
            double[] above = GatedActivationNaive.Silu([.. gate.Select(g => g + Step)], up),
                below = GatedActivationNaive.Silu([.. gate.Select(g => g - Step)], up);
            Near("dGate", [.. y.Select((v, i) => v * (above[i] - below[i]) / (2 * Step))], _dGate[row], 1e-3);
            Near("dUp", [.. y.Select((v, i) => v * v / up[i])], _dUp[row], 1e-4);
        }
    }
}
