namespace Farsight.Alignment.Synthesis;

/// <summary>Lists what rejected responses are made from.</summary>
public enum Negatives
{
    /// <summary>The model writes them from irrelevant chunks and from a partly relevant context, in turn.</summary>
    Mixed,

    /// <summary>The model writes each of them from irrelevant chunks.</summary>
    Irrelevant,

    /// <summary>The model writes each of them from a partly relevant context.</summary>
    Partial,

    /// <summary>
    /// The model writes them from all chunks, as it answers in use. They are verified as wrong by the known answer or by a judge, and those
    /// closest in form to the chosen response are kept.
    /// </summary>
    OnPolicy,

    /// <summary>The chosen response with a minimal mistake, such as another value of the same kind from the same document.</summary>
    Minimal,

    /// <summary>No rejected responses, for supervised fine-tuning.</summary>
    None,
}
