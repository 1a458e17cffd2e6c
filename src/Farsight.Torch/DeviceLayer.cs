using Farsight.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Farsight.Torch;

/// <summary>Represents one decoder block on the device.</summary>
/// <remarks>
/// Forward keeps nothing. Backward computes the block again from its input: the attention for all rows, then the MLP for some rows at a
/// time, so that no array of tokens × intermediate size exists. TorchSharp has no checkpoint function.
/// </remarks>
sealed class DeviceLayer
{
    // Rows of the MLP that are computed together.
    const int MlpRows = 4096;

    readonly ModelConfig _config;
    readonly int _layer;
    readonly DeviceNorm? _attentionNorm, _queryNorm, _keyNorm, _attentionResultNorm, _mlpNorm, _mlpResultNorm;
    readonly DeviceLinear[] _projections; // one matrix each, or one for all
    readonly DeviceLinear _output;
    readonly DeviceFeedForward _feedForward;
    readonly Scalar? _residualScale;

    /// <summary>Copies the weights of a layer to the device.</summary>
    internal DeviceLayer(ModelConfig config, int layer, DeviceWeights weights)
    {
        (_config, _layer) = (config, layer);
        LayerNames names = LayerNames.Of(config, layer);
        int d = config.HiddenSize;
        int[] heads = [config.QueryWidth, config.KeyWidth, config.KeyWidth];
        _attentionNorm = weights.Norm(names.AttentionNorm, d);
        _projections = weights.Linears(names.Projections, heads, d, config.AttentionBias);
        _queryNorm = weights.Norm(names.QueryNorm, config.NormsWholeProjection ? config.QueryWidth : config.HeadDim);
        _keyNorm = weights.Norm(names.KeyNorm, config.NormsWholeProjection ? config.KeyWidth : config.HeadDim);
        _output = weights.Linear(names.Output, d, config.QueryWidth, config.OutputBias);
        _attentionResultNorm = weights.Norm(names.AttentionResultNorm, d);
        _mlpNorm = weights.Norm(names.MlpNorm, d);
        _feedForward = new(config, names, weights);
        _mlpResultNorm = weights.Norm(names.MlpResultNorm, d);
        _residualScale = config.ResidualScale == 1 ? null : config.ResidualScale;
        Leaves =
        [
            .. new[] { _attentionNorm, _queryNorm, _keyNorm, _attentionResultNorm, _mlpNorm, _mlpResultNorm }
                .Select(n => n?.Leaf).OfType<ParameterLeaf>(),
            .. _projections.Append(_output).SelectMany(l => l.Leaves),
            .. _feedForward.Leaves,
        ];
    }

    /// <summary>The leaves of what is trained in the layer.</summary>
    internal IReadOnlyList<ParameterLeaf> Leaves { get; }

    /// <summary>Number of tokens that chose each expert, without those of recomputation: [E]; [] without experts.</summary>
    internal IReadOnlyList<long> ExpertLoad => _feedForward.Load;

    /// <summary>Computes the result without a graph.</summary>
    /// <param name="x">[T, D]</param>
    /// <param name="rows">Rotations and visibility.</param>
    /// <param name="isLast">Whether only the rows that predict scored tokens are wanted.</param>
    /// <returns>[T, D], or [T', D] in the last layer.</returns>
    internal Tensor Forward(Tensor x, ILayerRows rows, bool isLast)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable off = no_grad();
        Tensor middle = Attention(x, rows, isLast), result = empty_like(middle);
        ForMlpRows(middle, (first, count) =>
        {
            using DisposeScope part = NewDisposeScope();
            result.narrow(0, first, count).copy_(Mlp(middle.narrow(0, first, count), counts: true));
        });
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>Computes the layer again, adds to the gradients of the leaves, and returns the gradient by the input.</summary>
    /// <param name="x">[T, D] as given to <see cref="Forward"/>.</param>
    /// <param name="dResult">[T, D], or [T', D] in the last layer.</param>
    /// <param name="rows">As given to <see cref="Forward"/>.</param>
    /// <param name="isLast">As given to <see cref="Forward"/>.</param>
    /// <returns>[T, D]</returns>
    internal Tensor Backward(Tensor x, Tensor dResult, ILayerRows rows, bool isLast)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable on = enable_grad();
        Tensor input = x.detach().requires_grad_();
        Tensor middle = Attention(input, rows, isLast), dMiddle = empty_like(dResult);
        ForMlpRows(middle, (first, count) =>
        {
            using DisposeScope part = NewDisposeScope();
            Tensor own = middle.detach().narrow(0, first, count).requires_grad_();
            Mlp(own, counts: false).backward([dResult.narrow(0, first, count)]);
            dMiddle.narrow(0, first, count).copy_(own.grad!);
        });
        middle.backward([dMiddle]);
        return input.grad!.MoveToOuterDisposeScope();
    }

    /// <summary>Computes the first half, x + Output(Attention(Norm(x))).</summary>
    Tensor Attention(Tensor x, ILayerRows rows, bool isLast)
    {
        Tensor h = _attentionNorm?.Forward(x) ?? x;
        Tensor q, k, v;
        if (_projections is [var fused])
        {
            Tensor all = fused.Forward(h);
            q = rows.Select(all.narrow(1, 0, _config.QueryWidth), isLast);
            k = all.narrow(1, _config.QueryWidth, _config.KeyWidth);
            v = all.narrow(1, _config.QueryWidth + _config.KeyWidth, _config.KeyWidth);
        }
        else
        {
            (q, k, v) = (_projections[0].Forward(rows.Select(h, isLast)), _projections[1].Forward(h), _projections[2].Forward(h));
        }
        q = rows.Rotate(Normed(q, _queryNorm), _layer, isLast);
        k = rows.Rotate(Normed(k, _keyNorm), _layer, isSelected: false);
        Tensor attended = rows.Attend(q, k, Heads(v), _layer, isLast);
        return Sum(rows.Select(x, isLast), _output.Forward(attended), _attentionResultNorm);
    }

    /// <summary>Computes the second half, x + FeedForward(Norm(x)), row by row.</summary>
    Tensor Mlp(Tensor x, bool counts) => Sum(x, _feedForward.Forward(_mlpNorm?.Forward(x) ?? x, counts), _mlpResultNorm);

    Tensor Sum(Tensor x, Tensor result, DeviceNorm? norm)
    {
        Tensor normed = norm?.Forward(result) ?? result;
        return _residualScale is { } scale ? x.add(normed, scale) : x.add(normed);
    }

    /// <summary>Splits a projection into heads and applies their norm, which may span all heads together: [n, heads, Dh].</summary>
    Tensor Normed(Tensor projected, DeviceNorm? norm) =>
        norm is null ? Heads(projected)
        : _config.NormsWholeProjection ? Heads(norm.Forward(projected))
        : norm.Forward(Heads(projected));

    Tensor Heads(Tensor projected) => projected.reshape(projected.size(0), -1, _config.HeadDim);

    static void ForMlpRows(Tensor x, Action<long, long> body)
    {
        long rows = x.size(0);
        for (long first = 0; first < rows; first += MlpRows)
        {
            body(first, Math.Min(MlpRows, rows - first));
        }
    }
}
