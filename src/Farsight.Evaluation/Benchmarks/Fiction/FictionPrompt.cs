using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Fiction;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Benchmarks.Needles;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.Fiction;

/// <summary>A question that could be asked, and the tokens of the document that must be there and lie at the depth.</summary>
/// <param name="Ask">The question.</param>
/// <param name="Start">First token of what lies at the depth.</param>
/// <param name="End">Token after it.</param>
/// <param name="Other">A fact that the window must hold as well; null for nothing.</param>
readonly record struct FictionCandidate(FictionQuery Ask, int Start, int End, StatedFact? Other = null);

/// <summary>
/// Builds the examples of the tasks on invented documents: consecutive text of one document, exactly as long as asked for.
/// </summary>
/// <remarks>
/// length = first token and markers + text + question + room for the completion, with the room of the needle tasks. The text is the
/// window of the document in which what is asked for lies at the depth, to the token; its first and last sentence may be cut.
/// Documents are of a collection that no command writes, and are the same at every depth. Most facts are told in a sentence of
/// their own form among others of the same form about other things, so the name in the question must be read.
/// </remarks>
static class FictionPrompt
{
    // Apart from the collections of training, which are small numbers, and from those of demo and haystacks.
    const int Collection = 1_500_000_000;

    const int Documents = 16, MoreTokens = 2048;

    internal static EvalTaskCard Card(string name, string title, string metric) =>
        NeedlePrompt.Card(
            name,
            title,
            "Farsight's generator of documents; after the question answering and summaries of arXiv:2308.14508",
            metric
        ) with
        {
            Chance = null,
        };

    /// <summary>The examples of a setting: the first of the task's candidates that fits, in an order drawn for each example.</summary>
    /// <exception cref="InputException">The length is too short.</exception>
    internal static IEnumerable<EvalExample> Each(EvalSetting setting, string task, CandidateMaker candidates)
    {
        IPromptText format = setting.FormatFor(task);
        Dictionary<int, FictionText> texts = [];
        return NeedlePrompt.Each(setting, task, (ref SeededRandom random, string id, double depth) =>
        {
            int index = random.Next(Documents);
            if (!texts.TryGetValue(index, out FictionText? text))
            {
                texts[index] = text = FictionText.Of(unchecked(Collection + setting.Seed), index, 2 * setting.Length + MoreTokens, format);
            }
            return Build(setting, format, id, depth, text, candidates(ref random, text, setting.Length));
        });
    }

    /// <summary>The share of the values that occur; beside it "all" of them and "exact", the whole answer word for word.</summary>
    internal static EvalScore Score(EvalExample example, string completion)
    {
        double share = TextMatch.ShareFound(completion, example.Details[NeedlePrompt.Values]);
        return new(share, new Dictionary<string, double>
        {
            ["all"] = share == 1 ? 1 : 0,
            ["exact"] = TextMatch.Exact(completion, example.References),
        });
    }

    static EvalExample Build(
        EvalSetting setting, IPromptText format, string id, double depth, FictionText text, IEnumerable<FictionCandidate> candidates)
    {
        int least = int.MaxValue;
        foreach (FictionCandidate candidate in candidates)
        {
            FictionQuery ask = candidate.Ask;
            PromptFrame frame = format.Frame(ask.Question);
            int room = format.Response(ask.Answer).Length + NeedlePrompt.SpareTokens, count = setting.Length - frame.Count - room;
            least = Math.Min(least, frame.Count + room + candidate.End - candidate.Start);
            int start = StartOf(candidate, depth, count);
            if (
                count >= candidate.End - candidate.Start
                && start >= 0
                && start + count <= text.Tokens.Length
                && Holds(candidate.Other, start, count))
            {
                return Example(setting, format, id, depth, ask, frame, text.Tokens[start..(start + count)], room);
            }
        }
        throw new InputException(least > setting.Length
            ? $"A context of {setting.Length} tokens is too short for this task; it needs at least {least}."
            : $"A context of {setting.Length} tokens is too short for this task; use a longer one.");
    }

    // The small addend keeps 0.3 · 10 from being 2.999….
    static int StartOf(FictionCandidate candidate, double depth, int count) =>
        candidate.Start - (int)(depth * (count - (candidate.End - candidate.Start)) + 1e-6);

    static bool Holds(StatedFact? fact, int start, int count) => fact is not { } f || (f.Start >= start && f.End <= start + count);

    static EvalExample Example(
        EvalSetting setting, IPromptText format, string id, double depth, FictionQuery ask, PromptFrame frame, int[] context, int room) =>
        new(id, NeedlePrompt.Prompt(frame, context, ask.Question, format), [ask.Answer], room)
        {
            Question = ask.Question,
            Groups = new Dictionary<string, string>
            {
                [EvalExample.Length] = setting.Length.ToString(CultureInfo.InvariantCulture),
                [EvalExample.Depth] = depth.ToString("0.####", CultureInfo.InvariantCulture),
            },
            Details = new Dictionary<string, IReadOnlyList<string>> { [NeedlePrompt.Values] = [.. ask.Facts.Select(f => f.Value)] },
        };

    /// <summary>Yields a document's questions in a drawn order; lazily, because mostly the first one fits.</summary>
    internal delegate IEnumerable<FictionCandidate> CandidateMaker(ref SeededRandom random, FictionText text, int length);
}
