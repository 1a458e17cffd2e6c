using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Needles;

/// <summary>One to three needles of one kind and one of another: all of the first kind are asked for, without their keys.</summary>
/// <remarks>
/// Version 1. The first needle is at the cell's depth d, the others at d + (1 − d)·i/3. Right is their sentences in the order of the text;
/// the
/// score is the share of their values that occur. Beside it "exact": the whole answer; "invented": the number of sentences of the
/// answer that hold no value of the text.
/// </remarks>
public sealed class NeedleEntities : IGeneratedTask
{
    const int Most = 3;
    const string InText = "in text";

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        NeedlePrompt.OwnCard("needle/entities", "All needles of a kind, and no others", "share of values found");

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        NeedlePrompt.Each(
            setting,
            Card.Name,
            (ref SeededRandom random, string id, double depth) =>
            {
                NeedleKind kind = random.Pick(NeedleMaker.Kinds);
                NeedleKind another = random.Pick([.. NeedleMaker.Kinds.Where(k => k != kind)]);
                IReadOnlyList<Needle> needles = NeedleMaker.MakeMany(ref random, kind, NeedleSplit.Evaluation, 1 + random.Next(Most));
                HashSet<string> inUse = [.. needles.SelectMany(n => new[] { n.Key, n.Value })];
                Needle other = NeedleMaker.Make(ref random, another, NeedleSplit.Evaluation, inUse);
                PlacedNeedle[] placed =
                [
                    .. needles.Select((n, i) => new PlacedNeedle(n, depth + (1 - depth) * i / Most)),
                    new(other, random.NextDouble()),
                ];
                string[] values = [.. needles.Select(n => n.Value)];
                return NeedlePrompt
                    .Build(
                        ref random,
                        setting,
                        Card.Name,
                        id,
                        depth,
                        placed,
                        NeedleQuestions.List(kind),
                        NeedleQuestions.List(needles),
                        values)
                    .WithDetail(InText, [.. values, other.Value]);
            });

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => NeedlePrompt.Count(setting);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) =>
        new(Metrics.TextMatch.ShareFound(completion, example.Details[NeedlePrompt.Values]), new Dictionary<string, double>
        {
            ["exact"] = Metrics.TextMatch.Exact(completion, example.References),
            ["invented"] = completion.Split('.', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Count(s => Metrics.TextMatch.ShareFound(s, example.Details[InText]) == 0),
        });
}
