using Farsight.Engine;
using Farsight.Text.Tokenizers;

namespace Farsight.Evaluation.Core.Prompts;

/// <summary>Implements <see cref="ITextTokens"/> over a tokenizer.</summary>
sealed class TokenizerText(Tokenizer tokenizer) : ITextTokens
{
    /// <inheritdoc/>
    public int FirstToken =>
        tokenizer.Bos
        ?? tokenizer.Eos
        ?? throw new InputException(
            "The tokenizer names neither a token that begins a text nor one that ends it; "
                + "add bos_token or eos_token to tokenizer_config.json."
        );

    /// <inheritdoc/>
    public int? Bos => tokenizer.Bos;

    /// <inheritdoc/>
    public int[] Encode(string text) => tokenizer.Encode(text);

    /// <inheritdoc/>
    public int[] EncodeInside(string text) => tokenizer.EncodeInside(text);

    /// <inheritdoc/>
    public int[] EncodeStart(string text) => [.. tokenizer.Before, .. tokenizer.Encode(text)];

    /// <inheritdoc/>
    public int[] EncodeWhole(string text) => tokenizer.Enclose(tokenizer.Encode(text));

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> ids) => tokenizer.Decode(ids);

    /// <inheritdoc/>
    public string Spell(ReadOnlySpan<int> ids) => tokenizer.Decode(ids, skipSpecialTokens: false);

    /// <inheritdoc/>
    public int Count(string text) => tokenizer.Count(text);
}
