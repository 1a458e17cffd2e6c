namespace Farsight.Alignment.Text;

/// <summary>What a tokenizer.json says, checked.</summary>
sealed record TokenizerDefinition
{
    /// <summary>The bytes of each id; null where there is no token.</summary>
    internal required byte[]?[] Bytes { get; init; }
    internal required Dictionary<(int Left, int Right), (int Rank, int Merged)> Merges { get; init; }
    internal required IReadOnlyList<AddedToken> Added { get; init; }
    internal required PreTokenizer PreTokenizer { get; init; }
    /// <summary>Text is brought to Unicode's composed form first.</summary>
    internal required bool Composes { get; init; }
    /// <summary>A piece that is a token as a whole is taken as it is, whatever the merges say.</summary>
    internal required bool IgnoresMerges { get; init; }
    internal required int? Bos { get; init; }
}
