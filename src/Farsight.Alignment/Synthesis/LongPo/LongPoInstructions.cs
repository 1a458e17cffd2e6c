using System.Text.RegularExpressions;

namespace Farsight.Alignment.Synthesis.LongPo;

/// <summary>Provides prompts that request instructions, and prefixes for the drawn instruction.</summary>
static class LongPoPhrases
{
    /// <summary>Instructions per request.</summary>
    internal const int Instructions = 4;

    const string Form =
        " Make the four as different as you can: one may ask for a fact, one for a reason or a connection, one for an explanation, one "
            + "for a summary of a part."
        + " Each must be answerable from the text above alone, name what it is about and be one or two sentences long. Do not answer them."
        + " Write them as a list numbered 1. to 4., one in a line, and nothing else.";

    /// <summary>The prompts.</summary>
    internal static IReadOnlyList<string> Requests { get; } =
    [
        "Write four instructions or questions that a careful reader of the text above could be given." + Form,
        "Imagine four people who each want to learn something from the text above. Write what each of them would ask for." + Form,
        "Set four tasks that show whether somebody has understood the text above." + Form,
    ];

    /// <summary>The prefixes; any sentence can follow them.</summary>
    internal static IReadOnlyList<string> Prefixes { get; } =
    [
        "Going by the text above:",
        "Using only what is written above:",
        "You have just read a long text. From it:",
        "Look into the text before this message.",
        "Everything needed for this was told above.",
        "With the preceding text in mind:",
        "From the material given above:",
        "This concerns the text you were given.",
        "Think back to what the text said.",
        "The text above holds the answer.",
        "Rely on the text above and on nothing else.",
        "Based on the foregoing text:",
    ];
}

/// <summary>Parses a list of instructions in the variants that models write, and skips unusable ones.</summary>
static partial class InstructionParser
{
    const int MinWords = 4, MaxWords = 80;

    /// <summary>Returns the usable instructions in order, without duplicates; none if the text is not a list.</summary>
    internal static IReadOnlyList<string> Read(string text) =>
        [
            .. Item()
                .Matches(text)
                .Select(m => Spaces().Replace(m.Groups[1].Value.Trim().Trim('*', '_', '"', '“', '”', '`', ' '), " "))
                .Where(i => Spaces().Count(i) + 1 is >= MinWords and <= MaxWords)
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
