using System.Text;
using System.Text.RegularExpressions;
using Farsight.Engine;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Models;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Export;

/// <summary>Converts a model directory's tokenizer and chat template to GGUF.</summary>
static class GgufVocabulary
{
    const string LineBreak = "<0x0A>";

    /// <summary>Reads them from a directory.</summary>
    /// <param name="directory">Holds tokenizer.json or tokenizer.model.</param>
    /// <param name="model">Its model, whose rows of embeddings all need a token.</param>
    /// <param name="notices">Receives a sentence about each difference that remains, and each thing that GGUF cannot hold.</param>
    /// <exception cref="InputException">A file is damaged, or llama.cpp cannot cut text as this tokenizer does.</exception>
    internal static GgufTokenizer Of(string directory, ModelConfig model, ICollection<string> notices)
    {
        Tokenizer tokenizer = Tokenizer.LoadFor(directory, model.VocabSize);
        TokenizerVocabulary vocabulary = tokenizer.ToVocabulary();
        bool isByteLevel = vocabulary.Kind != TokenizerKind.Unigram
            ? vocabulary.Kind == TokenizerKind.ByteLevel
            : throw new InputException($"{directory} has a unigram tokenizer, which GGUF files of decoders cannot hold.");
        if (!isByteLevel && !vocabulary.Tokens.Any(t => t is LineBreak or "\n"))
        {
            throw new InputException($"{directory}: the tokenizer has no token {LineBreak}, without which llama.cpp cannot load a model.");
        }
        (string? template, IReadOnlyList<string> others) = ChatFormat.SourceOf(directory);
        int? Named(string name) => vocabulary.Named.TryGetValue(name, out int id) ? id : null;
        int? eos = vocabulary.Eos ?? (model.EosTokenIds.Count > 0 ? model.EosTokenIds[0] : null);
        GgufTokenizer lists = new()
        {
            Model = isByteLevel ? "gpt2" : "llama",
            Pre = isByteLevel ? Pre(directory, vocabulary) : "default",
            Tokens = [.. Enumerable.Range(0, model.VocabSize).Select(id => Token(vocabulary, id) ?? $"[PAD{id}]")],
            Types =
            [
                .. Enumerable
                    .Range(0, model.VocabSize)
                    .Select(id => Token(vocabulary, id) is null ? TypeOf(TokenKind.Unused) : TypeOf(vocabulary.Kinds[id])),
            ],
            Merges = isByteLevel ? [.. vocabulary.Merges.Select(m => $"{vocabulary.Tokens[m.Left]} {vocabulary.Tokens[m.Right]}")] : [],
            Scores = isByteLevel ? [] : Scores(vocabulary, model.VocabSize),
            Bos = vocabulary.Bos ?? model.BosTokenId,
            Eos = eos,
            Eot = model.EosTokenIds.Where(id => id != eos).Select(id => (int?)id).FirstOrDefault(),
            Unknown = (isByteLevel ? null : vocabulary.Unknown) ?? Named("unk_token"),
            Separator = Named("sep_token"),
            Padding = Named("pad_token"),
            Class = Named("cls_token"),
            Mask = Named("mask_token"),
            AddBos = vocabulary.AddsBos,
            AddEos = vocabulary.AddsEos,
            AddSpacePrefix = isByteLevel ? null : vocabulary.AddsPrefixSpace,
            ChatTemplate = template,
            Json = Encoding.UTF8.GetString(tokenizer.Json.Span),
        };
        if (template is not null)
        {
            ReportLost(directory, template, vocabulary, lists, notices);
            if (others.Count > 0)
            {
                notices.Add($"{directory}: the chat templates {string.Join(", ", others)} are not exported; GGUF has one template.");
            }
        }
        return WithStripping(lists, vocabulary.RightStripped, notices);
    }

    // GGUF has no flags for white space after a token: llama.cpp removes it after all special tokens of a Phi-3, and else after none.
    static GgufTokenizer WithStripping(GgufTokenizer lists, IReadOnlySet<int> stripped, ICollection<string> notices)
    {
        GgufTokenizer stripping = lists with { StripsAfterSpecial = true };
        GgufTokenizer nearest = lists.MayStripAfterSpecial && stripped.Any(stripping.StripsAfter) ? stripping : lists;
        int[] others = [.. Enumerable.Range(0, lists.Tokens.Count).Where(id => nearest.StripsAfter(id) != stripped.Contains(id))];
        if (others.Length > 0)
        {
            notices.Add(
                $"llama.cpp {(nearest.StripsAfter(others[0]) ? "removes" : "keeps")} the white space after the token "
                + $"{lists.Tokens[others[0]]}, unlike this tokenizer; it differs for {others.Length} tokens in all.");
        }
        return nearest;
    }

    static string? Token(TokenizerVocabulary vocabulary, int id) => id < vocabulary.Tokens.Count ? vocabulary.Tokens[id] : null;

    static string Pre(string directory, TokenizerVocabulary vocabulary) =>
        vocabulary.SplitPattern
        ?? throw new InputException(
            $"{directory}: GGUF has no name for the way in which its tokenizer splits words; export it with llama.cpp's own converter.");

    static int TypeOf(TokenKind kind) => kind switch
    {
        TokenKind.Normal => 1,
        TokenKind.Unknown => 2,
        TokenKind.Control => 3,
        TokenKind.UserDefined => 4,
        TokenKind.Byte => 6,
        _ => 5,
    };

    // llama.cpp merges what makes the token of the highest score; the merge learned first makes the highest.
    static float[] Scores(TokenizerVocabulary vocabulary, int size)
    {
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        for (int id = 0; id < vocabulary.Tokens.Count; id++)
        {
            if (vocabulary.Tokens[id] is { } token)
            {
                ids.TryAdd(token, id);
            }
        }
        float[] scores = new float[size];
        Array.Fill(scores, -1e9f);
        for (int rank = vocabulary.Merges.Count - 1; rank >= 0; rank--)
        {
            (int left, int right) = vocabulary.Merges[rank];
            if (ids.TryGetValue(vocabulary.Tokens[left] + vocabulary.Tokens[right], out int merged))
            {
                scores[merged] = -rank;
            }
        }
        return scores;
    }

    /// <summary>Reports special tokens that the template writes by a name for which GGUF has no key.</summary>
    static void ReportLost(
        string directory, string template, TokenizerVocabulary vocabulary, GgufTokenizer written, ICollection<string> notices)
    {
        IEnumerable<string> names = vocabulary.Named.Keys.Except(written.Named.Keys).Append("additional_special_tokens");
        foreach (string name in names.Where(n => Regex.IsMatch(template, $@"\b{Regex.Escape(n)}\b", RegexOptions.CultureInvariant)))
        {
            notices.Add(
                $"{directory}: the chat template uses {name}, which a GGUF file cannot hold, so it will be undefined there. Write the "
                    + "token's text in the template before you export the model.");
        }
    }
}
