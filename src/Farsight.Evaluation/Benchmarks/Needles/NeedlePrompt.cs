using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Fiction;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Needles;

/// <summary>A needle sentence and where it goes.</summary>
/// <param name="Needle">The fact.</param>
/// <param name="Depth">0 before the haystack, 1 after it.</param>
readonly record struct PlacedNeedle(Needle Needle, double Depth);

/// <summary>Builds the examples of the needle tasks: exactly as long as asked for.</summary>
/// <remarks>
/// length = first token and markers + haystack + needle sentences + question + room for the completion. The room is the
/// right answer's tokens, its end included, and <see cref="SpareTokens"/> more, so that a wordier answer can still hold
/// the value. A needle stands at the last sentence boundary at or before depth · haystack tokens.
/// </remarks>
static class NeedlePrompt
{
    /// <summary>The detail that lists what a right answer contains.</summary>
    internal const string Values = "values";

    internal const int SpareTokens = 8;

    const int StandardSamples = 8;

    static readonly string[] s_suites = ["long"];

    internal static EvalTaskCard Card(string name, string title, string source, string metric) =>
        new(name, 1, title, source, metric, 0) { Suites = s_suites, IsPerLength = true };

    /// <summary>The card of a task of our own, which belongs to no suite.</summary>
    internal static EvalTaskCard OwnCard(string name, string title, string metric) =>
        Card(name, title, "our own", metric) with
        {
            Suites = [],
        };

    internal static int Count(EvalSetting setting) => setting.Depths.Count * setting.SamplesOr(StandardSamples);

    /// <summary>
    /// The examples of a setting; each has a random stream of its own, so another depth or sample moves none of the rest.
    /// </summary>
    internal static IEnumerable<EvalExample> Each(EvalSetting setting, string task, ExampleMaker make)
    {
        foreach (double depth in setting.Depths)
        {
            string cell = string.Create(CultureInfo.InvariantCulture, $"{setting.Length}-{depth:0.####}");
            for (int n = 0; n < setting.SamplesOr(StandardSamples); n++)
            {
                SeededRandom random = SeededRandom.For(setting.Seed, $"{task}/{cell}", n);
                yield return make(ref random, $"{cell}-{n}", depth);
            }
        }
    }

    /// <summary>Hides the needles and asks.</summary>
    /// <param name="random">The example's stream; advanced.</param>
    /// <param name="setting">With the length.</param>
    /// <param name="task">For messages.</param>
    /// <param name="id">Of the example.</param>
    /// <param name="depth">Of its group.</param>
    /// <param name="needles">What is hidden.</param>
    /// <param name="question">What is asked.</param>
    /// <param name="answer">The right answer.</param>
    /// <param name="values">What a right answer contains.</param>
    /// <param name="longest">The answer that there must be room for, where that is not the right one.</param>
    /// <exception cref="InputException">The length is too short for needles, question and answer.</exception>
    internal static EvalExample Build(
        ref SeededRandom random, EvalSetting setting, string task, string id, double depth,
        IReadOnlyList<PlacedNeedle> needles, string question, string answer, IReadOnlyList<string> values, string? longest = null)
    {
        IPromptText format = setting.FormatFor(task);
        PromptFrame frame = format.Frame(question);
        int room = format.Response(longest ?? answer).Length + SpareTokens;
        int[][] sentences = [.. needles.Select(n => format.Encode(" " + n.Needle.Sentence))];
        int count = setting.Length - frame.Count - room - sentences.Sum(s => s.Length);
        if (count < 0)
        {
            throw new InputException(
                $"A context of {setting.Length} tokens is too short for this task; it needs at least {setting.Length - count}.");
        }

        HaystackCut cut = setting.HaystackFor(task).Cut(ref random, count);
        int[] context = Insert(cut, [.. needles.Select((n, i) => (cut.BoundaryAt(n.Depth), sentences[i]))]);
        return new(id, Prompt(frame, context, question, format), [answer], room)
        {
            Question = question,
            Groups = new Dictionary<string, string>
            {
                [EvalExample.Length] = setting.Length.ToString(CultureInfo.InvariantCulture),
                [EvalExample.Depth] = depth.ToString("0.####", CultureInfo.InvariantCulture),
            },
            Details = new Dictionary<string, IReadOnlyList<string>> { [Values] = values },
        };
    }

    internal static EvalPrompt.Tokens Prompt(PromptFrame frame, int[] context, string question, IPromptText format) =>
        new([.. frame.Before, .. context, .. frame.After])
        {
            Spoken = EvalPrompt.Of($"{format.Decode(context).Trim()}\n\n{question}"),
        };

    static int[] Insert(HaystackCut cut, (int At, int[] Sentence)[] pieces)
    {
        List<int> context = [];
        int from = 0;
        foreach ((int at, int[] sentence) in pieces.OrderBy(p => p.At)) // stable: needles at one place keep their order
        {
            context.AddRange(cut.Tokens.Skip(from).Take(at - from));
            context.AddRange(sentence);
            from = at;
        }
        context.AddRange(cut.Tokens.Skip(from));
        return [.. context];
    }

    /// <summary>Whole answer exact; beside it "value": every value occurs.</summary>
    internal static EvalScore Score(EvalExample example, string completion) => new(
        Metrics.TextMatch.Exact(completion, example.References),
        new Dictionary<string, double> { ["value"] = Metrics.TextMatch.ShareFound(completion, example.Details[Values]) });

    /// <summary>The needles at random depths, the first of them at the depth that is given.</summary>
    internal static List<PlacedNeedle> Spread(ref SeededRandom random, IReadOnlyList<Needle> needles, double depth)
    {
        List<PlacedNeedle> placed = [new(needles[0], depth)];
        foreach (Needle other in needles.Skip(1))
        {
            placed.Add(new(other, random.NextDouble()));
        }
        return placed;
    }

    /// <summary>The example with another group.</summary>
    internal static EvalExample InGroup(this EvalExample example, string name, string value) =>
        example with { Groups = new Dictionary<string, string>(example.Groups) { [name] = value } };

    /// <summary>The example with further details.</summary>
    internal static EvalExample WithDetail(this EvalExample example, string name, IReadOnlyList<string> values) =>
        example with { Details = new Dictionary<string, IReadOnlyList<string>>(example.Details) { [name] = values } };

    /// <summary>Makes one example from its random stream.</summary>
    internal delegate EvalExample ExampleMaker(ref SeededRandom random, string id, double depth);
}
