using System.Text.Json;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.Niah;

/// <summary>Represents the first needle test: one sentence in essays, at each depth, by the original's insertion rule.</summary>
/// <remarks>
/// Version 1. Needles and questions are those of the user's retrieval_head/needles.jsonl, one after the other. The original asks GPT for a
/// mark from 1 to 10; without a judge a response is right when it holds more than half of the needle's words (ROUGE-1 recall, as the
/// retrieval head paper does). Differs further as <see cref="NiahContext"/> says.
/// </remarks>
sealed class NiahOriginal : IGeneratedTask
{
    const string Needles = "retrieval_head/needles.jsonl", Sentence = "real_needle";
    const int StandardSamples = 3;

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = new(
        "niah_original", 1, "The first needle test", "gkamradt/LLMTest_NeedleInAHaystack @7b90d28; arXiv:2404.15574 (score)",
        "more than half of the needle's words", 0)
    {
        Benchmark = "niah",
        Suites = ["long", "paper"],
        IsPerLength = true,
        Data =
        [
            NiahContext.EssayFolder,
            new(Needles, "nightdessert/Retrieval_Head @3ac171a: haystack_for_detect/needles.jsonl; lines of needle, question, real_needle"),
        ],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        NiahContext context = new(setting, Card.Name);
        JsonElement[] needles = [.. setting.Data.ReadJsonLines(Needles)];
        foreach (double depth in setting.Depths)
        {
            for (int i = 0; i < setting.SamplesOr(StandardSamples); i++)
            {
                JsonElement needle = needles[i % needles.Length];
                yield return context.Example(
                    [$"\n{Text(needle, "needle")}\n"], depth, i, Text(needle, "question"), [Text(needle, Sentence)]);
            }
        }
    }

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => setting.Depths.Count * setting.SamplesOr(StandardSamples);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion)
    {
        double percent = NeedleRecall.Percent(example.References[0], completion);
        return new(percent > 50 ? 1 : 0, new Dictionary<string, double> { ["recall"] = percent / 100 });
    }

    static string Text(JsonElement needle, string name) => needle.GetProperty(name).GetString()!;
}
