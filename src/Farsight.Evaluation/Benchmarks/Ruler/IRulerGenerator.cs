namespace Farsight.Evaluation.Benchmarks.Ruler;

/// <summary>
/// Draws one kind of RULER's samples in a given size. Its random state continues from draft to draft, as the original's does.
/// </summary>
interface IRulerGenerator
{
    /// <summary>Gets the number of samples that the data provide; int.MaxValue for invented ones.</summary>
    int Available { get; }

    /// <summary>Gets the smallest size, which is also the step between sizes.</summary>
    int Increment { get; }

    /// <summary>Gets the size above which sizes make no difference in the paper's edition.</summary>
    int LargestSize { get; }

    /// <summary>Draws a sample of <paramref name="size"/> words, sentences, needles or documents.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is too small for the needles.</exception>
    RulerDraft Draw(int sample, int size);

    /// <summary>Returns the answers in the form in which the paper's edition counts them while it searches for a size.</summary>
    string CountedAnswers(IReadOnlyList<string> outputs);
}

/// <summary>Represents a sample before its length is known.</summary>
readonly record struct RulerDraft(string Input, string AnswerPrefix, IReadOnlyList<string> Outputs)
{
    internal string Text => Input + AnswerPrefix;
}
