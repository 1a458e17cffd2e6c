using System.Text;
using Farsight.Engine;
using Farsight.Engine.Checkpoints.Gguf;

namespace Farsight.Text.Tokenizers;

/// <summary>Creates a tokenizer.json from a GGUF file: the embedded one, or one built from its lists.</summary>
static class GgufTokenizerReader
{
    /// <summary>Reads the tokenizer of a file.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="gguf">What it stores.</param>
    /// <exception cref="InputException">The tokenizer is of a kind that is not supported.</exception>
    internal static (ReadOnlyMemory<byte> Json, TokenizerConfig Config) Read(string path, GgufTokenizer gguf) => gguf switch
    {
        { Json: { } json } => (Encoding.UTF8.GetBytes(json), Config(gguf, gguf.AddBos)),
        { Model: "gpt2" } => ByteLevel(gguf, PreTokenizer(path, gguf)),
        { Model: "llama" } => SentencePiece(gguf),
        _ => throw new InputException(
            $"{path}: the tokenizer kind {gguf.Model} is not supported; use the model as a Hugging Face directory."),
    };

    static TokenizerConfig Config(GgufTokenizer gguf, bool? addsBos) =>
        new(Spelled(gguf, gguf.Bos), Spelled(gguf, gguf.Eos), addsBos, gguf.AddEos);

    static string? Spelled(GgufTokenizer gguf, int? id) => id is { } token ? gguf.Tokens[token] : null;

    static GgufPreTokenizer PreTokenizer(string path, GgufTokenizer gguf) =>
        (gguf.Pre is null ? null : GgufPreTokenizer.Find(gguf.Pre))
        ?? throw new InputException(
            $"{path}: the pre-tokenizer {gguf.Pre ?? "without a name"} is not supported; use the model as a Hugging Face directory.");

    static (ReadOnlyMemory<byte> Json, TokenizerConfig Config) ByteLevel(GgufTokenizer gguf, GgufPreTokenizer pre)
    {
        bool addsBos = gguf.AddBos ?? pre.AddsBos;
        VocabularyJson vocabulary = Vocabulary(gguf, addsBos) with { Unknown = null };
        return (vocabulary.ByteLevel(pre.Patterns, gguf.Merges, pre.IgnoresMerges), Config(gguf, addsBos));
    }

    static (ReadOnlyMemory<byte> Json, TokenizerConfig Config) SentencePiece(GgufTokenizer gguf)
    {
        bool addsBos = gguf.AddBos ?? true;
        SentencePieceOptions options = new() { HasBytes = true, AddsPrefixSpace = gguf.AddSpacePrefix ?? true };
        return (Vocabulary(gguf, addsBos).SentencePiece(gguf.Scores, options), Config(gguf, addsBos));
    }

    static VocabularyJson Vocabulary(GgufTokenizer gguf, bool addsBos) => new()
    {
        Tokens = gguf.Tokens,
        Types = gguf.Types,
        Unknown = gguf.Unknown,
        Before = addsBos ? gguf.Bos : null,
        After = gguf.AddEos == true ? gguf.Eos : null,
        StripsAfter = gguf.StripsAfter,
    };
}
