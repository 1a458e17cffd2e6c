namespace Farsight.Evaluation.Core.Prompts;

/// <summary>Counts, cuts and encodes text with a model's tokenizer. Text that spells a control token stays text.</summary>
public interface ITextTokens
{
    /// <summary>The token that begins a text: BOS, or EOS of a tokenizer without BOS.</summary>
    int FirstToken { get; }

    /// <summary>BOS; null where the tokenizer has none.</summary>
    int? Bos { get; }

    /// <summary>Encodes a text without added tokens, as Hugging Face's add_special_tokens=False does.</summary>
    int[] Encode(string text);

    /// <summary>Encodes text that continues another, such as an answer choice with its leading space.</summary>
    int[] EncodeInside(string text);

    /// <summary>Encodes a text that will be continued: with BOS, if the tokenizer adds it.</summary>
    int[] EncodeStart(string text);

    /// <summary>Encodes a text with all tokens that the tokenizer adds, as Hugging Face's default does.</summary>
    int[] EncodeWhole(string text);

    /// <summary>Decodes ids; control tokens are left out.</summary>
    string Decode(ReadOnlySpan<int> ids);

    /// <summary>Decodes ids; control tokens appear as they are spelled.</summary>
    string Spell(ReadOnlySpan<int> ids) => Decode(ids);

    /// <summary>Counts the tokens that <see cref="Encode"/> returns.</summary>
    int Count(string text) => Encode(text).Length;
}
