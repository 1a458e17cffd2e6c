using System.Numerics.Tensors;
using Farsight.Engine.Kernels;
using Farsight.Engine.Lora;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>y = x · Wᵀ + b, frozen, with a low-rank update, or trained in full.</summary>
/// <param name="name">Hugging Face's name without ".weight": "model.layers.0.self_attn.q_proj".</param>
/// <param name="weight">[outputs, inputs]</param>
/// <param name="bias">[1, outputs], or null.</param>
sealed class Linear(string name, WeightMatrix weight, Rows? bias)
{
    const int RowsPerItem = 64;

    Parameter? _trainedWeight;
    WeightMatrix? _trainedMatrix;
    Parameter? _trainedBias;

    internal string Name => name;

    internal int Outputs => weight.RowCount;

    internal int Inputs => weight.ColumnCount;

    internal LoraPair? Lora { get; set; }

    /// <summary>The matrix that products read: stored, or the trained copy.</summary>
    internal WeightMatrix Weight => _trainedMatrix ?? weight;

    internal Rows? Bias => _trainedBias?.Value ?? bias;

    /// <summary>Copies weight and bias to F32 parameters that training changes.</summary>
    internal IEnumerable<Parameter> TrainInFull()
    {
        _trainedWeight = Parameter.Create($"{name}.weight", ParameterRole.Matrix, Outputs, Inputs);
        for (int row = 0; row < Outputs; row++)
        {
            weight.Read(row, 0, _trainedWeight.Value[row]);
        }
        _trainedMatrix = new RowsMatrix(_trainedWeight.Value);
        yield return _trainedWeight;

        if (bias is { } frozen)
        {
            _trainedBias = Parameter.Create($"{name}.bias", ParameterRole.Vector, 1, Outputs);
            _trainedBias.Value.CopyFrom(frozen);
            yield return _trainedBias;
        }
    }

    /// <summary>Computes [T, outputs] and keeps what backward needs.</summary>
    /// <param name="x">[T, inputs]; must stay unchanged until backward.</param>
    /// <param name="workspace">Where the output is put.</param>
    internal LinearPass Forward(Rows x, Workspace workspace)
    {
        Rows y = workspace.Rows(x.Count, Outputs);
        Gemm.MultiplyTransposed(x, Weight, 0, Outputs, y, add: false);
        Rows lowRank = default;
        if (Lora is { } lora)
        {
            lowRank = workspace.Rows(x.Count, lora.A.Value.Count);
            Gemm.MultiplyTransposed(x, new RowsMatrix(lora.A.Value), 0, lora.A.Value.Count, lowRank, add: false);
            Scale(lowRank, lora.Scale);
            Gemm.MultiplyTransposed(lowRank, new RowsMatrix(lora.B.Value), 0, Outputs, y, add: true);
        }
        if (Bias is { } b)
        {
            Workers.ForBlocks(y.Count, RowsPerItem, (first, count) =>
            {
                for (int row = first; row < first + count; row++)
                {
                    TensorPrimitives.Add(y[row], b[0], y[row]);
                }
            });
        }
        return new(this, x, y, lowRank);
    }

    /// <summary>Adds to the gradients of what is trained, and gives the gradient by the input.</summary>
    /// <remarks>
    /// With u = s·x·Aᵀ (kept by forward) and du = s·dY·B:  dB += dYᵀ·u,  dA += duᵀ·x,  dX = dY·W + du·A,  dW += dYᵀ·x.
    /// </remarks>
    internal void Backward(LinearPass pass, Rows dY, Rows dX, bool add, Workspace workspace)
    {
        Gemm.Multiply(dY, Weight, 0, dX, add);
        if (Lora is { } lora)
        {
            Workspace.Mark mark = workspace.Here();
            Rows dLowRank = workspace.Rows(dY.Count, pass.LowRank.Width);
            Gemm.Multiply(dY, new RowsMatrix(lora.B.Value), 0, dLowRank, add: false);
            Scale(dLowRank, lora.Scale);
            Gemm.AddOuter(dY, pass.LowRank, lora.B.Gradient);
            Gemm.AddOuter(dLowRank, pass.Input, lora.A.Gradient);
            Gemm.Multiply(dLowRank, new RowsMatrix(lora.A.Value), 0, dX, add: true);
            workspace.Release(mark);
        }
        if (_trainedWeight is { } trained)
        {
            Gemm.AddOuter(dY, pass.Input, trained.Gradient);
        }
        if (_trainedBias is { } trainedBias)
        {
            for (int row = 0; row < dY.Count; row++)
            {
                TensorPrimitives.Add(trainedBias.Gradient[0], dY[row], trainedBias.Gradient[0]);
            }
        }
    }

    static void Scale(Rows rows, float factor) => Workers.ForBlocks(rows.Count, RowsPerItem, (first, count) =>
    {
        Span<float> block = rows.Slice(first, count).Span;
        TensorPrimitives.Multiply(block, factor, block);
    });
}

/// <summary>What one forward of a linear layer leaves for its backward.</summary>
/// <param name="Linear">The layer.</param>
/// <param name="Input">[T, inputs]</param>
/// <param name="Output">[T, outputs]</param>
/// <param name="LowRank">[T, R] s·x·Aᵀ, or empty.</param>
readonly record struct LinearPass(Linear Linear, Rows Input, Rows Output, Rows LowRank)
{
    /// <inheritdoc cref="Linear.Backward"/>
    internal void Backward(Rows dY, Rows dX, bool add, Workspace workspace) => Linear.Backward(this, dY, dX, add, workspace);
}
