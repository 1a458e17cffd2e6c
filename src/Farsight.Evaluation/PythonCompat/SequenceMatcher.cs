namespace Farsight.Evaluation.PythonCompat;

/// <summary>Implements the ratio of CPython's <c>difflib.SequenceMatcher(None, a, b)</c>.</summary>
/// <remarks>
/// Ratcliff and Obershelp: the longest matching block, then the same left and right of it; ratio = 2 matches / (|a| + |b|). With the
/// "autojunk" heuristic, elements that make up more than 1 % (+ 1) of a <c>b</c> of 200 or more start no block, so the ratio depends on
/// the order of the arguments and can be 0 for texts that share nearly everything.
/// </remarks>
sealed class SequenceMatcher
{
    readonly int[] _a;
    readonly int[] _b;
    readonly Dictionary<int, List<int>> _positions = [];

    SequenceMatcher(int[] a, int[] b)
    {
        (_a, _b) = (a, b);
        for (int i = 0; i < b.Length; i++)
        {
            if (!_positions.TryGetValue(b[i], out List<int>? places))
            {
                _positions[b[i]] = places = [];
            }
            places.Add(i);
        }
        if (b.Length >= 200)
        {
            foreach (int popular in _positions.Where(p => p.Value.Count > (b.Length / 100) + 1).Select(p => p.Key).ToArray())
            {
                _positions.Remove(popular);
            }
        }
    }

    /// <summary>Computes <c>SequenceMatcher(None, a, b).ratio()</c> over code points, from 0 to 1; 1 for two empty texts.</summary>
    public static double Ratio(string a, string b)
    {
        SequenceMatcher matcher = new(PythonStrings.CodePoints(a), PythonStrings.CodePoints(b));
        int length = matcher._a.Length + matcher._b.Length;
        return length == 0 ? 1 : 2.0 * matcher.CountMatches() / length;
    }

    int CountMatches()
    {
        Stack<(int ALow, int AHigh, int BLow, int BHigh)> open = new([(0, _a.Length, 0, _b.Length)]);
        int matches = 0;
        while (open.TryPop(out (int ALow, int AHigh, int BLow, int BHigh) range))
        {
            (int i, int j, int size) = LongestBlock(range.ALow, range.AHigh, range.BLow, range.BHigh);
            if (size > 0)
            {
                matches += size;
                open.Push((range.ALow, i, range.BLow, j));
                open.Push((i + size, range.AHigh, j + size, range.BHigh));
            }
        }
        return matches;
    }

    (int I, int J, int Size) LongestBlock(int aLow, int aHigh, int bLow, int bHigh)
    {
        (int bestI, int bestJ, int best) = (aLow, bLow, 0);
        int[] lengths = new int[_b.Length + 1];
        int[] next = new int[_b.Length + 1];
        for (int i = aLow; i < aHigh; i++)
        {
            Array.Clear(next);
            foreach (int j in _positions.GetValueOrDefault(_a[i], []))
            {
                if (j >= bLow && j < bHigh)
                {
                    int length = next[j + 1] = lengths[j] + 1;
                    if (length > best)
                    {
                        (bestI, bestJ, best) = (i - length + 1, j - length + 1, length);
                    }
                }
            }
            (lengths, next) = (next, lengths);
        }
        return Grow(bestI, bestJ, best, aLow, aHigh, bLow, bHigh);
    }

    // Elements that start no block still lengthen one.
    (int I, int J, int Size) Grow(int i, int j, int size, int aLow, int aHigh, int bLow, int bHigh)
    {
        while (i > aLow && j > bLow && _a[i - 1] == _b[j - 1])
        {
            (i, j, size) = (i - 1, j - 1, size + 1);
        }
        while (i + size < aHigh && j + size < bHigh && _a[i + size] == _b[j + size])
        {
            size++;
        }
        return (i, j, size);
    }
}
