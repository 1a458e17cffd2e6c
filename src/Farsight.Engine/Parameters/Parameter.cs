using System.Runtime.InteropServices;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Parameters;

/// <summary>Represents a trainable tensor: its value and its gradient, both F32.</summary>
/// <remarks>
/// A parameter may hold only the rows of a larger matrix that training has touched, as for embeddings, of which a run uses
/// few. Value, gradient and optimizer state then have one row for each row of <see cref="Touched"/>, in its order. A touched row
/// stays, so that moments decay and updates follow as they would in the whole matrix, where every other row has a gradient of
/// zero and does not move. Weight decay moves touched rows only. The model that trains a parameter owns and disposes it.
/// </remarks>
public sealed class Parameter : IDisposable
{
    readonly Rows _value, _gradient; // [Capacity, columns]; the system assigns memory only to rows in use
    readonly WeightMatrix? _stored;
    readonly RowsOwner _memory = new();

    Parameter(string name, ParameterRole role, int rows, int columns, WeightMatrix? stored)
    {
        (Name, Role, _stored) = (name, role, stored);
        try
        {
            (_value, _gradient) = (_memory.Allocate(rows, columns), _memory.Allocate(rows, columns));
            Touched = stored is null ? null : new(rows);
            Whole = stored is null ? new RowsMatrix(_value) : new TouchedMatrix(this, stored);
        }
        catch
        {
            _memory.Dispose();
            throw;
        }
    }

    /// <summary>Hugging Face's or PEFT's name: "model.norm.weight", "model.layers.0.self_attn.q_proj.lora_A.weight".</summary>
    public string Name { get; }

    /// <summary>Role, which decides the optimizer and the learning rate.</summary>
    public ParameterRole Role { get; }

    /// <summary>[rows, columns]; a vector is one row.</summary>
    public Rows Value => Used(_value);

    /// <summary>Gradient of <see cref="Value"/>; backward passes accumulate into it, the training loop clears it.</summary>
    public Rows Gradient => Used(_gradient);

    /// <summary>Rows of the matrix that <see cref="Value"/> holds; null if it holds all of them.</summary>
    public TouchedRows? Touched { get; }

    /// <summary>Maximum number of rows of <see cref="Value"/>.</summary>
    public int Capacity => _value.Count;

    /// <summary>Current state of the whole matrix, touched rows and others: [Capacity, columns].</summary>
    public WeightMatrix Whole { get; }

    /// <summary>Creates a parameter of zeros.</summary>
    public static Parameter Create(string name, ParameterRole role, int rows, int columns) => new(name, role, rows, columns, null);

    /// <summary>Copies a matrix.</summary>
    internal static Parameter Of(string name, ParameterRole role, WeightMatrix matrix)
    {
        const int RowsPerItem = 64;
        Parameter parameter = new(name, role, matrix.RowCount, matrix.ColumnCount, null);
        try
        {
            Workers.ForBlocks(matrix.RowCount, RowsPerItem, (first, count) =>
            {
                for (int row = first; row < first + count; row++)
                {
                    matrix.Read(row, 0, parameter._value[row]);
                }
            });
            return parameter;
        }
        catch
        {
            parameter.Dispose();
            throw;
        }
    }

    /// <summary>Creates a parameter for the rows of a matrix that training will touch; none yet.</summary>
    /// <param name="name">As <see cref="Name"/>.</param>
    /// <param name="role">As <see cref="Role"/>.</param>
    /// <param name="stored">Source of a row's value when it is touched first.</param>
    internal static Parameter OfTouchedRows(string name, ParameterRole role, WeightMatrix stored) =>
        new(name, role, stored.RowCount, stored.ColumnCount, stored);

    /// <summary>Returns the index in <see cref="Value"/> of a row of the matrix; a new row gets the next index.</summary>
    /// <exception cref="InvalidOperationException">The parameter holds the whole matrix.</exception>
    public int Touch(int row)
    {
        if (Touched is not { } touched)
        {
            throw new InvalidOperationException($"{Name} holds every row of its matrix, so rows cannot be touched.");
        }
        int place = touched.PlaceOf(row);
        if (place < 0)
        {
            place = touched.Add(row);
            _stored!.Read(row, 0, _value[place]);
        }
        return place;
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    /// <summary>Returns the rows in use of a buffer that has this parameter's capacity.</summary>
    internal Rows Used(Rows rows) => Touched is null ? rows : rows.Slice(0, Touched.Count);

    /// <summary>Reads touched rows from the parameter and others from the stored matrix.</summary>
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

/// <summary>Defines the kinds of parameters.</summary>
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

/// <summary>Represents the rows of a large matrix that training has touched, in the order of their first use.</summary>
/// <remarks>Not safe for concurrent use.</remarks>
public sealed class TouchedRows
{
    readonly int[] _places; // [rows of the matrix] place + 1, or 0
    readonly List<int> _rows = [];

    /// <summary>Creates an empty set for a matrix of so many rows.</summary>
    public TouchedRows(int rows) => _places = new int[rows];

    /// <summary>Number of touched rows.</summary>
    public int Count => _rows.Count;

    /// <summary>Row of the matrix at each index: [Count].</summary>
    public IReadOnlyList<int> Rows => _rows;

    /// <summary>Returns the index of a row, or −1.</summary>
    public int PlaceOf(int row) => _places[row] - 1;

    /// <summary>Adds a row and returns its index.</summary>
    /// <exception cref="ArgumentException">The row is present.</exception>
    internal int Add(int row)
    {
        if (PlaceOf(row) >= 0)
        {
            throw new ArgumentException($"Row {row} is already touched.", nameof(row));
        }
        _rows.Add(row);
        _places[row] = _rows.Count;
        return _rows.Count - 1;
    }
}
