namespace Farsight.Text.Tokenizers;

/// <summary>
/// Represents a tokenizer for other file formats: the spelling and kind of each token, and the merges in the order they were
/// learned.
/// </summary>
public sealed record TokenizerVocabulary
{
    /// <summary>Gets how text becomes tokens.</summary>
    public required TokenizerKind Kind { get; init; }

    /// <summary>Gets the spelling of each id as in tokenizer.json [V]; null for an id without a token.</summary>
    public required IReadOnlyList<string?> Tokens { get; init; }

    /// <summary>Gets the kind of each id [V].</summary>
    public required IReadOnlyList<TokenKind> Kinds { get; init; }

    /// <summary>Gets the ids of the tokens that include the white space after them.</summary>
    public required IReadOnlySet<int> RightStripped { get; init; }

    /// <summary>Gets the merged pairs of ids in the order they were learned.</summary>
    public required IReadOnlyList<(int Left, int Right)> Merges { get; init; }

    /// <summary>
    /// Gets the GGUF name of the way in which text is split and whole pieces are used, such as gpt-2, llama-bpe or smollm; null for any
    /// other.
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

    /// <summary>
    /// Gets the ids of the special tokens by the names that chat templates use: bos_token, sep_token, …
    /// </summary>
    public IReadOnlyDictionary<string, int> Named { get; init; } = new Dictionary<string, int>();

    /// <summary>Gets whether the model expects BOS before a text.</summary>
    public required bool AddsBos { get; init; }

    /// <summary>Gets whether the model expects EOS after a text.</summary>
    public required bool AddsEos { get; init; }
}

/// <summary>Specifies how text becomes tokens.</summary>
public enum TokenizerKind
{
    /// <summary>Merges start from the bytes of the text, each spelled by a printable character (GPT-2, Llama 3, Qwen).</summary>
    ByteLevel,

    /// <summary>
    /// Merges start from characters, with U+2581 for the space, and bytes for characters that the vocabulary lacks (Llama 2, Mistral).
    /// </summary>
    SentencePiece,

    /// <summary>The tokens with the highest total score; characters and bytes as in <see cref="SentencePiece"/>.</summary>
    Unigram,
}

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
