namespace Farsight.Text.Tokenizers;

/// <summary>Represents the special and added tokens that the files beside a tokenizer.json define.</summary>
/// <param name="Bos">The spelling of BOS, or null.</param>
/// <param name="Eos">The spelling of EOS, or null.</param>
/// <param name="AddsBos">Whether BOS is added before every text; null if not specified.</param>
/// <param name="AddsEos">Whether EOS is added after every text; null if not specified.</param>
sealed record TokenizerConfig(string? Bos, string? Eos, bool? AddsBos, bool? AddsEos)
{
    /// <summary>Special tokens by the names that chat templates use: bos_token, sep_token, …</summary>
    internal IReadOnlyDictionary<string, string> Named { get; init; } = new Dictionary<string, string>();

    /// <summary>Special tokens without a name: additional_special_tokens.</summary>
    internal IReadOnlyList<string> Additional { get; init; } = [];

    /// <summary>Tokens that a file lists with their ids, ordered by id.</summary>
    internal IReadOnlyList<ListedToken> Listed { get; init; } = [];

    /// <summary>Notices about contradictions between the files.</summary>
    internal IReadOnlyList<string> Notices { get; init; } = [];
}

/// <summary>Represents a token that a file beside tokenizer.json lists.</summary>
/// <param name="Token">The token; its flags are the defaults of transformers if the file states none.</param>
/// <param name="File">Path of the file, for messages.</param>
/// <param name="HasFlags">Whether the file states the flags, which then override those of tokenizer.json.</param>
sealed record ListedToken(AddedToken Token, string File, bool HasFlags);
