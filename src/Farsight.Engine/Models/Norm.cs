using System.Numerics.Tensors;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Parameters;

namespace Farsight.Engine.Models;

/// <summary>Represents an RMS norm over rows, or over the heads of rows.</summary>
/// <param name="name">Hugging Face's name: "model.norm.weight".</param>
/// <param name="gain">[1, width]</param>
/// <param name="eps">ε inside the root.</param>
/// <param name="addsOne">Whether the norm multiplies by 1 + gain.</param>
sealed class Norm(string name, Rows gain, float eps, bool addsOne = false)
{
    // Part of the result: the gain's gradient is summed block by block.
    const int RowsPerItem = 64;

    readonly float[] _factors = new float[gain.Width];
    Parameter? _trained;

    internal string Name => name;

    internal bool IsAdapterOff { get; set; }

    /// <summary>The trained gain, if it is trained.</summary>
    internal IEnumerable<Parameter> Parameters => new[] { _trained }.OfType<Parameter>();

    /// <summary>Values of the gain: [width].</summary>
    Span<float> Gain => (IsAdapterOff ? gain : _trained?.Value ?? gain)[0];

    /// <summary>Copies the gain to a parameter that training changes.</summary>
    internal Parameter Train()
    {
        _trained = Parameter.Create(name, ParameterRole.Vector, 1, gain.Width);
        _trained.Value.CopyFrom(gain);
        return _trained;
    }

    /// <summary>Normalizes every group of width floats; a row [n · width] has n groups.</summary>
    /// <param name="x">[T, n · width]; must stay unchanged until backward.</param>
    /// <param name="workspace">Memory of the output.</param>
    internal NormPass Forward(Rows x, Workspace workspace)
    {
        int width = gain.Width, groups = x.Width / width;
        Rows y = workspace.Rows(x.Count, x.Width), invRms = workspace.Rows(x.Count, groups);
        ReadOnlyMemory<float> factors = Factors();
        Workers.ForBlocks(x.Count, RowsPerItem, (first, count) =>
        {
            for (int row = first; row < first + count; row++)
            {
                for (int g = 0; g < groups; g++)
                {
                    invRms[row][g] = RmsNorm.Forward(x[row].Slice(g * width, width), factors.Span, eps, y[row].Slice(g * width, width));
                }
            }
        });
        return new(this, x, y, invRms);
    }

    /// <summary>Returns what the norm multiplies by, [width]; valid until the next call.</summary>
    ReadOnlyMemory<float> Factors()
    {
        if (addsOne)
        {
            TensorPrimitives.Add(Gain, 1, _factors);
        }
        else
        {
            Gain.CopyTo(_factors);
        }
        return _factors;
    }

    /// <summary>Adds to <paramref name="dX"/> and, if the gain is trained, to its gradient.</summary>
    internal void Backward(NormPass pass, Rows dY, Rows dX)
    {
        int width = gain.Width, groups = pass.Input.Width / width, rows = pass.Input.Count;
        int blocks = (rows + RowsPerItem - 1) / RowsPerItem;
        ReadOnlyMemory<float> factors = Factors();
        using Scratch partial = Scratch.Take(_trained is null ? 0 : blocks, width);
        Rows partialGains = partial.Rows;
        partialGains.Clear();
        Workers.ForBlocks(rows, RowsPerItem, (first, count) =>
        {
            Span<float> dGain = partialGains.Count == 0 ? [] : partialGains[first / RowsPerItem];
            for (int row = first; row < first + count; row++)
            {
                for (int g = 0; g < groups; g++)
                {
                    RmsNorm.Backward(
                        dY[row].Slice(g * width, width), pass.Input[row].Slice(g * width, width), factors.Span, pass.InvRms[row][g],
                        dX[row].Slice(g * width, width), dGain);
                }
            }
        });
        for (int block = 0; block < partialGains.Count; block++)
        {
            TensorPrimitives.Add(_trained!.Gradient[0], partialGains[block], _trained.Gradient[0]);
        }
    }
}

/// <summary>Represents what a forward of a norm keeps for its backward.</summary>
/// <param name="Norm">The norm.</param>
/// <param name="Input">[T, n · width]</param>
/// <param name="Output">[T, n · width]</param>
/// <param name="InvRms">[T, n]</param>
readonly record struct NormPass(Norm Norm, Rows Input, Rows Output, Rows InvRms)
{
    /// <inheritdoc cref="Norm.Backward"/>
    internal void Backward(Rows dY, Rows dX) => Norm.Backward(this, dY, dX);
}
