using System.Numerics.Tensors;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Parameters;

namespace Farsight.Engine.Models;

/// <summary>A [V, D] matrix indexed by token: the embeddings, and the head that may be the same matrix.</summary>
/// <param name="name">Hugging Face's name.</param>
/// <param name="stored">[V, D]</param>
sealed class Embedding(string name, WeightMatrix stored)
{
    const int RowsPerItem = 64;

    /// <summary>The F32 copy that training changes, or null while frozen.</summary>
    internal Parameter? Trained { get; private set; }

    /// <summary>What products read: stored, or the trained copy.</summary>
    internal WeightMatrix Matrix => IsAdapterOff ? stored : Trained?.Whole ?? stored;

    internal bool IsAdapterOff { get; set; }

    /// <summary>Copies the matrix to a parameter that training changes.</summary>
    internal Parameter Train() => Trained = Parameter.Of(name, ParameterRole.Embedding, stored);

    /// <summary>As <see cref="Train"/>, but only the rows of tokens that backward meets are copied and changed. Not for a head.</summary>
    internal Parameter TrainTouchedRows() => Trained = Parameter.OfTouchedRows(name, ParameterRole.Embedding, stored);

    /// <summary>[T, D] the rows of the tokens.</summary>
    internal void Look(IReadOnlyList<int> tokens, Rows x) => Workers.ForBlocks(tokens.Count, RowsPerItem, (first, count) =>
    {
        for (int row = first; row < first + count; row++)
        {
            Matrix.Read(tokens[row], 0, x[row]);
        }
    });

    /// <summary>Adds each row's gradient to its token's; serial, because tokens repeat.</summary>
    internal void Backward(IReadOnlyList<int> tokens, Rows dX)
    {
        if (Trained is { } trained)
        {
            for (int row = 0; row < tokens.Count; row++)
            {
                int place = trained.Touched is null ? tokens[row] : trained.Touch(tokens[row]);
                Span<float> gradient = trained.Gradient[place];
                TensorPrimitives.Add(gradient, dX[row], gradient);
            }
        }
    }
}
