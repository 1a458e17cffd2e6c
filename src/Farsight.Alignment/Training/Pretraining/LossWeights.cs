namespace Farsight.Alignment.Training.Pretraining;

/// <summary>
/// Represents the weights of the parts of a sequence in the loss of pre-training; the weights of a step are normalized to 1.
/// </summary>
/// <param name="Text">Plain text, and the haystack around needles.</param>
/// <param name="Question">Questions and their markers.</param>
/// <param name="Answer">The words of answers.</param>
/// <param name="Value">The requested value in answers. Inside the haystack its weight is 0, because nothing predicts it.</param>
/// <param name="Copy">The second occurrence of a copied string.</param>
public sealed record LossWeights(float Text, float Question, float Answer, float Value, float Copy)
{
    /// <summary>Returns the problems of the settings, each of the form "path.key: what is wrong; what to do".</summary>
    public IEnumerable<string> Problems(string path)
    {
        (string Key, float Value)[] all = [("text", Text), ("question", Question), ("answer", Answer), ("value", Value), ("copy", Copy)];
        return all.Where(w => w.Value < 0 || !float.IsFinite(w.Value))
            .Select(w => FormattableString.Invariant($"{path}.{w.Key}: {w.Value} is not a weight; use 0 or more."));
    }
}
