namespace Farsight.Engine.Parameters;

/// <summary>The rows of a large matrix that training has met, in the order in which it met them.</summary>
/// <remarks>Not safe for concurrent use.</remarks>
public sealed class TouchedRows
{
    readonly int[] _places; // [rows of the matrix] place + 1, or 0
    readonly List<int> _rows = [];

    /// <summary>No row of a matrix of so many.</summary>
    public TouchedRows(int rows) => _places = new int[rows];

    /// <summary>How many rows were met.</summary>
    public int Count => _rows.Count;

    /// <summary>[Count] the row at each place.</summary>
    public IReadOnlyList<int> Rows => _rows;

    /// <summary>The place of a row, or −1.</summary>
    public int PlaceOf(int row) => _places[row] - 1;

    /// <summary>Gives a row the next place.</summary>
    /// <exception cref="ArgumentException">It has one.</exception>
    internal int Add(int row)
    {
        if (PlaceOf(row) >= 0)
        {
            throw new ArgumentException($"Row {row} is there already.", nameof(row));
        }
        _rows.Add(row);
        _places[row] = _rows.Count;
        return _rows.Count - 1;
    }
}
