using Farsight.Alignment.Answering;
using Farsight.Alignment.Corpus;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Tests.Evaluation.Core;

/// <summary>A small haystack, a plan over it, and a scripted model.</summary>
static class EvalSamples
{
    internal static CharacterText Text { get; } = new();

    internal static Haystack Haystack { get; } = HaystackOf(documents: 6);

    internal static Haystack HaystackOf(int documents) =>
        Haystack.Of(
            Enumerable
                .Range(0, documents)
                .Select(d => new SourceDocument(
                    $"d{d}",
                    string.Join(' ', Enumerable.Range(0, 60).Select(s => $"Line {s} of book {d} says little.")),
                    [])),
            Text);

    internal static EvalSetting Setting { get; } = new(Length: 1200, Seed: 7)
    {
        Depths = [0, 0.5, 1],
        Samples = 2,
        Haystack = Haystack,
        Tokens = Text,
        Format = Text,
    };

    internal static EvalPlan Plan(params string[] tasks) => new(
        "scripted", [.. tasks.Select(EvalTaskCatalog.Get)], [800, 1200], "lines", Setting with { Depths = [0, 1] });

    internal static EvalRunner Runner(Func<CompletionRequest, string> answer, Func<int, double> nats) =>
        Runner(new ScriptedCompleter(answer) { Nats = nats });

    internal static EvalRunner Runner(ScriptedCompleter model) =>
        new(model, new PromptMaker(Text, Text, new(Window: 100_000)), new(Examples: 2));
}
