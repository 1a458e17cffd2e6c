using System.Globalization;
using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Needles;

/// <summary>
/// Three needles of one kind; every second question asks for a fourth, which is not in the text. Then the right answer is
/// <see cref="NeedleQuestions.Refusal"/>.
/// </summary>
/// <remarks>
/// Version 1. Of both halves, every second example has near keys. Right is the whole answer; the words of the refusal are those that
/// <c>synth contrast</c> teaches, and a model that was not taught them gets no more than half. Beside it, as shares of all examples:
/// "false refusals", refusals of what is in the text, and "hallucinations", anything but the refusal where it is not. The group "asked"
/// tells the halves apart.
/// </remarks>
public sealed class NeedleUnanswerable : IGeneratedTask
{
    const int Needles = 4;
    const string Asked = "asked", Absent = "absent", Present = "present";
    static readonly string[] s_refusal = [NeedleQuestions.Refusal];

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        NeedlePrompt.OwnCard("needle/unanswerable", "A needle that may not be there", "right answer or right refusal");

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        NeedlePrompt.Each(
            setting,
            Card.Name,
            (ref SeededRandom random, string id, double depth) => Example(ref random, setting, id, depth));

    EvalExample Example(ref SeededRandom random, EvalSetting setting, string id, double depth)
    {
        int number = int.Parse(id.AsSpan(id.LastIndexOf('-') + 1), CultureInfo.InvariantCulture);
        (bool isAbsent, bool isNear) = (number % 2 == 1, number / 2 % 2 == 1);
        NeedleKind kind = random.Pick(NeedleMaker.Kinds);
        IReadOnlyList<Needle> needles = isNear
            ? NearNeedles.Make(ref random, kind, NeedleSplit.Evaluation, Needles)
            : NeedleMaker.MakeMany(ref random, kind, NeedleSplit.Evaluation, Needles);
        Needle asked = needles[0];
        List<PlacedNeedle> placed = NeedlePrompt.Spread(ref random, [.. needles.Skip(isAbsent ? 1 : 0).Take(Needles - 1)], depth);
        string right = isAbsent ? NeedleQuestions.Refusal : asked.Answer;
        return NeedlePrompt
            .Build(ref random, setting, Card.Name, id, depth, placed, asked.Question, right, [isAbsent ? right : asked.Value], asked.Answer)
            .InGroup(Asked, isAbsent ? Absent : Present);
    }

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => NeedlePrompt.Count(setting);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion)
    {
        bool isAbsent = example.Group(Asked) == Absent, isRefusal = Metrics.TextMatch.Exact(completion, s_refusal) == 1;
        return new(Metrics.TextMatch.Exact(completion, example.References), new Dictionary<string, double>
        {
            ["false refusals"] = !isAbsent && isRefusal ? 1 : 0,
            ["hallucinations"] = isAbsent && !isRefusal ? 1 : 0,
        });
    }
}
