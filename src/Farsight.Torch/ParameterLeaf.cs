using Farsight.Engine.Parameters;
using static TorchSharp.torch;

namespace Farsight.Torch;

/// <summary>Represents a parameter on the device: an F32 copy of the master on the host, and a leaf of the graph.</summary>
sealed class ParameterLeaf : IDisposable
{
    /// <summary>Creates a copy, which <see cref="Upload"/> fills.</summary>
    /// <param name="parameter">The master; kept by the caller.</param>
    /// <param name="device">The device.</param>
    internal ParameterLeaf(Parameter parameter, Device device)
    {
        Parameter = parameter;
        long rows = parameter.Value.Count, width = parameter.Value.Width;
        long[] shape = parameter.Role == ParameterRole.Vector ? [width] : [rows, width];
        Value = empty(shape, ScalarType.Float32, device, requires_grad: true).DetachFromDisposeScope();
    }

    /// <summary>The master.</summary>
    internal Parameter Parameter { get; }

    /// <summary>[rows, columns], or [width] for a vector.</summary>
    internal Tensor Value { get; }

    /// <summary>Copies the values of the master to the device, and clears what a failed pass may have left of a gradient.</summary>
    internal void Upload()
    {
        Parameter.Value.CopyTo(Value);
        Value.grad = null;
    }

    /// <summary>Adds the gradient on the device to that of the master, and clears it.</summary>
    internal void MoveGradient()
    {
        using Tensor? gradient = Value.grad;
        if (gradient is not null)
        {
            gradient.AddTo(Parameter.Gradient);
            Value.grad = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Value.Dispose();
}
