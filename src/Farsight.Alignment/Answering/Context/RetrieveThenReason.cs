using Farsight.Engine.Inference.Context;

namespace Farsight.Alignment.Answering.Context;

/// <summary>Lets the model quote the relevant facts in one call, and answer from these facts alone in a second.</summary>
/// <remarks>
/// facts = model(context, q), answer = model(facts, q). Source: ALR², arXiv:2410.03227, of which this is the inference part; there the
/// model is also trained for both calls. The paper finds that prompted models invent facts, so each fact is compared with the context
/// (<see cref="Evidence"/>), and the number of invented ones is recorded. The prompts are ours.
/// </remarks>
sealed class RetrieveThenReason(MethodValues values) : PromptingMethod
{
    internal static readonly MethodCard Card = new(
        "alr2", "ALR²", "arXiv:2410.03227",
        [
            new("facts", "Maximum tokens of the quoted facts", 512, 1, MethodOption.MaxTokens),
            new("drop", "1 to remove facts that the context does not contain, 0 to keep them", 0, 0, 1),
        ]);

    /// <inheritdoc/>
    internal override bool CountsTokens => false;

    /// <inheritdoc/>
    internal override async Task<Completion> Answer(MethodCalls calls, ContextQuestion question)
    {
        if (question.Context.Length == 0)
        {
            return await calls.Pass().ConfigureAwait(false);
        }
        string prompt = $"""
            {question.Context}

            Question: {question.Question}

            Do not answer yet. Copy the sentences of the text above that are needed to answer the question, word for word, one per line.
            """;
        string reply = await calls.Ask("retrieve", prompt, values.Whole("facts")).ConfigureAwait(false);
        string[] facts = [.. reply.Split('\n').Select(f => f.Trim().TrimStart('-', '*', '•').Trim()).Where(f => f.Length > 0)];
        Evidence evidence = new(question.Context);
        string[] found = [.. facts.Where(evidence.Contains)];
        calls.Note("facts", facts.Length);
        calls.Note("invented", facts.Length - found.Length);
        string kept = string.Join('\n', values["drop"] > 0 ? found : facts);
        return await calls.Finish(question.With($"Facts from a text:\n{kept}\n\nUse these facts to answer.\n\n{question.Question}"))
            .ConfigureAwait(false);
    }
}

/// <summary>Finds out whether a text contains a quoted fact.</summary>
/// <remarks>
/// A fact is contained if the text has it after runs of white space became one space, or if a sentence of the text shares at least
/// <see cref="LeastShared"/> of the fact's different words, ignoring case and punctuation around words.
/// </remarks>
/// <param name="text">The text.</param>
sealed class Evidence(string text)
{
    /// <summary>Minimum share of a fact's words.</summary>
    internal const double LeastShared = 0.8;

    readonly string _text = Plain(text);
    readonly List<HashSet<string>> _sentences = [.. TextPieces.Sentences(text).Select(Words)];

    /// <summary>Returns whether the text contains a fact.</summary>
    internal bool Contains(string fact)
    {
        string plain = Plain(fact).Trim('"', '“', '”');
        HashSet<string> words = Words(plain);
        return words.Count > 0
            && (_text.Contains(plain, StringComparison.Ordinal)
                || _sentences.Exists(s => words.Count(s.Contains) >= LeastShared * words.Count));
    }

    static string Plain(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    static HashSet<string> Words(string text) =>
    [
        .. text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(w => new string([.. w.Where(char.IsLetterOrDigit)]).ToLowerInvariant())
            .Where(w => w.Length > 0),
    ];
}
