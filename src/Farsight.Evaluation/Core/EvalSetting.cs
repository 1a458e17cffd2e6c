using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Evaluation.Core;

/// <summary>What examples are made from.</summary>
/// <param name="Length">Context tokens of a task that is made for a length: prompt and room for the completion together.</param>
/// <param name="Seed">Of everything drawn.</param>
public sealed record EvalSetting(int Length, int Seed)
{
    IReadOnlyList<int>? _lengths;

    /// <summary>All lengths of the evaluation, ascending.</summary>
    public IReadOnlyList<int> Lengths
    {
        get => _lengths ?? [Length];
        init => _lengths = value;
    }

    /// <summary>Examples that a task which makes its own makes for each cell; null for the task's own number.</summary>
    public int? Samples { get; init; }

    /// <summary>Where needles go: 0 before the haystack, 1 after it.</summary>
    public IReadOnlyList<double> Depths { get; init; } = EvenDepths(5);

    /// <summary>The user's data folder.</summary>
    public EvalData Data { get; init; } = EvalData.None;

    /// <summary>Text that hides needles; null where there is none. Tasks take it from <see cref="HaystackFor"/>.</summary>
    public Haystack? Haystack { get; init; }

    /// <summary>The model's own tokenizer; null where an endpoint's is not known. Tasks take it from <see cref="TokensFor"/>.</summary>
    public ITextTokens? Tokens { get; init; }

    /// <summary>The model's own chat format in tokens; null where there is none. Tasks take it from <see cref="FormatFor"/>.</summary>
    public IPromptText? Format { get; init; }

    /// <summary>Examples for each cell, when the task itself would make so many.</summary>
    public int SamplesOr(int standard) => Samples ?? standard;

    /// <summary>The haystack.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public Haystack HaystackFor(string task) =>
        Haystack
        ?? throw new InputException(
            $"{task} hides its needles in text of an exact number of tokens, for which the tokenizer is needed; give --tokenizer.");

    /// <summary>The tokenizer.</summary>
    /// <exception cref="InputException">It is not known.</exception>
    public ITextTokens TokensFor(string task) =>
        Tokens
        ?? throw new InputException(
            $"{task} makes prompts of a number of tokens, so it needs the model's tokenizer; give --tokenizer with a directory that has its tokenizer.json."
        );

    /// <summary>The chat format.</summary>
    /// <exception cref="InputException">The model has none.</exception>
    public IPromptText FormatFor(string task) =>
        Format
        ?? throw new InputException(
            $"{task} is asked in the model's chat format, which is not known; use a model with a chat template, or give --tokenizer with a directory that has one."
        );

    /// <summary>Depths at equal distances from 0 to 1; a single one is in the middle.</summary>
    public static double[] EvenDepths(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return count == 1 ? [0.5] : [.. Enumerable.Range(0, count).Select(i => (double)i / (count - 1))];
    }
}
