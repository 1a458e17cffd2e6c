namespace Farsight.Text.Tokenizers;

/// <summary>Represents what the files beside a tokenizer.json say: names of special tokens, and tokens that are added.</summary>
/// <param name="Bos">The spelling of BOS, or null.</param>
/// <param name="Eos">The spelling of EOS, or null.</param>
/// <param name="AddsBos">Whether BOS is put before every text; null where nothing is said.</param>
/// <param name="AddsEos">Whether EOS is put after every text; null where nothing is said.</param>
sealed record TokenizerConfig(string? Bos, string? Eos, bool? AddsBos, bool? AddsEos)
{
    /// <summary>Special tokens by name, as chat templates use them: bos_token, sep_token, …</summary>
    internal IReadOnlyDictionary<string, string> Named { get; init; } = new Dictionary<string, string>();

    /// <summary>Special tokens without a name of their own.</summary>
    internal IReadOnlyList<string> Additional { get; init; } = [];

    /// <summary>Tokens that a file lists with their ids, in the order of the ids.</summary>
    internal IReadOnlyList<ListedToken> Listed { get; init; } = [];

    /// <summary>Sentences about contradictions between the files.</summary>
    internal IReadOnlyList<string> Notices { get; init; } = [];
}

/// <summary>Represents a token that a file beside tokenizer.json lists.</summary>
/// <param name="Token">The token; a file without flags gives those of transformers.</param>
/// <param name="File">The file, for messages.</param>
/// <param name="HasFlags">The file states the flags, which then go before those of tokenizer.json.</param>
sealed record ListedToken(AddedToken Token, string File, bool HasFlags);
