using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>Where a model's weights come from, by Hugging Face's names: a directory on disk, or a random start.</summary>
public interface IWeightSource
{
    /// <summary>[rows, columns] a weight matrix in its stored format.</summary>
    /// <exception cref="InputException">The tensor is missing or has another shape.</exception>
    WeightMatrix Matrix(string name, int rows, int columns);

    /// <summary>[1, length] a gain or a bias, widened.</summary>
    /// <exception cref="InputException">The tensor is missing or has another shape.</exception>
    Rows Vector(string name, int length);

    /// <summary>Tells that a matrix was copied and will not be read again, so that memory it takes can be given back.</summary>
    void Release(string name)
    {
    }
}
