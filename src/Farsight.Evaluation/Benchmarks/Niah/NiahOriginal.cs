using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Niah;

/// <summary>Represents the first needle test: one sentence in essays, at each depth, by the original's insertion rule.</summary>
/// <remarks>
/// Version 1. Needles and questions are those of the user's retrieval_head/needles.jsonl, one after the other. The original asks GPT for a
/// mark from 1 to 10; without a judge a response is right when it holds more than half of the needle's words (ROUGE-1 recall, as the
/// retrieval head paper does). Differs further as <see cref="NiahContext"/> says.
/// </remarks>
sealed class NiahOriginal : IGeneratedTask
{
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
            OriginalNeedle.File,
        ],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        NiahContext context = new(setting, Card.Name);
        OriginalNeedle[] needles = OriginalNeedle.Read(setting.Data);
        foreach (double depth in setting.Depths)
        {
            for (int i = 0; i < setting.SamplesOr(StandardSamples); i++)
            {
                OriginalNeedle needle = needles[i % needles.Length];
                yield return context.Example([$"\n{needle.Hidden}\n"], depth, i, needle.Question, [needle.Gold]);
            }
        }
    }

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => setting.Depths.Count * setting.SamplesOr(StandardSamples);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion)
    {
        double percent = OriginalNeedle.Recall(example.References[0], completion);
        return new(percent > 50 ? 1 : 0, new Dictionary<string, double> { ["recall"] = percent / 100 });
    }
}
