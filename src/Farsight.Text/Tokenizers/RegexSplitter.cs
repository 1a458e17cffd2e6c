using System.Text.RegularExpressions;
using Farsight.Engine;

namespace Farsight.Text.Tokenizers;

/// <summary>Splits text by any other pattern.</summary>
sealed class RegexSplitter : Splitter
{
    // only a pattern that was made to hang comes near it
    static readonly TimeSpan s_longestMatch = TimeSpan.FromSeconds(5);

    readonly Regex _pattern;
    readonly MatchBehavior _behavior;

    /// <exception cref="ArgumentException">The pattern is not one that .NET understands.</exception>
    internal RegexSplitter(string pattern, MatchBehavior behavior)
    {
        _pattern = new(pattern, RegexOptions.Compiled | RegexOptions.CultureInvariant, s_longestMatch);
        _behavior = behavior;
    }

    internal override void Split(ReadOnlySpan<char> text, int offset, List<int> ends)
    {
        CodePointText codePoints = new(text);
        int last = 0;
        try
        {
            foreach (ValueMatch match in _pattern.EnumerateMatches(codePoints.Chars))
            {
                int end = match.Index + match.Length;
                Cut(_behavior != MatchBehavior.MergedWithPrevious ? match.Index : 0, codePoints, offset, ends, ref last);
                Cut(_behavior != MatchBehavior.MergedWithNext ? end : 0, codePoints, offset, ends, ref last);
            }
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new InputException(
                $"The tokenizer's pattern '{e.Pattern}' takes too long on this text. This tokenizer.json cannot be used.",
                e);
        }
        Cut(codePoints.Chars.Length, codePoints, offset, ends, ref last);
    }

    static void Cut(int at, CodePointText codePoints, int offset, List<int> ends, ref int last)
    {
        if (at > last)
        {
            ends.Add(offset + codePoints.Start(at));
            last = at;
        }
    }
}

/// <summary>Specifies how a match is treated when a pattern splits text.</summary>
enum MatchBehavior
{
    /// <summary>A piece of its own, as is what lies between two matches.</summary>
    Isolated,

    /// <summary>The end of the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>The beginning of the piece after it.</summary>
    MergedWithNext,
}
