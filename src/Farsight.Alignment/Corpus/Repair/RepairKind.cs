using System.Text.Json;

namespace Farsight.Alignment.Corpus.Repair;

/// <summary>What can be wrong with the encoding of a text.</summary>
public enum RepairKind
{
    /// <summary>A byte order mark stood before the text.</summary>
    ByteOrderMark,

    /// <summary>The file was UTF-16 or UTF-32.</summary>
    WideEncoding,

    /// <summary>Bytes that are not UTF-8 were read as Windows-1252, of which Latin-1 is a part; one place a byte.</summary>
    Windows1252,

    /// <summary>Bytes that are nothing were made U+FFFD; one place a byte.</summary>
    InvalidUtf8,

    /// <summary>UTF-8 that had been read as Windows-1252 ("Ã©") was put right; one place a character.</summary>
    Mojibake,

    /// <summary>U+FFFD, left as they are: what stood there is lost.</summary>
    ReplacementCharacters,

    /// <summary>NUL and other control characters were removed, byte order marks inside a text among them.</summary>
    ControlCharacters,

    /// <summary>CR LF and CR became LF.</summary>
    LineEnds,
}

/// <summary>A repair and in how many places it was made.</summary>
/// <param name="Kind">Of what.</param>
/// <param name="Places">At least 1.</param>
public sealed record RepairCount(RepairKind Kind, int Places)
{
    /// <summary>"line_ends"</summary>
    public string Name => JsonNamingPolicy.SnakeCaseLower.ConvertName(Kind.ToString());
}

/// <summary>A text after repair.</summary>
/// <param name="Text">Clean.</param>
/// <param name="Repairs">What was done; mostly nothing.</param>
public sealed record RepairedText(string Text, IReadOnlyList<RepairCount> Repairs);
