using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.LongWriter;

/// <summary>Makes LongWriter samples: a plan with the point and the words of each paragraph, then one request per paragraph.</summary>
/// <remarks>
/// Source: AgentWrite, arXiv:2408.07055, section 3; the prompts are ours. The sample is the instruction and the whole text, without plan.
/// A plan that is too long drops the sample, and so does a paragraph that is empty, does not end or repeats itself. A run that is stopped
/// inside a text begins this text again; an endpoint's cache repeats the paragraphs that were written.
/// </remarks>
sealed partial class LongWriterSamples(SynthesisModel model, LongWriterSettings settings, IReadOnlyList<WritingInstruction> instructions)
    : ISampleSource
{
    readonly WritingInstruction[] _shuffled = Shuffled(instructions, settings.Seed);

    /// <inheritdoc/>
    public async Task<SampleOutcome> MakeSample(SampleTry at, AskModel ask, CancellationToken cancel)
    {
        WritingInstruction instruction = _shuffled[at.Number];
        (string? plan, string? fault) = await Ask(at, ask, "plan", PlanRequest(instruction.Text)).ConfigureAwait(false);
        if (plan is null)
        {
            return Drop(fault!);
        }
        PlannedParagraph[] paragraphs = [.. Read(plan)];
        if (paragraphs.Length == 0 || paragraphs.Length > settings.Paragraphs)
        {
            return Drop(DropReason.PlanUnparsed);
        }
        string whole = string.Join('\n', paragraphs.Select((p, i) => Line(i, p)));
        StringBuilder text = new();
        for (int i = 0; i < paragraphs.Length; i++)
        {
            (string? written, fault) = await Ask(
                at, ask, string.Create(CultureInfo.InvariantCulture, $"paragraph {i}"),
                WriteRequest(instruction.Text, whole, text.ToString(), Line(i, paragraphs[i]))).ConfigureAwait(false);
            fault ??= ResponseReason.Of("chosen", RepetitionLoop.Check(written!));
            if (fault is not null)
            {
                return Drop(fault);
            }
            text.Append(i == 0 ? "" : "\n\n").Append(written);
        }
        SampleProvenance provenance = new(
            [instruction.Document], settings.Seed, at.Number, new([], []),
            new(settings.Generator, settings.Temperature, settings.MaxNewTokens), Question: QuestionOrigin.Document,
            Try: at.Try > 0 ? at.Try : null);
        return new(
            null,
            new(
                string.Create(CultureInfo.InvariantCulture, $"longwriter-{settings.Seed}-{at.Number}"), [], instruction.Text,
                text.ToString(), [], provenance, instruction.Text),
            null,
            []);
    }

    /// <summary>Reads the lines of a plan: number, main point, words.</summary>
    internal static IEnumerable<PlannedParagraph> Read(string plan) => PlanLine().Matches(plan).Select(m => new PlannedParagraph(
        m.Groups[1].Value.Trim(),
        int.Parse(m.Groups[2].Value.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture)));

    static WritingInstruction[] Shuffled(IReadOnlyList<WritingInstruction> instructions, int seed)
    {
        WritingInstruction[] all = [.. instructions];
        SeededRandom.For(seed, "synth longwriter/instructions", 0).Shuffle<WritingInstruction>(all);
        return all;
    }

    async Task<(string? Reply, string? Fault)> Ask(SampleTry at, AskModel ask, string purpose, string request)
    {
        if (model.Format.Prompt([], request).Length + settings.MaxNewTokens > model.Window)
        {
            return (null, DropReason.PromptTooLong);
        }
        string? reply = (await ask([new(
            [], request, settings.MaxNewTokens, settings.Temperature, at.Random(settings.Seed, $"synth longwriter/{purpose}"))])
            .ConfigureAwait(false))[0];
        return reply is null ? (null, DropReason.ChosenNoEnd)
            : reply.Length == 0 ? (null, DropReason.ChosenEmpty)
            : (reply, null);
    }

    static SampleOutcome Drop(string reason) => new(null, null, reason, []);

    static string Line(int i, PlannedParagraph paragraph) =>
        string.Create(CultureInfo.InvariantCulture, $"{i + 1} | {paragraph.Point} | {paragraph.Words} words");

    static string PlanRequest(string instruction) =>
        $"Writing instruction:\n{instruction}\n\nDivide the text into paragraphs. Write one line per paragraph and nothing else, in this "
        + "form: number | main point | words. Give each paragraph 200 to 1000 words, and as many words together as the instruction asks "
        + "for. Do not divide too finely.";

    static string WriteRequest(string instruction, string plan, string soFar, string line) =>
        $"Writing instruction:\n{instruction}\n\nPlan:\n{plan}\n\nText so far:\n{soFar}\n\nWrite the next paragraph, and only this one: "
        + $"{line}\nDo not repeat the text so far. Write no summary or closing words unless the plan asks for them.";

    [GeneratedRegex(@"^\W*(?:paragraph\s*)?\d+[\s|.):*]+(.+?)\s*\|\s*(\d[\d,]{0,6})\b", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex PlanLine();
}

/// <summary>Represents a writing instruction.</summary>
/// <param name="Document">Name of the document that contains it.</param>
/// <param name="Text">The instruction.</param>
sealed record WritingInstruction(string Document, string Text);

/// <summary>Represents a paragraph of a plan.</summary>
/// <param name="Point">The main point.</param>
/// <param name="Words">Number of words.</param>
sealed record PlannedParagraph(string Point, int Words);
