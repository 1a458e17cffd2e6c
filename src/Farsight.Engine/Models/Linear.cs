using System.Numerics.Tensors;
using Farsight.Engine.Kernels;
using Farsight.Engine.Lora;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;

namespace Farsight.Engine.Models;

/// <summary>Represents the stored tensors of a linear layer, which are frozen, have a low-rank update, or are trained in full.</summary>
/// <remarks>Some families store several layers one below the other in one matrix; each <see cref="Linear"/> reads its rows.</remarks>
/// <param name="name">Hugging Face's name without ".weight": "model.layers.0.self_attn.q_proj".</param>
/// <param name="weight">[outputs, inputs]</param>
/// <param name="bias">[1, outputs], or null.</param>
sealed class LinearWeights(string name, WeightMatrix weight, Rows? bias)
{
    internal string Name => name;

    /// <summary>Name as an adapter target, the last part of <see cref="Name"/>.</summary>
    internal string Target => LayerNames.Target(name);

    internal int Outputs => weight.RowCount;

    internal int Inputs => weight.ColumnCount;

    /// <summary>Low-rank update; null without one or while it is off.</summary>
    internal LoraPair? Lora { get => IsAdapterOff ? null : field; set; }

    internal bool IsAdapterOff { get; set; }

    /// <summary>How the products of the layer are computed.</summary>
    internal Arithmetic Arithmetic { get; set; }

    /// <summary>The matrix in groups of rows; null unless products have 8-bit activations.</summary>
    internal GroupedMatrix? Grouped { get; set; }

    /// <summary>The matrix as it is stored.</summary>
    internal WeightMatrix Stored => weight;

    /// <summary>Trained copy of the matrix; null while it is frozen.</summary>
    internal Parameter? TrainedWeight { get; private set; }

    internal Parameter? TrainedBias { get; private set; }

    /// <summary>Matrix that products read: the stored one, the same in groups, or the trained copy.</summary>
    internal WeightMatrix Weight => TrainedWeight?.Whole ?? Grouped ?? weight;

    internal Rows? Bias => TrainedBias?.Value ?? bias;

    /// <summary>All trained tensors of the layer.</summary>
    internal IEnumerable<Parameter> Parameters =>
        new[] { Lora?.A, Lora?.B, TrainedWeight, TrainedBias }.OfType<Parameter>();

    /// <summary>Copies weight and bias to F32 parameters that training changes.</summary>
    internal IEnumerable<Parameter> TrainInFull()
    {
        TrainedWeight = Parameter.Of($"{name}.weight", ParameterRole.Matrix, weight);
        yield return TrainedWeight;

        if (bias is { } frozen)
        {
            TrainedBias = Parameter.Create($"{name}.bias", ParameterRole.Vector, 1, Outputs);
            TrainedBias.Value.CopyFrom(frozen);
            yield return TrainedBias;
        }
    }
}

/// <summary>Represents a linear layer y = x · Wᵀ + b.</summary>
/// <param name="weights">Tensors that contain the layer.</param>
/// <param name="firstRow">First row of the layer in their matrix.</param>
/// <param name="outputs">Number of its rows.</param>
sealed class Linear(LinearWeights weights, int firstRow, int outputs)
{
    const int RowsPerItem = 64;

    /// <summary>Creates a layer with a matrix of its own.</summary>
    internal Linear(LinearWeights weights)
        : this(weights, 0, weights.Outputs)
    {
    }

    internal LinearWeights Weights => weights;

    internal int Outputs => outputs;

    internal int Inputs => weights.Inputs;

    /// <inheritdoc cref="LinearWeights.Lora"/>
    internal LoraPair? Lora => weights.Lora;

    /// <summary>Whether a gradient needs the layer's input; otherwise backward reads only the gradient by the output.</summary>
    internal bool NeedsInput => Lora is not null || weights.TrainedWeight is not null;

    /// <summary>Computes the outputs and, with an adapter, what backward needs of it.</summary>
    /// <param name="x">[T, inputs]</param>
    /// <param name="y">[T, outputs] overwritten.</param>
    /// <param name="lowRank">[T, R] overwritten with s·x·Aᵀ; [T, 0] without an adapter.</param>
    internal void Forward(Rows x, Rows y, Rows lowRank)
    {
        Gemm.MultiplyTransposed(x, weights.Weight, firstRow, outputs, y, add: false, weights.Arithmetic);
        if (Lora is { } lora)
        {
            LowRank(x, lowRank);
            Gemm.MultiplyTransposed(lowRank, new RowsMatrix(lora.B.Value), firstRow, outputs, y, add: true, weights.Arithmetic);
        }
        if (weights.Bias is { } b)
        {
            Workers.ForBlocks(y.Count, RowsPerItem, (first, count) =>
            {
                for (int row = first; row < first + count; row++)
                {
                    TensorPrimitives.Add(y[row], b[0].Slice(firstRow, outputs), y[row]);
                }
            });
        }
    }

