namespace Farsight.Text.Tokenizers;

/// <summary>Represents the validated content of a tokenizer.json.</summary>
sealed record TokenizerDefinition
{
    /// <summary>Stands in <see cref="IdOfByte"/> for a byte without a token.</summary>
    internal const int NoToken = -1;

    internal required TokenizerKind Kind { get; init; }
    /// <summary>The spelling of each id; null where there is no token.</summary>
    internal required string?[] Tokens { get; init; }
    /// <summary>The ids of the spellings, without those of added tokens that stand beside the vocabulary.</summary>
    internal required Dictionary<string, int> Vocabulary { get; init; }
    internal required IReadOnlyList<Merge> Merges { get; init; }
    /// <summary>The score of each id of a unigram vocabulary; empty otherwise.</summary>
    internal required IReadOnlyList<double> Scores { get; init; }
    internal required IReadOnlyList<AddedToken> Added { get; init; }
    /// <summary>
    /// Whether <see cref="Added"/> differs from the list in tokenizer.json, because a file beside it adds or changes tokens.
    /// </summary>
    internal required bool AddsTokens { get; init; }
    internal required IReadOnlySet<int> Special { get; init; }
    /// <summary>Gets the changes to text before normalized added tokens are searched for in it.</summary>
    internal required IReadOnlyList<TextStep> Normalizer { get; init; }
    /// <summary>What happens to text after that.</summary>
    internal required IReadOnlyList<TextStep> Prefix { get; init; }
    /// <summary>The same for a text that continues another: without what is put in front.</summary>
    internal IReadOnlyList<TextStep> PrefixInside => field ??= [.. Prefix.Where(s => s is not PrefixStep)];
    internal required PreTokenizer PreTokenizer { get; init; }
    /// <summary>The patterns that split text, in turn; null for another way of splitting.</summary>
    internal required IReadOnlyList<string>? SplitPatterns { get; init; }
    internal required DecoderDefinition Decoder { get; init; }
    /// <summary>Gets whether a piece that is a token is used whole, without applying merges.</summary>
    internal required bool IgnoresMerges { get; init; }
    /// <summary>
    /// The ids of the 256 bytes, or <see cref="NoToken"/> in a byte-level vocabulary that lacks some; null in a SentencePiece vocabulary
    /// without them.
    /// </summary>
    internal required int[]? IdOfByte { get; init; }
    internal required int? Unknown { get; init; }
    internal required bool FusesUnknown { get; init; }
    /// <summary>The tokens that the post-processor puts before a text.</summary>
    internal required IReadOnlyList<int> Before { get; init; }
    /// <summary>The tokens that the post-processor puts after a text.</summary>
    internal required IReadOnlyList<int> After { get; init; }
    /// <summary>Notices about contradictions between the files of the tokenizer.</summary>
    internal required IReadOnlyList<string> Notices { get; init; }
}

/// <summary>Represents the decoding of tokens to text.</summary>
sealed record DecoderDefinition
{
    /// <summary>Tokens spell bytes; nothing else below counts.</summary>
    internal bool ByteLevel { get; init; }
    /// <summary>Done to the spelling of each token.</summary>
    internal IReadOnlyList<ReplaceStep> Replacements { get; init; } = [];
    /// <summary>Tokens such as &lt;0x0A&gt; are bytes.</summary>
    internal bool ByteFallback { get; init; }
    /// <summary>Gets the character that is removed at the beginning of the text.</summary>
    internal char Stripped { get; init; }
    /// <summary>Gets the maximum number of <see cref="Stripped"/> to remove.</summary>
    internal int MostStripped { get; init; }
    /// <summary>Gets the character that is removed from the first token wherever it stands, or null.</summary>
    internal char? DroppedInFirst { get; init; }
}
