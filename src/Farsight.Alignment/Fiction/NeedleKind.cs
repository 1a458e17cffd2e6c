namespace Farsight.Alignment.Fiction;

/// <summary>Specifies the template of a needle sentence and the form of its key and value.</summary>
public enum NeedleKind
{
    /// <summary>The special magic number for KEY is 4821907. (5 to 7 digits)</summary>
    MagicNumber,

    /// <summary>The password of NAME is amber falcon. (two words)</summary>
    Password,

    /// <summary>The THING of NAME is hidden in TOWN.</summary>
    HiddenThing,

    /// <summary>The code of the ADJECTIVE NOUN is 4821. (3 or 4 digits)</summary>
    Code,
}
