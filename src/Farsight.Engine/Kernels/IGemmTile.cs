namespace Farsight.Engine.Kernels;

/// <summary>Defines the innermost product: a block of the result that stays in registers over the depth.</summary>
/// <remarks>
/// A step of the depth loads two registers of b once and multiplies them with each row's number of a, so that there are more
/// multiplications than loads, and as many sums as the processor needs to be busy while each waits for its last addition.
/// </remarks>
interface IGemmTile
{
    /// <summary>Rows of the result held at once.</summary>
    static abstract int Rows { get; }

    /// <summary>Columns of the result held at once.</summary>
    static abstract int Columns { get; }

    /// <summary>c[r, j] (+)= Σ_k a[r, k] · b[k, j] for a whole tile.</summary>
    /// <param name="depth">Number of terms.</param>
    /// <param name="a">a[0, 0]; a[r, k] is r · <paramref name="line"/> + k · <paramref name="step"/> floats further on.</param>
    /// <param name="line">Floats from one row of a to the next.</param>
    /// <param name="step">Floats from one step of the depth to the next.</param>
    /// <param name="b">[depth, Columns] packed.</param>
    /// <param name="c">First element of the tile.</param>
    /// <param name="stride">Floats from one row of c to the next.</param>
    /// <param name="add">Adds to c instead of overwriting it.</param>
    static abstract void Multiply(int depth, ref float a, nint line, nint step, ref float b, ref float c, nint stride, bool add);
}
