namespace Farsight.Engine.Kernels;

/// <summary>The innermost product: a block of the result that stays in registers while the depth runs by.</summary>
interface IGemmTile
{
    /// <summary>Rows of the result held at once.</summary>
    static abstract int Rows { get; }

    /// <summary>Columns of the result held at once.</summary>
    static abstract int Columns { get; }

    /// <summary>c[r, j] (+)= Σ_k a[k, r] · b[k, j] for a whole tile.</summary>
    /// <param name="depth">Number of terms.</param>
    /// <param name="a">[depth, Rows] packed.</param>
    /// <param name="b">[depth, Columns] packed.</param>
    /// <param name="c">First element of the tile.</param>
    /// <param name="stride">Floats from one row of c to the next.</param>
    /// <param name="add">Adds to c instead of overwriting it.</param>
    static abstract void Multiply(int depth, ref float a, ref float b, ref float c, nint stride, bool add);
}
