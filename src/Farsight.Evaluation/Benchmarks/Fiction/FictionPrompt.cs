using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Fiction;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Benchmarks.Needles;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.Fiction;

/// <summary>Represents a possible question, and the tokens of the document that must be present and lie at the depth.</summary>
/// <param name="Ask">The question.</param>
/// <param name="Start">First token of what lies at the depth.</param>
/// <param name="End">Token after it.</param>
/// <param name="Other">A fact that the window must hold as well; null for nothing.</param>
readonly record struct FictionCandidate(FictionQuery Ask, int Start, int End, StatedFact? Other = null);

/// <summary>
/// Builds the examples of the tasks on generated documents: consecutive text of one document that fills the length exactly.
/// </summary>
/// <remarks>
/// length = first token and markers + text + question + room for the completion, with the room of the needle tasks. The text is the window
/// of the document in which what is asked for lies at the depth, to the token; its first and last sentence may be cut. Documents are of a
/// collection that no command writes, and are the same at every depth. The usual fact is in a sentence of their own form among others of
/// the same form about other things, so the name in the question must be read.
/// </remarks>
static class FictionPrompt
{
    // Apart from the collections of training, which are small numbers, and from those of demo and haystacks.
    const int Collection = 1_500_000_000;

    const int Documents = 16, MoreTokens = 2048;

    /// <summary>Yields the questions of a document in a drawn order, lazily, because the first one usually fits.</summary>
    internal delegate IEnumerable<FictionCandidate> CandidateMaker(ref SeededRandom random, FictionText text, int length);

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

    /// <summary>Yields the examples of a setting: the first candidate that fits, in an order drawn per example.</summary>
    /// <exception cref="InputException">The length is too short.</exception>
    internal static IEnumerable<EvalExample> Each(EvalSetting setting, string task, CandidateMaker candidates)
    {
        IPromptText format = setting.FormatFor(task);
        Dictionary<int, FictionText> texts = [];
        return NeedlePrompt.Each(setting, task, (ref SeededRandom random, string id, double depth, int number) =>
        {
            int index = random.Next(Documents);
            if (!texts.TryGetValue(index, out FictionText? text))
            {
                texts[index] = text = FictionText.Of(unchecked(Collection + setting.Seed), index, 2 * setting.Length + MoreTokens, format);
            }
            return Build(setting, format, id, depth, text, candidates(ref random, text, setting.Length)) with
            {
                Group = index.ToString(CultureInfo.InvariantCulture),
            };
        });
    }

    /// <summary>
    /// Scores the share of the values that occur. "all" is 1 when every value occurs, "exact" when the whole answer matches.
    /// </summary>
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
                EvalPrompt prompt = NeedlePrompt.Prompt(frame, text.Tokens[start..(start + count)], ask.Question, format);
                string[] values = [.. ask.Facts.Select(f => f.Value)];
                return NeedlePrompt.Example(setting, id, depth, prompt, ask.Question, ask.Answer, room, values);
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
}
