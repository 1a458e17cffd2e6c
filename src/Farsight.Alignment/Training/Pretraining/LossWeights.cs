namespace Farsight.Alignment.Training.Pretraining;

/// <summary>How much the parts of a sequence count in the loss of pre-training; the step's weights are normalised to 1.</summary>
/// <param name="Text">Plain text, and the haystack around needles.</param>
/// <param name="Question">Questions and their markers.</param>
/// <param name="Answer">The words of answers.</param>
/// <param name="Value">The value that was asked for; inside the haystack it counts nothing, since nothing predicts it.</param>
/// <param name="Copy">The second occurrence of a copied string.</param>
public sealed record LossWeights(float Text, float Question, float Answer, float Value, float Copy)
{
    /// <summary>Settings that make no sense, each as "path.key: what is wrong; what would be right".</summary>
    public IEnumerable<string> Problems(string path)
    {
        (string Key, float Value)[] all = [("text", Text), ("question", Question), ("answer", Answer), ("value", Value), ("copy", Copy)];
        return all.Where(w => w.Value < 0 || !float.IsFinite(w.Value))
            .Select(w => FormattableString.Invariant($"{path}.{w.Key}: {w.Value} is not a weight; use 0 or more."));
    }
}
