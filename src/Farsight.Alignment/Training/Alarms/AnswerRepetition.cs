using System.Globalization;

namespace Farsight.Alignment.Training.Alarms;

/// <summary>Raises an alarm if answers start to repeat themselves, as after too many preference updates.</summary>
/// <remarks>
/// Compares the mean <see cref="Repetition"/> of greedy answers with that before training or of the chosen answers, whichever is larger:
/// data may ask for lists, and a base model may loop by itself.
/// </remarks>
/// <param name="remedy">What to change, as a part of a sentence.</param>
public sealed class AnswerRepetition(string remedy)
{
    /// <summary>The alarm's name.</summary>
    public const string Name = "looping";

    /// <summary>How much the share of repeated 4-grams may grow; one answer of three in a loop does it.</summary>
    public const double Margin = 0.3;

    double? _before;
    bool _raised;

    /// <summary>Checks the answers of a step, the first time before training.</summary>
    /// <param name="repetition">Mean over the answers, 0 to 1.</param>
    /// <param name="chosenRepetition">Mean over the chosen answers.</param>
    /// <returns>The finding and what to change, once; else null.</returns>
    public string? See(double repetition, double chosenRepetition)
    {
        double usual = Math.Max(_before ??= repetition, chosenRepetition);
        if (_raised || repetition <= usual + Margin)
        {
            return null;
        }
        _raised = true;
        return string.Create(CultureInfo.InvariantCulture,
            $"answers repeat themselves, {repetition:P0} of their {Repetition.Length}-grams instead of {usual:P0} "
            + $"(samples.jsonl shows them); {remedy}, or use an adapter of an earlier step.");
    }
}
