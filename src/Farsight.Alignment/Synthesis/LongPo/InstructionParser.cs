using System.Text.RegularExpressions;

namespace Farsight.Alignment.Synthesis.LongPo;

/// <summary>Reads a list of instructions as models write it, and leaves out what cannot be used.</summary>
static partial class InstructionParser
{
    const int LeastWords = 4, MostWords = 80;

    /// <summary>The usable instructions in their order, each once; none where the text is no list.</summary>
    internal static IReadOnlyList<string> Read(string text) =>
        [
            .. Item()
                .Matches(text)
                .Select(m => Spaces().Replace(m.Groups[1].Value.Trim().Trim('*', '_', '"', '“', '”', '`', ' '), " "))
                .Where(i => Spaces().Count(i) + 1 is >= LeastWords and <= MostWords)
                .Distinct(StringComparer.OrdinalIgnoreCase)
                .Take(LongPoPhrases.Instructions),
        ];

    // "1. …", "2) …", "**3.** …", "Instruction 4: …", "- …"
    [GeneratedRegex(
        @"^[ \t>*_#]*(?:(?:instruction|question|task)?[ \t]*\d+[ \t]*[.):]|[-•])[*_ \t]*(\S.*)$",
        RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.CultureInvariant
    )]
    private static partial Regex Item();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
