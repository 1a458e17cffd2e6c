using System.Numerics.Tensors;

namespace Farsight.Alignment.Training;

/// <summary>Collects the samples of a step, to report which of them gave a number that is not finite.</summary>
sealed class StepSamples
{
    // A step may have a hundred, and the message is to stay one sentence.
    const int MostNamed = 8;

    readonly List<string> _all = [], _notFinite = [];

    /// <summary>
    /// " with the samples a, b, c (in the log-probabilities of b)", the first of them where there are many, or nothing where samples have
    /// no names.
    /// </summary>
    internal string Described =>
        _all.Count == 0
            ? ""
            : $" with the samples {Named(_all)}"
                + (_notFinite.Count > 0 && _notFinite.Count < _all.Count ? $" (in the log-probabilities of {Named(_notFinite)})" : "");

    /// <summary>Adds those of a pass.</summary>
    /// <param name="ids">Their ids.</param>
    /// <param name="logProbs">[Scored] of the pass.</param>
    /// <param name="dLogProbs">[Scored] what the loss gave back.</param>
    internal void Add(IReadOnlyList<string> ids, ReadOnlySpan<float> logProbs, ReadOnlySpan<float> dLogProbs)
    {
        _all.AddRange(ids);
        if (!TensorPrimitives.IsFiniteAll(logProbs) || !TensorPrimitives.IsFiniteAll(dLogProbs))
        {
            _notFinite.AddRange(ids);
        }
    }

    static string Named(List<string> ids) =>
        ids.Count <= MostNamed ? string.Join(", ", ids) : $"{string.Join(", ", ids.Take(MostNamed))} and {ids.Count - MostNamed} more";
}
