using System.Security.Cryptography;
using System.Text;

namespace Farsight.Evaluation.Core;

/// <summary>Represents what a task asks: a prompt, how it is answered, and the right answers.</summary>
/// <param name="Id">Unique in the task over all lengths, and the same in every run: "1024-0.25-3".</param>
/// <param name="Prompt">The prompt.</param>
/// <param name="References">The right answers; the task decides whether several mean any or all.</param>
/// <param name="MaxNewTokens">Maximum number of new tokens; 0 for tasks that generate nothing.</param>
public sealed record EvalExample(string Id, EvalPrompt Prompt, IReadOnlyList<string> References, int MaxNewTokens)
{
    /// <summary>The name of the group that holds the context length in tokens.</summary>
    public const string Length = "length";

    /// <summary>The name of the group that holds the depth of the needle, 0 to 1.</summary>
    public const string Depth = "depth";

    /// <summary>The name of the group that says whether the official data were read: "official" or "substitute".</summary>
    public const string Data = "data";

    /// <summary>The question in short, for reports.</summary>
    public string Question { get; init; } = "";

    /// <summary>
    /// Groups of the results: "length" → "4096", "depth" → "0.5", "subject" → "anatomy". The same names for every example of a task.
    /// </summary>
    public IReadOnlyDictionary<string, string> Groups { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// The document that several examples ask about, by any name; null where an example has its own. Answers about one document depend on
    /// each other, so intervals treat the document as the unit.
    /// </summary>
    public string? Group { get; init; }

    /// <summary>The texts that an <see cref="IChoiceTask"/> compares.</summary>
    public IReadOnlyList<EvalChoice> Choices { get; init; } = [];

    /// <summary>Texts that end a completion; they are no part of it.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>
    /// Number of new tokens before which nothing ends the completion; a stop text at its beginning does not count then.
    /// </summary>
    public int MinNewTokens { get; init; }

    /// <summary>Further input of the scoring: all classes, the labels of a question.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Details { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>
    /// Token ids of the right answer that the model reads in place of writing one (teacher forcing), for tasks that observe it; null
    /// elsewhere.
    /// </summary>
    public IReadOnlyList<int>? GivenAnswer { get; init; }

    /// <summary>Sampling temperature; 0 always takes the most likely token.</summary>
    public float Temperature { get; init; }

    /// <summary>Samples among the most likely tokens that hold this share of the probability.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Returns the value of one of the <see cref="Groups"/>, or null.</summary>
    internal string? ValueOf(string group) => Groups.TryGetValue(group, out string? value) ? value : null;

    /// <summary>Returns a name for a document whose examples do not say which one it is: the beginning of the text's SHA-256.</summary>
    internal static string GroupOf(string document) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(document)).AsSpan(0, 6));
}

/// <summary>Represents a text whose probability after a prompt is scored.</summary>
/// <param name="Text">The continuation, with its leading space; it is encoded by itself, as text that continues another.</param>
public sealed record EvalChoice(string Text)
{
    /// <summary>The prompt before this choice where each has its own (Winogrande); null for the example's.</summary>
    public EvalPrompt? Prompt { get; init; }

    /// <summary>Exact ids instead of the text (perplexity); null for the text's.</summary>
    public IReadOnlyList<int>? Tokens { get; init; }
}
