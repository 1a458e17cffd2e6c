using System.Runtime.InteropServices;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Parameters;

/// <summary>Something that training changes: its value in F32, its gradient beside it.</summary>
/// <remarks>
/// A parameter may hold only the rows of a larger matrix that training has touched: those of embeddings, of which a run meets
/// few. Value, gradient and whatever an optimizer keeps then have one row for each of <see cref="Touched"/>, in its order; a row
/// once touched stays, so that moments decay and updates follow as they would in the whole matrix, where every other row
/// has a gradient of zero and does not move. Weight decay moves touched rows only.
/// </remarks>
public sealed class Parameter
{
    readonly Rows _value, _gradient; // [Capacity, columns]; memory that no row has used yet is not given by the system
    readonly WeightMatrix? _stored;

    Parameter(string name, ParameterRole role, int rows, int columns, WeightMatrix? stored)
    {
        (Name, Role, _stored) = (name, role, stored);
        (_value, _gradient) = (Rows.Allocate(rows, columns), Rows.Allocate(rows, columns));
        Touched = stored is null ? null : new(rows);
        Whole = stored is null ? new RowsMatrix(_value) : new TouchedMatrix(this, stored);
    }

    /// <summary>By Hugging Face's or PEFT's name: "model.norm.weight", "model.layers.0.self_attn.q_proj.lora_A.weight".</summary>
    public string Name { get; }

    /// <summary>Decides which optimizer and which learning rate it gets.</summary>
    public ParameterRole Role { get; }

    /// <summary>[rows, columns]; a vector is one row.</summary>
    public Rows Value => Used(_value);

    /// <summary>As <see cref="Value"/>; backward adds to it, the training loop clears it.</summary>
    public Rows Gradient => Used(_gradient);

    /// <summary>Which rows of the matrix <see cref="Value"/> holds; null when it is all of them.</summary>
    public TouchedRows? Touched { get; }

    /// <summary>The most rows that <see cref="Value"/> may come to have.</summary>
    public int Capacity => _value.Count;

    /// <summary>[Capacity, columns] the matrix as it is now, touched rows and others.</summary>
    public WeightMatrix Whole { get; }

    /// <summary>A parameter with memory of its own, all zeros.</summary>
    public static Parameter Create(string name, ParameterRole role, int rows, int columns) => new(name, role, rows, columns, null);

    /// <summary>A copy of a matrix.</summary>
    internal static Parameter Of(string name, ParameterRole role, WeightMatrix matrix)
    {
        const int RowsPerItem = 64;
        Parameter parameter = new(name, role, matrix.RowCount, matrix.ColumnCount, null);
        Workers.ForBlocks(matrix.RowCount, RowsPerItem, (first, count) =>
        {
            for (int row = first; row < first + count; row++)
            {
                matrix.Read(row, 0, parameter._value[row]);
            }
        });
        return parameter;
    }

    /// <summary>The rows of a matrix that training will touch; none yet.</summary>
    /// <param name="name">As <see cref="Name"/>.</param>
    /// <param name="role">As <see cref="Role"/>.</param>
    /// <param name="stored">Where a row's value is read when it is touched first.</param>
    internal static Parameter OfTouchedRows(string name, ParameterRole role, WeightMatrix stored) =>
        new(name, role, stored.RowCount, stored.ColumnCount, stored);

    /// <summary>The place of a row of the matrix in <see cref="Value"/>; a row that was not touched before gets the next one.</summary>
    /// <exception cref="InvalidOperationException">The parameter holds the whole matrix.</exception>
    public int Touch(int row)
    {
        if (Touched is not { } touched)
        {
            throw new InvalidOperationException($"{Name} holds every row.");
        }
        int place = touched.PlaceOf(row);
        if (place < 0)
        {
            place = touched.Add(row);
            _stored!.Read(row, 0, _value[place]);
        }
        return place;
    }

    /// <summary>Those rows of a buffer with this parameter's capacity that belong to touched rows.</summary>
    internal Rows Used(Rows rows) => Touched is null ? rows : rows.Slice(0, Touched.Count);

    /// <summary>Touched rows from the parameter, others from where they are stored.</summary>
    sealed class TouchedMatrix(Parameter parameter, WeightMatrix stored) : WeightMatrix
    {
        public override int RowCount => stored.RowCount;

        public override int ColumnCount => stored.ColumnCount;

        public override void Read(int row, int firstColumn, Span<float> destination)
        {
            int place = parameter.Touched!.PlaceOf(row);
            if (place < 0)
            {
                stored.Read(row, firstColumn, destination);
            }
            else
            {
                parameter._value[place].Slice(firstColumn, destination.Length).CopyTo(destination);
            }
        }

        public override StoredRow Stored(int row) => parameter.Touched!.PlaceOf(row) is >= 0 and int place
            ? new(NumberFormat.F32, MemoryMarshal.AsBytes(parameter._value[place]))
            : stored.Stored(row);
    }
}

/// <summary>What a parameter is.</summary>
public enum ParameterRole
{
    /// <summary>A full weight matrix of a linear layer.</summary>
    Matrix,

    /// <summary>A low-rank matrix of an adapter.</summary>
    Lora,

    /// <summary>The token embeddings, and the output head.</summary>
    Embedding,

    /// <summary>A norm's gain or a bias: one row.</summary>
    Vector,
}
