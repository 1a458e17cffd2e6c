using Farsight.Engine.Kernels;

namespace Farsight.Engine.Inference;

/// <summary>Represents the free rows of a key-value cache. Rows are taken as consecutive ranges, at the lowest place that fits.</summary>
/// <param name="rows">Number of rows, all free at first.</param>
sealed class RowPool(int rows)
{
    readonly SortedList<int, int> _free = new() { [0] = rows }; // the length of each free range by its first row

    /// <summary>Number of free rows.</summary>
    internal int Free { get; private set; } = rows;

    /// <summary>Takes consecutive rows and returns the first of them; null if no free range is long enough.</summary>
    internal int? Take(int count)
    {
        for (int i = 0; i < _free.Count; i++)
        {
            (int start, int length) = (_free.Keys[i], _free.Values[i]);
            if (length >= count)
            {
                _free.RemoveAt(i);
                if (length > count)
                {
                    _free.Add(start + count, length - count);
                }
                Free -= count;
                return start;
            }
        }
        return null;
    }

    /// <summary>Takes the free rows from a row on, and returns how many they are.</summary>
    /// <param name="row">The first of them.</param>
    /// <param name="most">Maximum number of rows.</param>
    internal int TakeAt(int row, int most)
    {
        if (!_free.Remove(row, out int length))
        {
            return 0;
        }
        int count = Math.Min(length, most);
        if (length > count)
        {
            _free.Add(row + count, length - count);
        }
        Free -= count;
        return count;
    }

    /// <summary>Returns the length of the longest free range there would be if rows were returned.</summary>
    /// <param name="taken">Ranges of rows that are taken.</param>
    internal int LongestWith(IEnumerable<KeyRange> taken)
    {
        int longest = 0, start = 0, end = 0;
        foreach (KeyRange next in taken.Concat(_free.Select(f => new KeyRange(f.Key, f.Value))).OrderBy(r => r.Start))
        {
            start = next.Start == end ? start : next.Start;
            end = next.End;
            longest = Math.Max(longest, end - start);
        }
        return longest;
    }

    /// <summary>Returns rows that were taken.</summary>
    internal void Return(KeyRange rows)
    {
        (int start, int count) = rows;
        if (count == 0)
        {
            return;
        }
        Free += count;
        _free.Add(start, count);
        int at = _free.IndexOfKey(start);
        if (at + 1 < _free.Count && _free.Keys[at + 1] == start + count)
        {
            _free[start] = count + _free.Values[at + 1];
            _free.RemoveAt(at + 1);
        }
        if (at > 0 && _free.Keys[at - 1] + _free.Values[at - 1] == start)
        {
            _free[_free.Keys[at - 1]] += _free[start];
            _free.RemoveAt(at);
        }
    }
}
