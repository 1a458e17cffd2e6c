namespace Farsight.Engine.Inference;

/// <summary>Makes tokens less likely that are in the text already.</summary>
/// <remarks>
/// A seen token's logit is divided by the penalty where it is positive and multiplied by it where it is negative.
/// Source: arXiv:1909.05858v2, section 4.1, with the sign handled as Hugging Face does.
/// </remarks>
public static class RepetitionPenalty
{
    /// <summary>Changes logits in place.</summary>
    /// <param name="logits">[V]</param>
    /// <param name="seen">Token ids of prompt and answer, each once.</param>
    /// <param name="penalty">Above 0; 1 changes nothing.</param>
    public static void Apply(Span<float> logits, IEnumerable<int> seen, float penalty)
    {
        foreach (int token in seen)
        {
            logits[token] = logits[token] > 0 ? logits[token] / penalty : logits[token] * penalty;
        }
    }
}
