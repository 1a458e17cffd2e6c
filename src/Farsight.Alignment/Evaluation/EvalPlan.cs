using Farsight.Alignment.Evaluation.Metrics;
using Farsight.Alignment.Generation;

namespace Farsight.Alignment.Evaluation;

/// <summary>Everything that decides an evaluation's numbers, apart from the model.</summary>
/// <param name="Model">What is measured, by a name that tells it from others: "tiny + logo". Never an absolute path.</param>
/// <param name="Tasks">Run one after the other.</param>
/// <param name="Lengths">Context lengths in tokens.</param>
/// <param name="Depths">See <see cref="EvalSetting.Depths"/>.</param>
/// <param name="Samples">Examples for each length and depth.</param>
/// <param name="Seed">Of everything drawn.</param>
/// <param name="HaystackName">Which documents these are, for the report.</param>
/// <param name="Haystack">The text that hides the needles.</param>
/// <param name="Text">The model's tokenizer and chat format.</param>
/// <param name="Perplexity">Also measured, at those lengths that leave its windows a context; null for not at all.</param>
public sealed record EvalPlan(
    string Model, IReadOnlyList<IEvalTask> Tasks, IReadOnlyList<int> Lengths, IReadOnlyList<double> Depths, int Samples, int Seed,
    string HaystackName, Haystack Haystack, IPromptText Text, PerplexitySetting? Perplexity = null)
{
    /// <summary>The setting of one length.</summary>
    public EvalSetting At(int length) => new(length, Depths, Samples, Seed, Haystack, Text);
}

/// <summary>How far an evaluation is.</summary>
/// <param name="Task">Its name, or "perplexity".</param>
/// <param name="Length">Context tokens of the example at hand.</param>
/// <param name="Done">Examples or windows done, over all tasks and lengths; kept ones count.</param>
/// <param name="Total">All of them.</param>
public readonly record struct EvalProgress(string Task, int Length, int Done, int Total);
