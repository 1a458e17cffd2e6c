using System.Numerics.Tensors;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;

namespace Farsight.Engine.Models;

/// <summary>Represents a matrix indexed by token, [V, D]: the embeddings, and the head, which may be the same matrix.</summary>
/// <param name="name">Hugging Face's name.</param>
/// <param name="stored">[V, D]</param>
/// <param name="scale">Factor on the rows that <see cref="Look"/> reads; products with the matrix do not have it.</param>
sealed class Embedding(string name, WeightMatrix stored, float scale = 1)
{
    const int RowsPerItem = 64;

    /// <summary>Trainable F32 copy; null while frozen.</summary>
    internal Parameter? Trained { get; private set; }

    /// <summary>Matrix that products read: the stored one or the trained copy.</summary>
    internal WeightMatrix Matrix => IsAdapterOff ? Frozen : Trained?.Whole ?? Frozen;

    /// <summary>The matrix in groups of rows; null unless products have 8-bit activations.</summary>
    internal GroupedMatrix? Grouped { get; set; }

    internal string Name => name;

    /// <summary>The matrix as it is stored.</summary>
    internal WeightMatrix Stored => stored;

    WeightMatrix Frozen => Grouped ?? stored;

    internal bool IsAdapterOff { get; set; }

    /// <summary>How products with the matrix are computed.</summary>
    internal Arithmetic Arithmetic { get; set; }

    /// <summary>Copies the matrix to a trainable parameter.</summary>
    internal Parameter Train() => Trained = Parameter.Of(name, ParameterRole.Embedding, stored);

    /// <summary>Makes only the rows of tokens that backward meets trainable. Not for a head.</summary>
    internal Parameter TrainTouchedRows() => Trained = Parameter.OfTouchedRows(name, ParameterRole.Embedding, stored);

    /// <summary>Reads the rows of the tokens, times the scale: [T, D].</summary>
    internal void Look(IReadOnlyList<int> tokens, Rows x) => Workers.ForBlocks(tokens.Count, RowsPerItem, (first, count) =>
    {
        for (int row = first; row < first + count; row++)
        {
            Matrix.Read(tokens[row], 0, x[row]);
            if (scale != 1)
            {
                TensorPrimitives.Multiply(x[row], scale, x[row]);
            }
        }
    });

    /// <summary>Makes the rows of tokens trainable in the order in which <see cref="Backward"/> would.</summary>
    internal void Touch(IReadOnlyList<int> tokens)
    {
        if (Trained is { Touched: not null } trained)
        {
            foreach (int token in tokens)
            {
                trained.Touch(token);
            }
        }
    }

    /// <summary>Adds the gradient of each row to that of its token; serial, because tokens repeat.</summary>
    internal void Backward(IReadOnlyList<int> tokens, Rows dX)
    {
        if (Trained is { } trained)
        {
            for (int row = 0; row < tokens.Count; row++)
            {
                int place = trained.Touched is null ? tokens[row] : trained.Touch(tokens[row]);
                Span<float> gradient = trained.Gradient[place];
                TensorPrimitives.MultiplyAdd(dX[row], scale, gradient, gradient);
            }
        }
    }
}
