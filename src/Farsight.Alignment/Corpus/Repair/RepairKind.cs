using System.Text.Json;

namespace Farsight.Alignment.Corpus.Repair;

/// <summary>Specifies a repair of a text's encoding.</summary>
enum RepairKind
{
    /// <summary>A byte order mark before the text was removed.</summary>
    ByteOrderMark,

    /// <summary>UTF-16 or UTF-32 was converted.</summary>
    WideEncoding,

    /// <summary>Bytes that are not UTF-8 were decoded as Windows-1252, which includes Latin-1. Counted per byte.</summary>
    Windows1252,

    /// <summary>Invalid bytes in a text that is UTF-8 otherwise were left out. Counted per byte.</summary>
    InvalidUtf8,

    /// <summary>UTF-8 that had been decoded as Windows-1252 ("Ã©") was repaired. Counted per character.</summary>
    Mojibake,

    /// <summary>U+FFFD, which stands for a lost character, was removed.</summary>
    ReplacementCharacters,

    /// <summary>NUL and other control characters were removed, including byte order marks inside the text.</summary>
    ControlCharacters,

    /// <summary>CR LF, CR, form feeds and the like were replaced by LF.</summary>
    LineEnds,
}

/// <summary>Represents a repair and the number of places where it was made.</summary>
/// <param name="Kind">Kind of repair.</param>
/// <param name="Places">Number of places, at least 1.</param>
sealed record RepairCount(RepairKind Kind, int Places)
{
    /// <summary>Gets the name in reports, for example "line_ends".</summary>
    public string Name => NameOf(Kind);

    /// <summary>Returns what was done, as a clause, for a name in reports.</summary>
    internal static string Describe(string name) => Enum.GetValues<RepairKind>().Single(k => NameOf(k) == name) switch
    {
        RepairKind.ByteOrderMark => "a byte order mark was removed",
        RepairKind.WideEncoding => "UTF-16 or UTF-32 was decoded",
        RepairKind.Windows1252 => "bytes that are not UTF-8 were read as Windows-1252",
        RepairKind.InvalidUtf8 => "bytes that are not UTF-8 could not be decoded and are missing",
        RepairKind.Mojibake => "UTF-8 that had been read as Windows-1252 was restored",
        RepairKind.ReplacementCharacters => "U+FFFD, which stands for a lost character, was removed",
        RepairKind.ControlCharacters => "control characters were removed",
        _ => "other line ends were replaced by LF",
    };

    static string NameOf(RepairKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());
}

/// <summary>Represents a text after repair.</summary>
/// <param name="Text">The repaired text.</param>
/// <param name="Repairs">The repairs; often none.</param>
sealed record RepairedText(string Text, IReadOnlyList<RepairCount> Repairs);
