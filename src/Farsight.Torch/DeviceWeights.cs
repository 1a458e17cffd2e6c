using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;
using TorchSharp;
using static TorchSharp.torch;

namespace Farsight.Torch;

/// <summary>Represents where and in which number formats a model is computed.</summary>
/// <param name="Name">Name of the device in messages.</param>
/// <param name="Description">Device, libraries and number format.</param>
/// <param name="Device">The device.</param>
/// <param name="Type">Number format of activations.</param>
/// <param name="Storage">Number format of frozen matrices; null for that of the model.</param>
sealed record Placement(string Name, string Description, Device Device, ScalarType Type, ScalarType? Storage);

/// <summary>Copies the weights of a model to a device and owns the copies.</summary>
/// <param name="model">The model on the host.</param>
/// <param name="placement">The device.</param>
sealed class DeviceWeights(DecoderModel model, Placement placement) : IDisposable
{
    readonly Dictionary<string, Parameter> _parameters = model.Parameters.ToDictionary(p => p.Name, StringComparer.Ordinal);
    readonly Dictionary<string, ParameterLeaf> _leaves = new(StringComparer.Ordinal);
    readonly List<Tensor> _frozen = [];

    /// <summary>The leaves of all parameters that were asked for.</summary>
    internal IEnumerable<ParameterLeaf> Leaves => _leaves.Values;

    /// <summary>Returns the leaf of a parameter; null if the weight of this name is frozen.</summary>
    internal ParameterLeaf? Leaf(string name)
    {
        if (!_leaves.TryGetValue(name, out ParameterLeaf? leaf) && _parameters.TryGetValue(name, out Parameter? parameter))
        {
            leaf = new(parameter, placement.Device);
            _leaves.Add(name, leaf);
        }
        return leaf;
    }

    /// <summary>Returns a matrix.</summary>
    internal DeviceTensor Matrix(string name, int rows, int columns) =>
        Leaf(name) is { } leaf ? new(leaf.Value, leaf) : Frozen(name, model.Weights.Matrix(name, rows, columns));

    /// <summary>Returns a gain or a bias, in F32.</summary>
    internal DeviceTensor Vector(string name, int length) =>
        Leaf(name) is { } leaf ? new(leaf.Value, leaf) : new(Frozen(model.Weights.Vector(name, length)), null);

    /// <summary>Returns a linear layer with its bias and its low-rank update.</summary>
    internal DeviceLinear Linear(string name, int outputs, int inputs, bool bias) => new(
        Matrix($"{name}.weight", outputs, inputs),
        bias ? Vector($"{name}.bias", outputs) : null,
        Leaf($"{name}.lora_A.weight") is { } a
            ? new(a, Leaf($"{name}.lora_B.weight")!, model.LoraScaleOf(name)!.Value)
            : null);

    /// <summary>Returns linear layers with the same inputs: one for each name, or one for all outputs together.</summary>
    internal DeviceLinear[] Linears(IReadOnlyList<string> names, int[] outputs, int inputs, bool bias) => names.Count == outputs.Length
        ? [.. names.Zip(outputs, (name, count) => Linear(name, count, inputs, bias))]
        : [Linear(names[0], outputs.Sum(), inputs, bias)];

    /// <summary>Returns a norm; null without a name.</summary>
    internal DeviceNorm? Norm(string? name, int width) => name is null
        ? null
        : new(Vector($"{name}.weight", width), model.Config.RmsNormEps, model.Config.NormsAddOne);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ParameterLeaf leaf in _leaves.Values)
        {
            leaf.Dispose();
        }
        _frozen.ForEach(f => f.Dispose());
    }

    DeviceTensor Frozen(string name, WeightMatrix matrix)
    {
        StoredRow row = matrix.Stored(0);
        ScalarType? converted = LayerNames.IsRouter(name) ? null : placement.Storage; // as ConvertedWeights
        if (converted is null && !row.Bytes.IsEmpty && DeviceBlocks.CanHold(row.Format))
        {
            (Tensor numbers, Tensor scales) = DeviceBlocks.Copy(matrix, row.Format, placement.Device);
            return new(Keep(numbers), null, Keep(scales));
        }
        Tensor copy = Keep(empty(matrix.RowCount, matrix.ColumnCount, converted ?? StoredType(row), placement.Device));
        matrix.CopyTo(copy);
        return new(copy, null);
    }

    Tensor Frozen(Rows vector)
    {
        Tensor copy = Keep(empty(vector.Width, ScalarType.Float32, placement.Device));
        vector.CopyTo(copy);
        return copy;
    }

    Tensor Keep(Tensor tensor)
    {
        _frozen.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }

    /// <summary>Returns the format on the device of a matrix in a file; what libtorch lacks becomes BF16.</summary>
    static ScalarType StoredType(StoredRow row) => row.Bytes.IsEmpty ? ScalarType.BFloat16 : row.Format switch
    {
        NumberFormat.F32 => ScalarType.Float32,
        NumberFormat.F16 => ScalarType.Float16,
        _ => ScalarType.BFloat16,
    };
}