    /// <summary>Computes s·x·Aᵀ alone.</summary>
    internal void LowRank(Rows x, Rows lowRank)
    {
        if (Lora is { } lora)
        {
            Gemm.MultiplyTransposed(x, new RowsMatrix(lora.A.Value), 0, lora.A.Value.Count, lowRank, add: false, weights.Arithmetic);
            Scale(lowRank, lora.Scale);
        }
    }

    /// <summary>Adds to the gradients of trainable parameters and computes the gradient by the input.</summary>
    /// <remarks>
    /// With u = s·x·Aᵀ (kept by forward) and du = s·dY·B:  dB += dYᵀ·u,  dA += duᵀ·x,  dX = dY·W + du·A,  dW += dYᵀ·x.
    /// </remarks>
    /// <param name="x">[T, inputs] as given to forward; not read unless <see cref="NeedsInput"/>.</param>
    /// <param name="lowRank">[T, R] from forward.</param>
    /// <param name="dY">[T, outputs]</param>
    /// <param name="dX">[T, inputs] overwritten, or added to.</param>
    /// <param name="add">Adds instead of overwriting.</param>
    /// <param name="scratch">Memory for the duration of the call.</param>
    internal void Backward(Rows x, Rows lowRank, Rows dY, Rows dX, bool add, Workspace scratch)
    {
        Gemm.Multiply(dY, weights.Weight, firstRow, dX, add, weights.Arithmetic);
        if (Lora is { } lora)
        {
            Workspace.Mark mark = scratch.Here();
            Rows dLowRank = scratch.Rows(dY.Count, lowRank.Width);
            Gemm.Multiply(dY, new RowsMatrix(lora.B.Value), firstRow, dLowRank, add: false, weights.Arithmetic);
            Scale(dLowRank, lora.Scale);
            Gemm.AddOuter(dY, lowRank, lora.B.Gradient.Slice(firstRow, outputs), weights.Arithmetic);
            Gemm.AddOuter(dLowRank, x, lora.A.Gradient, weights.Arithmetic);
            Gemm.Multiply(dLowRank, new RowsMatrix(lora.A.Value), 0, dX, add: true, weights.Arithmetic);
            scratch.Release(mark);
        }
        if (weights.TrainedWeight is { } trained)
        {
            Gemm.AddOuter(dY, x, trained.Gradient.Slice(firstRow, outputs), weights.Arithmetic);
        }
        if (weights.TrainedBias is { } trainedBias)
        {
            Span<float> gradient = trainedBias.Gradient[0].Slice(firstRow, outputs);
            for (int row = 0; row < dY.Count; row++)
            {
                TensorPrimitives.Add(gradient, dY[row], gradient);
            }
        }
    }

    static void Scale(Rows rows, float factor) => Workers.ForBlocks(rows.Count, RowsPerItem, (first, count) =>
    {
        Span<float> block = rows.Slice(first, count).Span;
        TensorPrimitives.Multiply(block, factor, block);
    });
}

/// <summary>Represents what a forward of a linear layer keeps for its backward; the caller keeps or recomputes the input.</summary>
/// <param name="Linear">The layer.</param>
/// <param name="Output">[T, outputs]</param>
/// <param name="LowRank">[T, R] s·x·Aᵀ; [T, 0] without an adapter.</param>
readonly record struct LinearPass(Linear Linear, Rows Output, Rows LowRank)
{
    /// <summary>Takes rows for the results.</summary>
    internal static LinearPass Take(Linear linear, int rows, Workspace workspace) =>
        new(linear, workspace.Rows(rows, linear.Outputs), workspace.Rows(rows, linear.Lora?.Rank ?? 0));

    /// <summary>Returns the pass of some of the rows.</summary>
    internal LinearPass Slice(int first, int count) => new(Linear, Output.Slice(first, count), LowRank.Slice(first, count));

    internal void Forward(Rows x) => Linear.Forward(x, Output, LowRank);

    /// <inheritdoc cref="Linear.Backward"/>
    internal void Backward(Rows x, Rows dY, Rows dX, bool add, Workspace scratch) => Linear.Backward(x, LowRank, dY, dX, add, scratch);
}
