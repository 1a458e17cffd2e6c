using System.Text;
using System.Text.RegularExpressions;

namespace Farsight.Server.Dashboard;

/// <summary>Marks the words in which two texts differ, by a longest common subsequence of their words.</summary>
static partial class WordDifference
{
    // Longer texts are compared at their common beginning and end only.
    const int MostWords = 1500;

    /// <summary>Returns both texts as HTML: words of the first alone in &lt;ins&gt;, words of the second alone in &lt;del&gt;.</summary>
    internal static (string First, string Second) Mark(string first, string second)
    {
        string[] a = [.. Words().Matches(first).Select(m => m.Value)], b = [.. Words().Matches(second).Select(m => m.Value)];
        (bool[] inA, bool[] inB) = Shared(a, b);
        return (Marked(a, inA, "ins"), Marked(b, inB, "del"));
    }

    static (bool[] First, bool[] Second) Shared(string[] a, string[] b)
    {
        bool[] inA = new bool[a.Length], inB = new bool[b.Length];
        int start = 0, end = 0, least = Math.Min(a.Length, b.Length);
        while (start < least && Same(a[start], b[start]))
        {
            inA[start] = inB[start] = true;
            start++;
        }
        while (end < least - start && Same(a[^(end + 1)], b[^(end + 1)]))
        {
            end++;
            inA[^end] = inB[^end] = true;
        }
        int rows = a.Length - start - end, columns = b.Length - start - end;
        if (rows > 0 && columns > 0 && rows <= MostWords && columns <= MostWords)
        {
            Middle(a.AsSpan(start, rows), b.AsSpan(start, columns), inA.AsSpan(start, rows), inB.AsSpan(start, columns));
        }
        return (inA, inB);
    }

    static void Middle(ReadOnlySpan<string> a, ReadOnlySpan<string> b, Span<bool> inA, Span<bool> inB)
    {
        int[,] length = new int[a.Length + 1, b.Length + 1]; // of the longest common subsequence from there on
        for (int i = a.Length - 1; i >= 0; i--)
        {
            for (int j = b.Length - 1; j >= 0; j--)
            {
                length[i, j] = Same(a[i], b[j]) ? length[i + 1, j + 1] + 1 : Math.Max(length[i + 1, j], length[i, j + 1]);
            }
        }
        for (int i = 0, j = 0; i < a.Length && j < b.Length;)
        {
            if (Same(a[i], b[j]))
            {
                inA[i++] = inB[j++] = true;
            }
            else if (length[i + 1, j] >= length[i, j + 1])
            {
                i++;
            }
            else
            {
                j++;
            }
        }
    }

    static bool Same(string a, string b) => a.AsSpan().TrimEnd().SequenceEqual(b.AsSpan().TrimEnd());

    static string Marked(string[] words, bool[] isShared, string tag)
    {
        StringBuilder html = new();
        for (int from = 0, to; from < words.Length; from = to)
        {
            to = from + 1;
            while (to < words.Length && isShared[to] == isShared[from])
            {
                to++;
            }
            string text = Html.Escape(string.Concat(words[from..to]));
            html.Append(isShared[from] ? text : $"<{tag}>{text}</{tag}>");
        }
        return html.ToString();
    }

    [GeneratedRegex(@"\S+\s*|\s+")]
    private static partial Regex Words();
}
