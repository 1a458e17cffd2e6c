namespace Farsight.Engine.Kernels;

/// <summary>Divides the result into pieces of nearly equal size; their number is a multiple of the threads.</summary>
/// <remarks>
/// A piece packs its own part of the right side, so pieces above each other do that work twice: columns are cut first, rows
/// only when columns get too narrow. The sums do not depend on the cut, so it may depend on the number of threads.
/// </remarks>
readonly record struct GemmGrid(int Rows, int Columns, int PieceRows, int PieceColumns)
{
    const int MinColumns = 256, MinRows = 64;

    /// <summary>Cuts [rows, columns].</summary>
    /// <param name="rows">Rows of the result.</param>
    /// <param name="columns">Columns of the result.</param>
    /// <param name="tileRows">A piece has a multiple of these, except the last.</param>
    /// <param name="tileColumns">As <paramref name="tileRows"/>.</param>
    /// <param name="maxColumns">A piece's columns at most; a multiple of <paramref name="tileColumns"/>.</param>
    /// <param name="threads">Who share the pieces.</param>
    internal static GemmGrid Cut(int rows, int columns, int tileRows, int tileColumns, int maxColumns, int threads)
    {
        int across = DivideUp(columns, maxColumns), down = 1;
        int shared = DivideUp(across, threads) * threads;
        if (columns >= shared * MinColumns || rows < 2 * MinRows)
        {
            across = shared;
        }
        else if (across % threads != 0)
        {
            down = Math.Min(threads, DivideUp(rows, MinRows));
        }
        return new(
            rows,
            columns,
            DivideUp(DivideUp(rows, down), tileRows) * tileRows,
            DivideUp(DivideUp(columns, across), tileColumns) * tileColumns);
    }

    int Across => DivideUp(Columns, PieceColumns);

    /// <summary>Number of pieces.</summary>
    internal int Count => Across * DivideUp(Rows, PieceRows);

    /// <summary>Returns the first row, number of rows, first column and number of columns of a piece.</summary>
    internal (int Row, int RowCount, int Column, int ColumnCount) this[int piece]
    {
        get
        {
            int row = piece / Across * PieceRows, column = piece % Across * PieceColumns;
            return (row, Math.Min(PieceRows, Rows - row), column, Math.Min(PieceColumns, Columns - column));
        }
    }

    static int DivideUp(int a, int b) => (a + b - 1) / b;
}
