namespace Farsight.Alignment.Synthesis.Contrast;

/// <summary>What tells the chosen response from the rejected ones.</summary>
public enum ContrastKind
{
    /// <summary>The asked fact stands among others with near keys; rejected are their values and sentences.</summary>
    Distractors,

    /// <summary>
    /// Half of the questions have no answer in the text, and the model must say so; of the others, saying so is rejected.
    /// </summary>
    Unanswerable,

    /// <summary>All facts of a kind are asked for; rejected lists hold one that is not in the text, or lack one.</summary>
    Entities,

    /// <summary>The question wants a certain form; rejected are right answers in another one.</summary>
    Instructions,
}
