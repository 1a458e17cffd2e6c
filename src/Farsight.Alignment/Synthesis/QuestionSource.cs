namespace Farsight.Alignment.Synthesis;

/// <summary>Where the question of a sample comes from.</summary>
public enum QuestionSource
{
    /// <summary>It came with the document.</summary>
    Own,

    /// <summary>Invented facts are put into the context, and one of them is asked for.</summary>
    Insert,

    /// <summary>The model writes it about chunks that were drawn.</summary>
    Write,
}
