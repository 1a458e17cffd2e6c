namespace Farsight.Evaluation.PythonCompat;

/// <summary>
/// Orders texts by code points, as Python's sorted() does; ordinal order of UTF-16 puts U+E000 to U+FFFF after the planes above.
/// </summary>
public sealed class CodePointOrder : IComparer<string>
{
    CodePointOrder()
    {
    }

    /// <summary>The only one.</summary>
    public static CodePointOrder Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> left = x, right = y;
        int same = left.CommonPrefixLength(right);
        return same == left.Length || same == right.Length
            ? left.Length.CompareTo(right.Length)
            : Rank(left[same]).CompareTo(Rank(right[same]));
    }

    // Surrogates stand for code points above all others.
    static int Rank(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
}
