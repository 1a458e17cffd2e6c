using System.Text.RegularExpressions;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core.Answering;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Core.Ranking;

/// <summary>Asks a language model which of two answers is better, in both orders.</summary>
/// <remarks>The prompt is Farsight's own; the paper's (arXiv:2406.00179) is not public.</remarks>
/// <param name="model">The judge.</param>
public sealed partial class PairJudge(ILanguageModel model)
{
    const int MaxNewTokens = 1024;
    const string Task =
        "Compare two answers to a question. Prefer the answer that is correct, complete and supported; length and style do not count. The "
        + "order of the answers means nothing. Say briefly what decides. Then write [[A]] if answer A is better, [[B]] if answer B is "
        + "better, or [[C]] if they are equally good.";

    readonly ModelCalls _calls = new(model);

    /// <summary>Judges pairs and yields each with its outcome, as soon as it and those before it are judged.</summary>
    /// <returns>The pair, and its outcome or the reason why there is none.</returns>
    /// <exception cref="InputException">The judge fails for a reason that concerns all requests.</exception>
    public IEnumerable<(AnswerPair Pair, PairOutcome? Outcome, string? Failure)> Judge(
        IReadOnlyList<AnswerPair> pairs, CancellationToken cancellationToken)
    {
        CompletionRequest[] requests =
        [
            .. pairs.SelectMany(p => new[] { Request(p, p.First, p.Second), Request(p, p.Second, p.First) }),
        ];
        (double? Result, string? Failure)? forward = null;
        int done = 0;
        foreach ((Completion? completion, Exception? failure) in _calls.SendUntilHopeless(requests, cancellationToken))
        {
            (double? Result, string? Failure) read = completion is null
                ? (null, failure!.Message)
                : (Verdict(Thought.Remove(completion.Text) ?? ""), null);
            if (forward is not { } first)
            {
                forward = read;
                continue;
            }
            AnswerPair pair = pairs[done++];
            forward = null;
            yield return first.Result is { } front && read.Result is { } back
                ? (pair, new(pair.Question, pair.A, pair.B, front, 1 - back), null)
                : (pair, null, first.Failure ?? read.Failure ?? "the verdict has none of [[A]], [[B]] and [[C]]");
        }
    }

    /// <summary>Reads the last verdict: 1 for the answer that is shown first, 0 for the second, 0.5 for a tie; null for none.</summary>
    internal static double? Verdict(string text) => Marked().Matches(text) is { Count: > 0 } all
        ? all[^1].Groups[1].Value switch { "A" => 1, "B" => 0, _ => 0.5 }
        : null;

    static CompletionRequest Request(AnswerPair pair, EvalRecord a, EvalRecord b)
    {
        string[] reference = pair.First.References.Count > 0 ? [$"A right answer:\n{pair.First.References[0]}"] : [];
        string text = string.Join(
            "\n\n", [Task, $"Question:\n{pair.First.Question}", .. reference, $"Answer A:\n{a.Completion}", $"Answer B:\n{b.Completion}"]);
        return new(new Prompt.Chat([new ChatTurn("user", text)]), new GenerationOptions(MaxNewTokens));
    }

    [GeneratedRegex(@"\[\[([ABC])\]\]")]
    private static partial Regex Marked();
}
