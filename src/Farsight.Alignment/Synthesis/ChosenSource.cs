namespace Farsight.Alignment.Synthesis;

/// <summary>Where a chosen response comes from.</summary>
public enum ChosenSource
{
    /// <summary>The model writes it from the relevant chunks, as in the paper.</summary>
    Model,

    /// <summary>It is the answer that came with the question: for models that cannot answer what they are to learn.</summary>
    Gold,
}
