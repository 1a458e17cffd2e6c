namespace Farsight.Alignment.Synthesis;

/// <summary>Lists the sources of rejected responses.</summary>
public enum Negatives
{
    /// <summary>The chosen response with a minimal mistake, such as another value of the same kind from the same document.</summary>
    Minimal,

    /// <summary>No rejected responses, for supervised fine-tuning.</summary>
    None,
}
