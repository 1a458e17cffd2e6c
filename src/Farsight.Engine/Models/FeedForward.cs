using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>Represents what a block computes between its second norm and the residual stream.</summary>
abstract class FeedForward
{
    /// <summary>Tensors of the linear layers, in the order of the forward pass.</summary>
    internal abstract IEnumerable<LinearWeights> Linears { get; }

    /// <summary>Takes memory for the products of rows.</summary>
    internal abstract MlpRows Take(int rows, Workspace w);

    /// <summary>Computes the result.</summary>
    /// <param name="x">[n, D]</param>
    /// <param name="rows">Overwritten with the products.</param>
    /// <param name="keeps">Whether backward will read the products, so that they must stay.</param>
    /// <param name="y">[n, D] overwritten; not <paramref name="x"/>.</param>
    /// <param name="w">Memory for the duration of the call.</param>
    internal abstract void Forward(Rows x, MlpRows rows, bool keeps, Rows y, Workspace w);

    /// <summary>Adds to the gradients of trainable parameters and returns the gradient by the input.</summary>
    /// <param name="x">[n, D] as given to <see cref="Forward"/>.</param>
    /// <param name="rows">Products of <see cref="Forward"/>, or memory for them.</param>
    /// <param name="recomputes">Whether the products are to be computed again.</param>
    /// <param name="dY">[n, D]</param>
    /// <param name="w">Memory of the return value and for the duration of the call.</param>
    internal abstract Rows Backward(Rows x, MlpRows rows, bool recomputes, Rows dY, Workspace w);
}

/// <summary>Represents the products of gate and up, and the low-rank parts s·x·Aᵀ of gate, up and down.</summary>
/// <param name="Gate">[rows, F]</param>
/// <param name="Up">[rows, F]</param>
/// <param name="GateLowRank">[rows, R]; [rows, 0] without an adapter.</param>
/// <param name="UpLowRank">[rows, R]</param>
/// <param name="DownLowRank">[rows, R]</param>
/// <param name="PerToken">Rows per token: 1, or the number of experts that a token uses.</param>
readonly record struct MlpRows(Rows Gate, Rows Up, Rows GateLowRank, Rows UpLowRank, Rows DownLowRank, int PerToken)
{
    /// <summary>Returns the rows of some tokens.</summary>
    internal MlpRows Slice(int firstToken, int tokens) => RowsFrom(firstToken * PerToken, tokens * PerToken);

    /// <summary>Returns some of the rows.</summary>
    internal MlpRows RowsFrom(int first, int count) => new(
        Gate.Slice(first, count), Up.Slice(first, count), GateLowRank.Slice(first, count), UpLowRank.Slice(first, count),
        DownLowRank.Slice(first, count), PerToken);
}

/// <summary>Represents a gated MLP: Down(act(Gate(x)) · Up(x)).</summary>
/// <param name="gate">D to F.</param>
/// <param name="up">D to F.</param>
/// <param name="down">F to D.</param>
/// <param name="activation">act.</param>
sealed class GatedMlp(Linear gate, Linear up, Linear down, GateActivation activation) : FeedForward
{
    internal Linear Gate => gate;

    internal Linear Up => up;

    internal Linear Down => down;

    internal override IEnumerable<LinearWeights> Linears => new[] { gate, up, down }.Select(l => l.Weights).Distinct();

    internal override MlpRows Take(int rows, Workspace w) => new(
        w.Rows(rows, gate.Outputs), w.Rows(rows, up.Outputs), w.Rows(rows, gate.Lora?.Rank ?? 0), w.Rows(rows, up.Lora?.Rank ?? 0),
        w.Rows(rows, down.Lora?.Rank ?? 0), PerToken: 1);

    internal override void Forward(Rows x, MlpRows rows, bool keeps, Rows y, Workspace w)
    {
        Multiply(x, rows);
        Rows hidden = keeps ? w.Rows(x.Count, gate.Outputs) : rows.Gate;
        RowKernels.ForRows(hidden, row => Activate(rows, row, hidden[row]));
        down.Forward(hidden, y, rows.DownLowRank);
    }

    internal override Rows Backward(Rows x, MlpRows rows, bool recomputes, Rows dY, Workspace w)
    {
        if (recomputes)
        {
            Multiply(x, rows);
        }
        Rows dHidden = w.Rows(x.Count, down.Inputs);
        Rows dGate = w.Rows(x.Count, dHidden.Width), dUp = w.ZeroRows(x.Count, dHidden.Width);
        if (down.NeedsInput)
        {
            RowKernels.ForRows(dGate, row => Activate(rows, row, dGate[row])); // its place is free until its own turn
            if (recomputes)
            {
                down.LowRank(dGate, rows.DownLowRank);
            }
        }
        down.Backward(dGate, rows.DownLowRank, dY, dHidden, add: false, w);
        dGate.Clear();
        RowKernels.ForRows(dHidden, row => ActivateBackward(rows, row, dHidden[row], dGate[row], dUp[row]));
        Rows dX = w.Rows(x.Count, x.Width);
        up.Backward(x, rows.UpLowRank, dUp, dX, add: false, w);
        gate.Backward(x, rows.GateLowRank, dGate, dX, add: true, w);
        return dX;
    }

    /// <summary>Computes gate and up.</summary>
    internal void Multiply(Rows x, MlpRows rows)
    {
        gate.Forward(x, rows.Gate, rows.GateLowRank);
        up.Forward(x, rows.Up, rows.UpLowRank);
    }

    /// <summary>Computes act(gate) · up of one row.</summary>
    /// <param name="rows">Products of gate and up.</param>
    /// <param name="row">Index of the row.</param>
    /// <param name="y">[F] overwritten; may be the row of gate or up.</param>
    internal void Activate(MlpRows rows, int row, Span<float> y)
    {
        if (activation == GateActivation.Silu)
        {
            GatedActivation<Silu>.Forward(rows.Gate[row], rows.Up[row], y);
        }
        else
        {
            GatedActivation<GeluTanh>.Forward(rows.Gate[row], rows.Up[row], y);
        }
    }

    /// <summary>Adds the gradients of <see cref="Activate"/> to <paramref name="dGate"/> and <paramref name="dUp"/>.</summary>
    internal void ActivateBackward(MlpRows rows, int row, ReadOnlySpan<float> dY, Span<float> dGate, Span<float> dUp)
    {
        if (activation == GateActivation.Silu)
        {
            GatedActivation<Silu>.Backward(dY, rows.Gate[row], rows.Up[row], dGate, dUp);
        }
        else
        {
            GatedActivation<GeluTanh>.Backward(dY, rows.Gate[row], rows.Up[row], dGate, dUp);
        }
    }
}
