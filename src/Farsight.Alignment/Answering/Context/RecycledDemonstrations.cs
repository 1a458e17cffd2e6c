using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Farsight.Engine.Inference.Context;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Answering.Context;

/// <summary>Shows the model questions and answers that it wrote about paragraphs of the same context.</summary>
/// <remarks>
/// k paragraphs of at least two sentences are drawn; the model writes a question and its answer from each alone. The last prompt has the
/// numbered paragraphs once, the examples with the numbers of their paragraphs as evidence, and the question. The model writes evidence,
/// then the answer, and only the answer is returned. Source: DoubleDipper, arXiv:2406.13632. There another model may write the
/// examples; here it is the answering model, and the prompts are ours. A reply that cannot be read as question and answer gives no example.
/// </remarks>
sealed partial class RecycledDemonstrations(MethodValues values) : PromptingMethod
{
    internal static readonly MethodCard Card = new(
        "recycled-demonstrations", "DoubleDipper", "arXiv:2406.13632",
        [
            new("examples", "Number of examples", 3, 1, 100),
            new("tokens", "Maximum tokens of an example", 128, 1, MethodOption.MaxTokens),
            new("paragraph", "Tokens per paragraph of a context without empty lines", 200, 1, MethodOption.MaxTokens),
            new("seed", "Random seed of the paragraphs", 0, 0, int.MaxValue),
        ]);

    /// <inheritdoc/>
    internal override async Task<Completion> Answer(MethodCalls calls, ContextQuestion question)
    {
        if (question.Context.Length == 0)
        {
            return await calls.Pass().ConfigureAwait(false);
        }
        IReadOnlyList<string> paragraphs = TextPieces.Paragraphs(question.Context, values.Whole("paragraph"), calls.Count);
        StringBuilder prompt = new();
        for (int i = 0; i < paragraphs.Count; i++)
        {
            prompt.Append(CultureInfo.InvariantCulture, $"[{i + 1}] {paragraphs[i]}\n\n");
        }
        prompt.Append("Answer the last question as in the examples: first the numbers of the paragraphs with the evidence, ")
            .Append("then the answer.\n\n");
        foreach (int drawn in Draw(paragraphs))
        {
            string reply = await calls
                .Ask($"example from paragraph {drawn + 1}", Writer(paragraphs[drawn]), values.Whole("tokens"))
                .ConfigureAwait(false);
            if (Example().Match(reply) is { Success: true } example)
            {
                prompt.Append(
                    CultureInfo.InvariantCulture,
                    $"Question: {example.Groups["q"].Value.Trim()}\nEvidence: {drawn + 1}\nAnswer: {example.Groups["a"].Value.Trim()}\n\n");
            }
        }
        return await calls.Finish(question.With($"{prompt}{question.Question}"), AnswerOf).ConfigureAwait(false);
    }

    /// <summary>Returns the text after the evidence: after the first "Answer:"; the whole text without one.</summary>
    internal static string AnswerOf(string reply)
    {
        Match evidence = EvidenceLine().Match(reply);
        return evidence.Success ? reply[evidence.Length..].Trim() : reply;
    }

    /// <summary>Draws paragraphs of at least two sentences, or any if there are none, in random order.</summary>
    List<int> Draw(IReadOnlyList<string> paragraphs)
    {
        List<int> left = [.. Enumerable.Range(0, paragraphs.Count).Where(i => TextPieces.Sentences(paragraphs[i]).Count > 1)];
        left = left.Count > 0 ? left : [.. Enumerable.Range(0, paragraphs.Count)];
        SeededRandom random = SeededRandom.For(values.Whole("seed"), "recycled demonstrations", 0);
        List<int> drawn = [];
        while (drawn.Count < values.Whole("examples") && left.Count > 0)
        {
            int at = random.Next(left.Count);
            drawn.Add(left[at]);
            left.RemoveAt(at);
        }
        return drawn;
    }

    static string Writer(string paragraph) =>
        $"""
        {paragraph}

        Write one question that the paragraph above answers, and its short answer, in this form:
        Question: the question
        Answer: the answer
        """;

    [GeneratedRegex(@"Question:\s*(?<q>.+?)\s*\n\s*Answer:\s*(?<a>.+)", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex Example();

    [GeneratedRegex(@"\A.*?\bAnswer:", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex EvidenceLine();
}
