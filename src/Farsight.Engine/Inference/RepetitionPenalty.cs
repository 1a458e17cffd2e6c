namespace Farsight.Engine.Inference;

/// <summary>Reduces the logits of tokens that already occur in the text.</summary>
/// <remarks>
/// Divides the logit of a seen token by the penalty if it is positive, and multiplies it if it is negative.
/// Source: arXiv:1909.05858v2, section 4.1, with the sign handled as Hugging Face does.
/// </remarks>
public static class RepetitionPenalty
{
    /// <summary>Changes logits in place.</summary>
    /// <param name="logits">[V]</param>
    /// <param name="seen">Distinct token ids of prompt and answer.</param>
    /// <param name="penalty">Penalty, > 0; 1 has no effect.</param>
    public static void Apply(Span<float> logits, IEnumerable<int> seen, float penalty)
    {
        foreach (int token in seen)
        {
            logits[token] = logits[token] > 0 ? logits[token] / penalty : logits[token] * penalty;
        }
    }
}
