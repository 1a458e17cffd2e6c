namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>What an entity is, by its shape.</summary>
public enum EntityKind
{
    /// <summary>Capitalised words in a row, small words between them included: Bank of England.</summary>
    Name,

    /// <summary>Capitals only, with or without full stops: NASA, U.S.</summary>
    Acronym,

    /// <summary>Digits, and what is written together with them: 1,234.5, 1980s.</summary>
    Number,

    /// <summary>A day of the year, with or without the year.</summary>
    Date,

    /// <summary>Any other word that says what a text is about.</summary>
    Word,
}
