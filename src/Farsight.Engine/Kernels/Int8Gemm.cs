using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Farsight.Engine.Kernels.Assembled;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>Computes y (+)= x · wᵀ in <see cref="Numerics.Arithmetic.Q8"/> for grouped weights.</summary>
/// <remarks>
/// Up to six rows of x meet one group of w after the other, which is read from memory once. Of more rows, six at a time meet two groups, in
/// parts of the depth whose weights stay in the first-level cache. Sums go on from part to part, so a row of y has the same bits alone and
/// among others, and on any number of threads.
/// </remarks>
static unsafe class Int8Gemm
{
    // 1,024 columns: two groups of Q8_0 are 34 KiB.
    const int BlocksPerPart = 32;

    const int GroupsPerItem = 8, EightBitMiddle = 128, FourBitMiddle = 8;

    /// <summary>Returns whether rows firstRow … firstRow + n − 1 of w are whole groups.</summary>
    internal static bool IsFor(WeightMatrix w, int firstRow, int rowCount) =>
        w is GroupedMatrix && firstRow % GroupedMatrix.GroupRows == 0 && rowCount % GroupedMatrix.GroupRows == 0;

    /// <summary>y (+)= x · wᵀ for the rows of w from firstRow on, as many as y has columns.</summary>
    internal static void MultiplyTransposed(Rows x, GroupedMatrix w, int firstRow, Rows y, bool add)
    {
        if (x.Count == 0)
        {
            return;
        }
        int blocks = x.Width / GroupedMatrix.BlockValues, together = Math.Min(x.Count, Int8Tile.MaxRows), whole = x.Count / together;
        nint tileBytes = (nint)blocks * Int8Inputs.BytesPerRowAndBlock * together;
        using Scratch scratch = Scratch.Take(x.Count, blocks * Int8Inputs.BytesPerRowAndBlock / sizeof(float));
        byte* inputs = (byte*)Address(scratch.Rows.Span);
        int middle = w.IsFourBit ? FourBitMiddle : EightBitMiddle;
        Workers.For((x.Count + together - 1) / together, tile =>
            Int8Inputs.Round(x, tile * together, Math.Min(together, x.Count - tile * together), middle, inputs + tile * tileBytes));

        int firstGroup = firstRow / GroupedMatrix.GroupRows, rest = x.Count - whole * together;
        Workers.ForBlocks(y.Width / GroupedMatrix.GroupRows, GroupsPerItem, (first, count) =>
        {
            byte* weights = (byte*)Address(w.Group(firstGroup + first));
            if (whole == 1 && rest == 0)
            {
                Tiles(together, 1, w, weights, inputs, blocks, y, 0, first, add, repeats: count, tileBytes: 0);
                return;
            }
            for (int g = 0; g < count; g += 2)
            {
                int groups = Math.Min(2, count - g);
                byte* pair = weights + (nint)g * w.GroupBytes;
                for (int b = 0; b < blocks; b += BlocksPerPart)
                {
                    int part = Math.Min(BlocksPerPart, blocks - b);
                    byte* from = pair + (nint)b * w.BlockBytes;
                    nint at = (nint)b * Int8Inputs.BytesPerRowAndBlock;
                    Tiles(together, groups, w, from, inputs + at * together, part, y, 0, first + g, add || b > 0, whole, tileBytes);
                    for (int one = 0; one < groups && rest > 0; one++)
                    {
                        Tiles(
                            rest, 1, w, from + (nint)one * w.GroupBytes, inputs + whole * tileBytes + at * rest, part, y, whole * together,
                            first + g + one, add || b > 0, repeats: 1, tileBytes: 0);
                    }
                }
            }
        });
    }

    /// <summary>Computes tiles: below each other for more rows of x, or beside each other for more groups if the rows stay.</summary>
    static void Tiles(
        int rows, int groups, GroupedMatrix w, byte* weights, byte* inputs, int blocks, Rows y, int firstRow, int group, bool add,
        int repeats, nint tileBytes)
    {
        nint line = sizeof(float) * (nint)y.Width;
        bool isBelow = tileBytes > 0;
        Int8TileCall call = new()
        {
            W = weights,
            Group = w.GroupBytes,
            X = inputs,
            Y = Address(y[firstRow]) + group * GroupedMatrix.GroupRows,
            Line = line,
            Blocks = blocks,
            Repeats = repeats,
            WStep = isBelow ? 0 : w.GroupBytes,
            XStep = tileBytes,
            YStep = isBelow ? rows * line : sizeof(float) * GroupedMatrix.GroupRows,
            Add = add ? 1 : 0,
        };
        Int8Tile.Compute(rows, groups, w.IsFourBit, &call);
    }

    // Rows and groups lie in native memory, which nothing moves.
    static float* Address(Span<float> native) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(native));

    static byte* Address(Span<byte> native) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(native));
}
