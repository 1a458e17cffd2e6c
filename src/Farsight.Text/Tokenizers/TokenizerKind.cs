namespace Farsight.Text.Tokenizers;

/// <summary>What the merges of a vocabulary start from.</summary>
public enum TokenizerKind
{
    /// <summary>The bytes of the text, each spelled by a printable character (GPT-2, Llama 3, Qwen).</summary>
    ByteLevel,

    /// <summary>Characters, with U+2581 for the space, and bytes for characters that the vocabulary lacks (Llama 2, Mistral).</summary>
    SentencePiece,
}