/// <summary>Represents a weight on the device.</summary>
/// <param name="Value">The values, or the numbers of <see cref="DeviceBlocks"/>.</param>
/// <param name="Leaf">Its parameter if it is trained; else null.</param>
/// <param name="Scales">The scales of the blocks; null for values.</param>
readonly record struct DeviceTensor(Tensor Value, ParameterLeaf? Leaf, Tensor? Scales = null)
{
    /// <summary>Returns the values in a format, without a copy where they have it.</summary>
    internal Tensor To(ScalarType type) => Scales is null ? Value.to(type) : DeviceBlocks.Widen(Value, Scales, type);
}

/// <summary>Represents a low-rank update on the device.</summary>
/// <param name="A">[R, inputs]</param>
/// <param name="B">[outputs, R]</param>
/// <param name="Scale">s.</param>
sealed record DeviceLora(ParameterLeaf A, ParameterLeaf B, Scalar Scale);

/// <summary>Represents a linear layer y = x · Wᵀ + b + s · (x · Aᵀ) · Bᵀ.</summary>
/// <param name="Weight">[outputs, inputs]</param>
/// <param name="Bias">[outputs], or null.</param>
/// <param name="Lora">Low-rank update, or null.</param>
sealed record DeviceLinear(DeviceTensor Weight, DeviceTensor? Bias, DeviceLora? Lora)
{
    /// <summary>The leaves of what is trained.</summary>
    internal IEnumerable<ParameterLeaf> Leaves => new[] { Weight.Leaf, Bias?.Leaf, Lora?.A, Lora?.B }.OfType<ParameterLeaf>();

    /// <summary>Computes the outputs; weights in another format than the activations are converted for the call.</summary>
    /// <param name="x">[n, inputs]</param>
    /// <returns>[n, outputs]</returns>
    internal Tensor Forward(Tensor x)
    {
        ScalarType type = x.dtype;
        Tensor y = nn.functional.linear(x, Weight.To(type), Bias?.To(type));
        if (Lora is not { } lora)
        {
            return y;
        }
        Tensor update = nn.functional.linear(nn.functional.linear(x, lora.A.Value.to(type)), lora.B.Value.to(type));
        return y.add_(update, lora.Scale);
    }
}

/// <summary>Represents an RMS norm over the last dimension, computed in F32.</summary>
/// <param name="gain">[width]</param>
/// <param name="eps">ε inside the root.</param>
/// <param name="addsOne">Whether the norm multiplies by 1 + gain.</param>
sealed class DeviceNorm(DeviceTensor gain, float eps, bool addsOne)
{
    // Native numbers are freed by the collector only, so they are made once.
    readonly Scalar _eps = eps, _one = 1;

    /// <summary>The leaf of the gain, if it is trained.</summary>
    internal ParameterLeaf? Leaf => gain.Leaf;

    /// <summary>Computes the norm.</summary>
    /// <param name="x">[…, width]</param>
    internal Tensor Forward(Tensor x)
    {
        Tensor wide = x.to(ScalarType.Float32);
        Tensor factor = wide.mul(wide).mean([-1], keepdim: true).add_(_eps).rsqrt();
        return wide.mul(factor).mul(addsOne ? gain.Value.add(_one) : gain.Value).to(x.dtype);
    }
}
