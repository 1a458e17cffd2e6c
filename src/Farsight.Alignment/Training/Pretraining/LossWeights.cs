namespace Farsight.Alignment.Training.Pretraining;

/// <summary>
/// Represents the weights of the parts of a sequence in the loss of pre-training; the weights of a step are normalized to 1.
/// </summary>
/// <param name="Text">Plain text, and the haystack around needles. Default: 0.3.</param>
/// <param name="Question">Questions and their markers. Default: 0.2.</param>
/// <param name="Answer">The words of answers. Default: 2.</param>
/// <param name="Value">The requested value in answers. Inside the haystack its weight is 0, because nothing predicts it.
/// Default: 4.</param>
/// <param name="Copy">The second occurrence of a copied string. Default: 1.</param>
public sealed record LossWeights(float Text = 0.3f, float Question = 0.2f, float Answer = 2, float Value = 4, float Copy = 1)
{
    /// <summary>Returns the problems of the settings, each of the form "path.key: what is wrong; what to do".</summary>
    public IEnumerable<string> Problems(string path)
    {
        (string Key, float Value)[] all = [("text", Text), ("question", Question), ("answer", Answer), ("value", Value), ("copy", Copy)];
        return all.Where(w => w.Value < 0 || !float.IsFinite(w.Value))
            .Select(w => FormattableString.Invariant($"{path}.{w.Key}: {w.Value} is not a weight; use 0 or more."));
    }
}
