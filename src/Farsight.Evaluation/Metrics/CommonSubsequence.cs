namespace Farsight.Evaluation.Metrics;

/// <summary>Finds the longest common subsequence of two lists of token numbers, and the path back through its table.</summary>
/// <remarks>
/// length(i, j) = length(i−1, j−1) + 1 where x_i = y_j, else max(length(i−1, j), length(i, j−1)). O(|x|·|y|), one byte a cell. Which of
/// several longest subsequences is found depends on the tie rule, and with it a score; programs differ there.
/// </remarks>
sealed class CommonSubsequence
{
    const byte Match = 0, Up = 1, Left = 2, Tie = 3;

    readonly int[] _x;
    readonly int[] _y;
    readonly byte[] _steps;

    /// <summary>Fills the table for x of |x| and y of |y| tokens.</summary>
    public CommonSubsequence(int[] x, int[] y)
    {
        (_x, _y, _steps) = (x, y, new byte[x.Length * y.Length]);
        int[] above = new int[y.Length + 1];
        int[] row = new int[y.Length + 1];
        for (int i = 0; i < x.Length; i++)
        {
            Span<byte> steps = _steps.AsSpan(i * y.Length, y.Length);
            for (int j = 0; j < y.Length; j++)
            {
                (int up, int left) = (above[j + 1], row[j]);
                steps[j] = x[i] == y[j] ? Match : up > left ? Up : left > up ? Left : Tie;
                row[j + 1] = x[i] == y[j] ? above[j] + 1 : Math.Max(up, left);
            }
            (above, row) = (row, above);
        }
        Length = above[^1];
    }

    /// <summary>Gets the length of the longest common subsequence.</summary>
    public int Length { get; }

    /// <summary>
    /// Returns the indices into x of one longest common subsequence, ascending. On a tie the path drops a token of x or of y.
    /// </summary>
    /// <param name="tieDropsX">Whether a token of x, and not of y, is dropped when both ways are equally long.</param>
    /// <param name="steps">Steps of the path until a border of the table is reached.</param>
    public List<int> Indices(bool tieDropsX, out int steps)
    {
        List<int> indices = [];
        steps = 0;
        for (int i = _x.Length, j = _y.Length; i > 0 && j > 0; steps++)
        {
            byte step = _steps[((i - 1) * _y.Length) + j - 1];
            if (step == Match)
            {
                indices.Add(i - 1);
            }
            bool up = step == Up || (step == Tie && tieDropsX);
            i -= step == Match || up ? 1 : 0;
            j -= step == Match || !up ? 1 : 0;
        }
        indices.Reverse();
        return indices;
    }

    /// <summary>Converts token lists to numbers: equal tokens get equal numbers.</summary>
    public static int[] Number(IEnumerable<string> tokens, Dictionary<string, int> numbers)
    {
        List<int> result = [];
        foreach (string token in tokens)
        {
            if (!numbers.TryGetValue(token, out int number))
            {
                numbers[token] = number = numbers.Count;
            }
            result.Add(number);
        }
        return [.. result];
    }
}
