namespace Farsight.Evaluation.Benchmarks.Ruler;

/// <summary>
/// Draws one kind of RULER's samples of a given size. Has a random state that goes on from draft to draft, as the original's does.
/// </summary>
interface IRulerGenerator
{
    /// <summary>Samples that the data give; int.MaxValue where they are invented.</summary>
    int Available { get; }

    /// <summary>The smallest size, and the step between sizes.</summary>
    int Increment { get; }

    /// <summary>Above it sizes make no difference, in the paper's edition.</summary>
    int LargestSize { get; }

    /// <summary>Draws a sample of <paramref name="size"/> words, sentences, needles or documents.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is too small for what has to go in.</exception>
    RulerDraft Draw(int sample, int size);

    /// <summary>The answers as the paper's edition counts them while it looks for a size.</summary>
    string CountedAnswers(IReadOnlyList<string> outputs);
}

/// <summary>A sample before its length is known.</summary>
readonly record struct RulerDraft(string Input, string AnswerPrefix, IReadOnlyList<string> Outputs)
{
    internal string Text => Input + AnswerPrefix;
}
