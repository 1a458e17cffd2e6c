namespace Farsight.Text.Tokenizers;

/// <summary>
/// Represents a tokenizer for other file formats: the spelling and kind of each token, and the merges in the order they were
/// learned.
/// </summary>
public sealed record TokenizerVocabulary
{
    /// <summary>Gets the units from which merges start.</summary>
    public required TokenizerKind Kind { get; init; }

    /// <summary>Gets the spelling of each id as in tokenizer.json [V]; null for an id without a token.</summary>
    public required IReadOnlyList<string?> Tokens { get; init; }

    /// <summary>Gets the kind of each id [V].</summary>
    public required IReadOnlyList<TokenKind> Kinds { get; init; }

    /// <summary>Gets the merged pairs of ids in the order they were learned.</summary>
    public required IReadOnlyList<(int Left, int Right)> Merges { get; init; }

    /// <summary>
    /// Gets the GGUF name of the pattern that splits text into words: gpt-2, llama-bpe or qwen2; null for any other or none.
    /// </summary>
    public required string? SplitPattern { get; init; }

    /// <summary>Gets whether a piece that is a token is used whole, without applying merges.</summary>
    public required bool IgnoresMerges { get; init; }

    /// <summary>Gets whether a space is added before text is encoded.</summary>
    public required bool AddsPrefixSpace { get; init; }

    /// <summary>Gets the token that begins a text, or null.</summary>
    public required int? Bos { get; init; }

    /// <summary>Gets the token that ends a text, or null.</summary>
    public required int? Eos { get; init; }

    /// <summary>Gets the token for characters that the vocabulary lacks, or null.</summary>
    public required int? Unknown { get; init; }

    /// <summary>Gets whether the model expects BOS before a text.</summary>
    public required bool AddsBos { get; init; }

    /// <summary>Gets whether the model expects EOS after a text.</summary>
    public required bool AddsEos { get; init; }
}
