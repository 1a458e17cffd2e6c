using System.Globalization;

namespace Farsight.Alignment.Data.Positions;

/// <summary>Parses position schemes as commands spell them: "randpos:4096", "synthesized:8192".</summary>
public static class PositionOption
{
    const int MaxLength = 1 << 28;

    /// <summary>Returns the scheme that a text names; null where it names none.</summary>
    /// <param name="text">
    /// "plain" for 0, 1, 2, …; "randpos:LENGTH" for sorted random positions below LENGTH; "synthesized:LENGTH" for each chunk at a random
    /// place inside its own window of the positions below LENGTH, without sparse samples.
    /// </param>
    public static IPositionScheme? Find(string text) => text.Split(':') switch
    {
        ["plain"] => new Plain(),
        ["randpos", var length] when LengthOf(length) is { } below => new RandPos(below),
        ["synthesized", var length] when LengthOf(length) is { } below => new SynthesizedPositions(below, SparseShare: 0),
        _ => null,
    };

    static int? LengthOf(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int length) && length is >= 2 and <= MaxLength
            ? length
            : null;
}
