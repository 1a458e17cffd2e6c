namespace Farsight.Text.Tokenizers;

/// <summary>Detects constructs of an Oniguruma pattern that mean something else in .NET regular expressions.</summary>
/// <remarks>
/// Accepts letters and signs, classes of characters, <c>\s \d \p{…}</c> and escaped signs, groups that only group, look
/// ahead, or ignore case, alternatives, and greedy or lazy counts. Anchors, word boundaries, classes within classes, possessive
/// counts and references mean something else there, or nothing.
/// </remarks>
static class RegexSyntax
{
    static readonly string[] s_groups = ["?:", "?i:", "?=", "?!"];

    /// <summary>Returns the first construct that may mean something else, or null.</summary>
    internal static string? FirstForeign(string pattern)
    {
        bool inClass = false;
        for (int i = 0; i < pattern.Length; i++)
        {
            string rest = pattern[i..];
            if (rest[0] == '\\')
            {
                if (Escape(rest) is not { } length)
                {
                    return rest[..Math.Min(2, rest.Length)];
                }
                i += length - 1;
            }
            else if (inClass ? Within(rest) : Outside(rest))
            {
                return rest[..Math.Min(4, rest.Length)];
            }
            inClass = rest[0] == '[' || (inClass && rest[0] != ']');
        }
        return null;
    }

    static int? Escape(string rest) => rest switch
    {
        [_, 'p' or 'P', '{', >= 'A' and <= 'Z', ..] when rest.IndexOf('}') is > 0 and < 6 and var end => end + 1,
        [_, 's' or 'S' or 'd' or 'D' or 'r' or 'n' or 't' or 'f', ..] => 2,
        [_, var sign, ..] when char.IsAscii(sign) && !char.IsAsciiLetterOrDigit(sign) && !char.IsControl(sign) => 2,
        _ => null,
    };

    static bool Within(string rest) =>
        rest[0] == '[' || rest.StartsWith("&&", StringComparison.Ordinal) || rest.StartsWith("-[", StringComparison.Ordinal);

    static bool Outside(string rest) =>
        rest[0] is '^' or '$'
        || IsPossessive(rest)
        || rest.StartsWith("[]", StringComparison.Ordinal)
        || rest.StartsWith("[^]", StringComparison.Ordinal)
        || (rest.StartsWith("(?", StringComparison.Ordinal) && !s_groups.Any(g => rest.AsSpan(1).StartsWith(g, StringComparison.Ordinal)));

    static bool IsPossessive(string rest) => rest is ['?' or '*' or '+' or '}', '+', ..];
}
