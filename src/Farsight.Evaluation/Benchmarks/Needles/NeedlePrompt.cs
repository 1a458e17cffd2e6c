using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Fiction;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.Needles;

/// <summary>Represents a needle sentence and its place.</summary>
/// <param name="Needle">The fact.</param>
/// <param name="Depth">0 before the haystack, 1 after it.</param>
readonly record struct PlacedNeedle(Needle Needle, double Depth);

/// <summary>Represents what one example hides and asks.</summary>
/// <param name="Needles">The hidden needles.</param>
/// <param name="Question">The question.</param>
/// <param name="Answer">The right answer.</param>
/// <param name="Values">The texts that a right answer contains.</param>
sealed record NeedleDraft(IReadOnlyList<PlacedNeedle> Needles, string Question, string Answer, IReadOnlyList<string> Values)
{
    /// <summary>Gets the answer that the room for the completion must hold; null for <see cref="Answer"/>.</summary>
    internal string? LongestAnswer { get; init; }

    /// <summary>Gets a further group of the example; null for none.</summary>
    internal (string Name, string Value)? Group { get; init; }

    /// <summary>Gets a further detail of the example; null for none.</summary>
    internal (string Name, IReadOnlyList<string> Values)? Detail { get; init; }

    /// <summary>Hides one needle and asks for it.</summary>
    internal static NeedleDraft One(Needle needle, double depth) =>
        new([new(needle, depth)], needle.Question, needle.Answer, [needle.Value]);
}

/// <summary>Builds the examples of the needle tasks; each fills the context length exactly.</summary>
/// <remarks>
/// length = first token and markers + haystack + needle sentences + question + room for the completion. The room is the right answer's
/// tokens, its end included, and <see cref="SpareTokens"/> more, so that a wordier answer can still hold the value. A needle stands at the
/// last sentence boundary at or before depth · haystack tokens.
/// </remarks>
static class NeedlePrompt
{
    /// <summary>Names the detail that lists what a right answer contains.</summary>
    internal const string Values = "values";

    /// <summary>Represents the tokens of room beyond the right answer.</summary>
    internal const int SpareTokens = 8;

    const int StandardSamples = 8;

    static readonly string[] s_suites = ["long"];

    /// <summary>Builds one example from its random stream.</summary>
    internal delegate EvalExample ExampleMaker(ref SeededRandom random, string id, double depth, int number);

    /// <summary>Creates the card of a task that is made for a length.</summary>
    internal static EvalTaskCard Card(string name, string title, string source, string metric) =>
        new(name, 1, title, source, metric, 0) { Suites = s_suites, IsPerLength = true };

    /// <summary>Returns the number of examples of a setting.</summary>
    internal static int Count(EvalSetting setting) => setting.Depths.Count * setting.SamplesOr(StandardSamples);

    /// <summary>Yields the examples of a setting. Each has its own random stream, so further depths and samples change no other.</summary>
    internal static IEnumerable<EvalExample> Each(EvalSetting setting, string task, ExampleMaker make)
    {
        foreach (double depth in setting.Depths)
        {
            string cell = string.Create(CultureInfo.InvariantCulture, $"{setting.Length}-{depth:0.####}");
            for (int n = 0; n < setting.SamplesOr(StandardSamples); n++)
            {
                SeededRandom random = SeededRandom.For(setting.Seed, $"{task}/{cell}", n);
                yield return make(ref random, $"{cell}-{n}", depth, n);
            }
        }
    }

    /// <summary>Hides the needles in a cut of the haystack and asks the question.</summary>
    /// <param name="random">The example's stream; advanced.</param>
    /// <param name="setting">The setting with the length.</param>
    /// <param name="task">The task's name, for messages.</param>
    /// <param name="id">The example's id.</param>
    /// <param name="depth">The depth of its group.</param>
    /// <param name="draft">The needles and the question.</param>
    /// <exception cref="InputException">The length is too short for needles, question and answer.</exception>
    internal static EvalExample Build(
        ref SeededRandom random, EvalSetting setting, string task, string id, double depth, NeedleDraft draft)
    {
        IPromptText format = setting.FormatFor(task);
        PromptFrame frame = format.Frame(draft.Question);
        int room = format.Response(draft.LongestAnswer ?? draft.Answer).Length + SpareTokens;
        int[][] sentences = [.. draft.Needles.Select(n => format.Encode(" " + n.Needle.Sentence))];
        int count = setting.Length - frame.Count - room - sentences.Sum(s => s.Length);
        if (count < 0)
        {
            throw new InputException(
                $"A context of {setting.Length} tokens is too short for this task; it needs at least {setting.Length - count}.");
        }

        HaystackCut cut = setting.HaystackFor(task).Cut(ref random, count);
        int[] context = Insert(cut, [.. draft.Needles.Select((n, i) => (cut.BoundaryAt(n.Depth), sentences[i]))]);
        EvalPrompt prompt = Prompt(frame, context, draft.Question, format);
        EvalExample example = Example(setting, id, depth, prompt, draft.Question, draft.Answer, room, draft.Values);
        Dictionary<string, string> groups = new(example.Groups);
        Dictionary<string, IReadOnlyList<string>> details = new(example.Details);
        if (draft.Group is (string group, string value))
        {
            groups[group] = value;
        }
        if (draft.Detail is (string detail, IReadOnlyList<string> values))
        {
            details[detail] = values;
        }
        return example with { Groups = groups, Details = details };
    }

    /// <summary>Creates an example in the groups of its length and depth.</summary>
    internal static EvalExample Example(
        EvalSetting setting, string id, double depth, EvalPrompt prompt, string question, string answer, int room,
        IReadOnlyList<string> values) =>
        new(id, prompt, [answer], room)
        {
            Question = question,
            Groups = new Dictionary<string, string>
            {
                [EvalExample.Length] = setting.Length.ToString(CultureInfo.InvariantCulture),
                [EvalExample.Depth] = depth.ToString("0.####", CultureInfo.InvariantCulture),
            },
            Details = new Dictionary<string, IReadOnlyList<string>> { [Values] = values },
        };

    /// <summary>Puts the context into the model's chat format, and into a message for endpoints.</summary>
    internal static EvalPrompt.Tokens Prompt(PromptFrame frame, int[] context, string question, IPromptText format) =>
        new([.. frame.Before, .. context, .. frame.After])
        {
            Spoken = EvalPrompt.Of($"{format.Decode(context).Trim()}\n\n{question}"),
        };

    /// <summary>Scores 1 for the exact answer; "value" is the share of the values that occur.</summary>
    internal static EvalScore Score(EvalExample example, string completion) => new(
        TextMatch.Exact(completion, example.References),
        new Dictionary<string, double> { ["value"] = TextMatch.ShareFound(completion, example.Details[Values]) });

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
}
