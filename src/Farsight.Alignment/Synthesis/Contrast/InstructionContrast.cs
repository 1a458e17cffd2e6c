using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.Contrast;

/// <summary>
/// The question wants one of several forms: chosen the right answer in this form, rejected what the model says, and the right answer in
/// another form.
/// </summary>
sealed class InstructionContrast : IContrast
{
    /// <inheritdoc/>
    public ContrastDraft Draw(int turn, ContrastContexts contexts, ref SeededRandom random)
    {
        NeedleKind kind = IContrast.Kind(ref random);
        int count = 1 + random.Next(2);
        IReadOnlyList<Needle> needles = contexts.Needles(
            ref random, (ref SeededRandom r) => NeedleMaker.MakeMany(ref r, kind, NeedleSplit.Training, count));
        ContrastContext context = contexts.Place(needles, ref random);
        PlacedFact asked = context.Facts.Single(f => f.Needle == needles[0]);
        NeedleForm form = NeedleForm.All[turn % NeedleForm.All.Count];
        NeedleForm[] others = [.. NeedleForm.All.Skip(1).Where(f => f != form)];
        random.Shuffle<NeedleForm>(others);
        NeedleForm usual = form == NeedleForm.All[0] ? others[1] : NeedleForm.All[0];
        RejectedPlan disobeyed = new(usual.Answer(asked.Needle))
        {
            Seen = form == NeedleForm.All[0] ? null : contexts.View(context, [asked], ref random),
            Use = text => text.Contains(asked.Needle.Value, StringComparison.Ordinal) ? text : null,
        };
        return new(
            context,
            form.Question(asked.Needle),
            form.Answer(asked.Needle),
            [asked],
            [disobeyed, new(others[0].Answer(asked.Needle))]);
    }
}
