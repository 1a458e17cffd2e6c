using Farsight.Alignment.Data;

namespace Farsight.Alignment.Synthesis;

/// <summary>Provides prompts that request a question, several per kind so that questions do not all begin alike.</summary>
static class QuestionPhrases
{
    const string Rules =
        " The question will be asked about a much longer text, so name the people, places or things that it is about; do not write "
            + "\"the text\", \"the passage\" or \"the author says\"."
        + " Use nothing but what is written above. Answer with two lines and nothing else:\nQuestion: (the question)\nAnswer: (the answer)";

    static readonly string[] s_single =
    [
        "Write one question about a single detail that is stated above, such as a name, a number, a date, a place or a reason, and "
            + "answer it in one sentence."
            + Rules,
        "Think of a reader who looks something up in the text above. Write the one question that he has, about a single fact, and its "
            + "answer in one sentence."
            + Rules,
        "Choose one precise statement from the text above. Write a question that only this statement answers, and the answer in one "
            + "sentence."
            + Rules,
    ];

    static readonly string[] s_multi =
    [
        "Write one question whose answer needs at least two details from different places of the text above, and answer it in one or "
            + "two sentences."
            + Rules,
        "Write one question that makes a reader compare or connect several things that are told above, and answer it in one or two "
            + "sentences."
            + Rules,
        "Write one question that can only be answered after reading all of the text above: who did what, when and why, or how one thing "
            + "led to another. Answer it in one or two sentences."
            + Rules,
    ];

    static readonly string[] s_summary =
    [
        "Write a request for a summary of what is told above about its main subject; name the subject in the request. Then write that "
            + "summary in at most four sentences."
            + Rules,
        "Write a request to sum up the events or arguments above, naming who or what they are about. Then write the summary in at most "
            + "four sentences."
            + Rules,
    ];

    /// <summary>Returns the prompts of a kind.</summary>
    internal static IReadOnlyList<string> For(QuestionOrigin origin) => origin switch
    {
        QuestionOrigin.SingleDetail => s_single,
        QuestionOrigin.MultiDetail => s_multi,
        QuestionOrigin.Summary => s_summary,
        _ => throw new ArgumentException($"The model writes no questions of origin {origin}.", nameof(origin)),
    };
}
