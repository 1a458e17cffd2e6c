using System.Runtime.InteropServices;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Models;

/// <summary>Represents the keys and values of one layer from earlier passes, and the places of the new rows.</summary>
/// <param name="Keys">[S, Hkv·Dh]</param>
/// <param name="Values">[S, Hkv·Dh]</param>
/// <param name="Places">First cache row and number of rows of each group of new rows, in their order.</param>
sealed record LayerCache(Rows Keys, Rows Values, IReadOnlyList<(int FirstRow, int Count)> Places)
{
    // Rows that one thread widens at a time.
    const int Block = 64;

    /// <summary>
    /// The rows in fewer bits; null where <see cref="Keys"/> and <see cref="Values"/> hold them. Otherwise, these two are memory that all
    /// layers share, into which each pass widens the rows that it reads. New rows are rounded before they are read the first time.
    /// </summary>
    internal (NarrowRows Keys, NarrowRows Values)? Stored { get; init; }

    /// <summary>Copies the new rows into the cache.</summary>
    /// <param name="keys">[T, Hkv·Dh]</param>
    /// <param name="values">[T, Hkv·Dh]</param>
    /// <param name="spans">Rows that will be read; null for all.</param>
    /// <returns>[S, Hkv·Dh] keys and values, of which the rows to be read are valid.</returns>
    internal (Rows Keys, Rows Values) Append(Rows keys, Rows values, IReadOnlyList<AttentionSpan>? spans = null)
    {
        int next = 0;
        foreach ((int first, int count) in Places)
        {
            Rows newKeys = keys.Slice(next, count), newValues = values.Slice(next, count);
            if (Stored is { } stored)
            {
                stored.Keys.Write(first, newKeys);
                stored.Values.Write(first, newValues);
            }
            else
            {
                Keys.Slice(first, count).CopyFrom(newKeys);
                Values.Slice(first, count).CopyFrom(newValues);
            }
            next += count;
        }
        if (Stored is { } all)
        {
            List<KeyRange> blocks = Blocks(spans?.SelectMany(s => s.Prefix.Append(new(s.FirstKey, s.QueryCount))) ?? [new(0, Keys.Count)]);
            Workers.For(blocks.Count, b =>
            {
                all.Keys.Read(blocks[b], Keys);
                all.Values.Read(blocks[b], Values);
            });
        }
        return (Keys, Values);
    }

    /// <summary>Returns the rows of ranges, each row once, in blocks.</summary>
    static List<KeyRange> Blocks(IEnumerable<KeyRange> ranges)
    {
        List<KeyRange> blocks = [];
        int end = 0;
        foreach (KeyRange range in ranges.OrderBy(r => r.Start))
        {
            for (int first = Math.Max(end, range.Start); first < range.End; first = end)
            {
                end = Math.Min(first + Block, range.End);
                blocks.Add(new(first, end - first));
            }
        }
        return blocks;
    }
}

/// <summary>Represents rows in a storage format.</summary>
/// <param name="Memory">[S, bytes of a row / 4]</param>
/// <param name="Format">The format.</param>
/// <param name="Width">Numbers per row.</param>
readonly record struct NarrowRows(Rows Memory, NumberFormat Format, int Width)
{
    /// <summary>Allocates rows.</summary>
    internal static NarrowRows Allocate(RowsOwner owner, int rows, NumberFormat format, int width) =>
        new(owner.Allocate(rows, (int)(BytesPerRow(format, width) / sizeof(float))), format, width);

    /// <summary>Computes the bytes of a row, a multiple of 4.</summary>
    internal static long BytesPerRow(NumberFormat format, int width) =>
        (format.BytesOf(width) + sizeof(float) - 1) / sizeof(float) * sizeof(float);

    /// <summary>Rounds rows and stores them from a row on.</summary>
    internal void Write(int first, Rows rows)
    {
        for (int i = 0; i < rows.Count; i++)
        {
            Narrow.FromFloat(Format, rows[i], Bytes(first + i));
        }
    }

    /// <summary>Widens rows into the rows with the same numbers.</summary>
    internal void Read(KeyRange range, Rows rows)
    {
        for (int row = range.Start; row < range.End; row++)
        {
            Widen.ToFloat(Format, Bytes(row), rows[row]);
        }
    }

    Span<byte> Bytes(int row) => MemoryMarshal.AsBytes(Memory[row])[..(int)Format.BytesOf(Width)];
}
