namespace Farsight.Text.Tokenizers;

/// <summary>Specifies the kind of a vocabulary token.</summary>
public enum TokenKind
{
    /// <summary>A piece of text.</summary>
    Normal,

    /// <summary>Stands for characters that the vocabulary lacks.</summary>
    Unknown,

    /// <summary>A control token, which no text spells.</summary>
    Control,

    /// <summary>Added beside the merges, and not a control token.</summary>
    UserDefined,

    /// <summary>An id without a token.</summary>
    Unused,

    /// <summary>One byte of a character that the vocabulary lacks, spelled <c>&lt;0x0A&gt;</c>.</summary>
    Byte,
}
