namespace Farsight.Evaluation.Core.Prompts;

/// <summary>A model's tokenizer, as benchmarks use it to count, to cut and to continue. What spells a control token stays text.</summary>
public interface ITextTokens
{
    /// <summary>Begins a text where something must: BOS, or EOS of a tokenizer without it.</summary>
    int FirstToken { get; }

    /// <summary>BOS; null where the tokenizer has none.</summary>
    int? Bos { get; }

    /// <summary>The ids of a text alone, no token added, as Hugging Face's add_special_tokens=False.</summary>
    int[] Encode(string text);

    /// <summary>The ids of text that continues another, such as an answer choice with its leading space.</summary>
    int[] EncodeInside(string text);

    /// <summary>The ids of a text that will be continued: with BOS, if the tokenizer adds it.</summary>
    int[] EncodeStart(string text);

    /// <summary>The ids of a text with all that the tokenizer puts around it, as Hugging Face's default.</summary>
    int[] EncodeWhole(string text);

    /// <summary>The text of ids; control tokens are left out.</summary>
    string Decode(ReadOnlySpan<int> ids);

    /// <summary>How many tokens <see cref="Encode"/> makes.</summary>
    int Count(string text) => Encode(text).Length;
}
