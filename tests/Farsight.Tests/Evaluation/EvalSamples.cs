using Farsight.Alignment.Documents;
using Farsight.Alignment.Evaluation;

namespace Farsight.Tests.Evaluation;

/// <summary>A small haystack and a plan over it.</summary>
static class EvalSamples
{
    internal static CharacterText Text { get; } = new();

    internal static Haystack Haystack { get; } = Haystack.Of(
        Enumerable.Range(0, 4).Select(d => new SourceDocument($"d{d}", string.Join(' ', Enumerable.Range(0, 60).Select(s => $"Line {s} of book {d} says little.")), [])), Text);

    internal static EvalSetting Setting { get; } = new(ContextTokens: 1200, Depths: [0, 0.5, 1], Samples: 2, Seed: 7, Haystack, Text);

    internal static EvalPlan Plan(params string[] tasks) => new(
        "scripted", [.. tasks.Select(EvalTaskCatalog.Get)], [800, 1200], [0, 1], 2, 7, "lines", Haystack, Text);
}
