using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Needles;

/// <summary>
/// One needle at a known depth, and the form in which to answer: the value only, with a label, name and value, twice, or nothing said.
/// </summary>
/// <remarks>
/// Version 1. Right is the whole answer in the form that is asked for (<see cref="NeedleForm"/>, the forms that <c>synth contrast</c>
/// teaches); beside it
/// "value": the value occurs. The group "form" tells which. A model that always answers with the sentence is right in one of five.
/// </remarks>
public sealed class NeedleInstructions : IGeneratedTask
{
    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        NeedlePrompt.OwnCard("needle/instructions", "One needle, and a form to answer in", "whole answer exact");

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        NeedlePrompt.Each(setting, Card.Name, (ref SeededRandom random, string id, double depth) =>
        {
            NeedleForm form = random.Pick(NeedleForm.All);
            Needle needle = NeedleMaker.Make(ref random, random.Pick(NeedleMaker.Kinds), NeedleSplit.Evaluation, new HashSet<string>());
            return NeedlePrompt.Build(
                ref random, setting, Card.Name, id, depth, [new(needle, depth)], form.Question(needle), form.Answer(needle), [needle.Value],
                NeedleForm.All[^1].Answer(needle)).InGroup("form", form.Name);
        });

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => NeedlePrompt.Count(setting);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => NeedlePrompt.Score(example, completion);
}
