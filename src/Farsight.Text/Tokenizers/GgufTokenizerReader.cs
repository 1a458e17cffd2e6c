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

    /// <summary>Describes tokens of the embedded tokenizer.json that differ from the file's list; null if there are none.</summary>
    /// <remarks>llama.cpp uses the list, so the same text would have other tokens there.</remarks>
    /// <param name="path">The file.</param>
    /// <param name="gguf">The list.</param>
    /// <param name="tokens">Tokens of the embedded tokenizer.json; null for an id without a token.</param>
    internal static string? Contradiction(string path, GgufTokenizer gguf, IReadOnlyList<string?> tokens)
    {
        const int Control = 3, UserDefined = 4;
        string? Embedded(int id) => id < tokens.Count ? tokens[id] : null;
        bool Differs(int id) => Embedded(id) is { } token
            ? token != gguf.Tokens[id]
            : gguf.Types.Count > 0 && gguf.Types[id] is Control or UserDefined;
        int[] different = [.. Enumerable.Range(0, gguf.Tokens.Count).Where(Differs)];
        return different is not [var first, ..]
            ? null
            : $"{path}: {different.Length} tokens of tokenizer.ggml.tokens differ from tokenizer.huggingface.json, such as {first} "
                + $"({Shown(gguf.Tokens[first])} and {Shown(Embedded(first))}); tokenizer.huggingface.json is used, but llama.cpp uses the "
                + "list. Export the model again.";
    }

    static string Shown(string? token) => token is null ? "none" : $"'{token}'";

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
