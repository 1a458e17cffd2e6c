namespace Farsight.Text.Tokenizers;

/// <summary>
/// What other formats store of a tokenizer: tokens as they are spelled, their kinds, and the merges in the order they were learned.
/// </summary>
public sealed record TokenizerVocabulary
{
    /// <summary>What the merges start from.</summary>
    public required TokenizerKind Kind { get; init; }

    /// <summary>The spelling of each id as in tokenizer.json [V]; an id without a token is null.</summary>
    public required IReadOnlyList<string?> Tokens { get; init; }

    /// <summary>The kind of each id [V].</summary>
    public required IReadOnlyList<TokenKind> Kinds { get; init; }

    /// <summary>The ids of the pairs that are merged, the one learned first first.</summary>
    public required IReadOnlyList<(int Left, int Right)> Merges { get; init; }

    /// <summary>
    /// Of the pattern that cuts text into words, the name that GGUF has for it: gpt-2, llama-bpe or qwen2; null for any other and for none.
    /// </summary>
    public required string? SplitPattern { get; init; }

    /// <summary>A piece that is a token as a whole is taken as it is, whatever the merges say.</summary>
    public required bool IgnoresMerges { get; init; }

    /// <summary>Text gets a space in front before it is encoded.</summary>
    public required bool AddsPrefixSpace { get; init; }

    /// <summary>The beginning of a text, or null.</summary>
    public required int? Bos { get; init; }

    /// <summary>The end of a text, or null.</summary>
    public required int? Eos { get; init; }

    /// <summary>The token for characters that the vocabulary lacks, or null.</summary>
    public required int? Unknown { get; init; }

    /// <summary>The model expects BOS before a text.</summary>
    public required bool AddsBos { get; init; }

    /// <summary>The model expects EOS after a text.</summary>
    public required bool AddsEos { get; init; }
}
