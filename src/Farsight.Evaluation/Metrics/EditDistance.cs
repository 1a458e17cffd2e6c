using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Metrics;

/// <summary>Computes distances between texts, in code points.</summary>
static class EditDistance
{
    /// <summary>
    /// Computes the Levenshtein distance: the minimum number of insertions, deletions and replacements between two texts.
    /// </summary>
    public static int Levenshtein(string a, string b)
    {
        (int[] x, int[] y) = (PythonStrings.CodePoints(a), PythonStrings.CodePoints(b));
        int[] above = [.. Enumerable.Range(0, y.Length + 1)];
        int[] row = new int[y.Length + 1];
        for (int i = 0; i < x.Length; i++)
        {
            row[0] = i + 1;
            for (int j = 0; j < y.Length; j++)
            {
                int replaced = above[j] + (x[i] == y[j] ? 0 : 1);
                row[j + 1] = Math.Min(replaced, Math.Min(above[j + 1], row[j]) + 1);
            }
            (above, row) = (row, above);
        }
        return above[^1];
    }

    /// <summary>
    /// Computes 2·LCS / (|a| + |b|), from 0 to 1, as <c>Levenshtein.ratio</c> of python-Levenshtein; 1 for two empty texts.
    /// </summary>
    public static double IndelRatio(string a, string b)
    {
        (int[] x, int[] y) = (PythonStrings.CodePoints(a), PythonStrings.CodePoints(b));
        int length = x.Length + y.Length;
        return length == 0 ? 1 : 2.0 * new CommonSubsequence(x, y).Length / length;
    }
}
