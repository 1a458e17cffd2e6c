namespace Farsight.Alignment.Synthesis.LongPo;

/// <summary>How the model is asked for instructions, and what is put before the one that is drawn.</summary>
static class LongPoPhrases
{
    /// <summary>Instructions asked for at a time.</summary>
    internal const int Instructions = 4;

    const string Form =
        " Make the four as different as you can: one may ask for a fact, one for a reason or a connection, one for an explanation, one for a summary of a part."
        + " Each must be answerable from the text above alone, name what it is about and be one or two sentences long. Do not answer them."
        + " Write them as a list numbered 1. to 4., one in a line, and nothing else.";

    /// <summary>The wordings of the request.</summary>
    internal static IReadOnlyList<string> Requests { get; } =
    [
        "Write four instructions or questions that a careful reader of the text above could be given." + Form,
        "Imagine four people who each want to learn something from the text above. Write what each of them would ask for." + Form,
        "Set four tasks that show whether somebody has understood the text above." + Form,
    ];

    /// <summary>What may stand before an instruction; each ends so that any sentence can follow.</summary>
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
