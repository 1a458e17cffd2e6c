using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Evaluation.Core;

/// <summary>Holds the inputs that examples are made from.</summary>
/// <param name="Length">Context tokens of a task that is made for a length: prompt and room for the completion together.</param>
/// <param name="Seed">Seed of all random choices.</param>
public sealed record EvalSetting(int Length, int Seed)
{
    IReadOnlyList<int>? _lengths;

    /// <summary>All lengths of the evaluation, ascending.</summary>
    public IReadOnlyList<int> Lengths
    {
        get => _lengths ?? [Length];
        init => _lengths = value;
    }

    /// <summary>Examples per cell of a task that generates its own; null for the task's own number.</summary>
    public int? Samples { get; init; }

    /// <summary>Needle depths: 0 is before the haystack, 1 after it.</summary>
    public IReadOnlyList<double> Depths { get; init; } = EvenDepths(5);

    /// <summary>The user's data folder.</summary>
    public EvalData Data { get; init; } = EvalData.None;

    /// <summary>Text that hides needles; null where there is none. Tasks take it from <see cref="HaystackFor"/>.</summary>
    public Haystack? Haystack { get; init; }

    /// <summary>The model's own tokenizer; null where an endpoint's is not known. Tasks take it from <see cref="TokensFor"/>.</summary>
    public ITextTokens? Tokens { get; init; }

    /// <summary>The model's own chat format in tokens; null where there is none. Tasks take it from <see cref="FormatFor"/>.</summary>
    public IPromptText? Format { get; init; }

    /// <summary>Returns the number of examples per cell, given the task's own number.</summary>
    public int SamplesOr(int standard) => Samples ?? standard;

    /// <summary>Returns the haystack.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public Haystack HaystackFor(string task) =>
        Haystack
        ?? throw new InputException(
            $"{task} hides its needles in text of an exact number of tokens and requires the model's tokenizer; "
                + "give the tokenizer's directory.");

    /// <summary>Returns the tokenizer.</summary>
    /// <exception cref="InputException">It is not known.</exception>
    public ITextTokens TokensFor(string task) =>
        Tokens
        ?? throw new InputException(
            $"{task} makes prompts of a given number of tokens and requires the model's tokenizer; "
                + "give a tokenizer directory that has tokenizer.json."
        );

    /// <summary>Returns the chat format.</summary>
    /// <exception cref="InputException">The model has none.</exception>
    public IPromptText FormatFor(string task) =>
        Format
        ?? throw new InputException(
            $"{task} uses the model's chat format, which is not known; use a model with a chat template, "
                + "or give a tokenizer directory that has one."
        );

    /// <summary>Returns depths at equal distances from 0 to 1; a single one is in the middle.</summary>
    internal static double[] EvenDepths(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return count == 1 ? [0.5] : [.. Enumerable.Range(0, count).Select(i => (double)i / (count - 1))];
    }
}
