using System.Text;
using System.Text.Json;
using Farsight.Engine.Files;
using Farsight.Engine;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Models;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Export;

/// <summary>Converts a model directory's tokenizer and chat template to GGUF.</summary>
static class GgufVocabulary
{
    const string ConfigFile = "tokenizer_config.json", TemplateFile = "chat_template.jinja";

    /// <summary>Reads them from a directory.</summary>
    /// <param name="directory">Holds tokenizer.json or tokenizer.model.</param>
    /// <param name="model">Its model, whose rows of embeddings all need a token.</param>
    /// <exception cref="InputException">A file is damaged, or llama.cpp cannot cut text as this tokenizer does.</exception>
    internal static GgufTokenizer Of(string directory, ModelConfig model)
    {
        Tokenizer tokenizer = Tokenizer.LoadFor(directory, model.VocabSize);
        TokenizerVocabulary vocabulary = tokenizer.ToVocabulary();
        bool isByteLevel = vocabulary.Kind != TokenizerKind.Unigram
            ? vocabulary.Kind == TokenizerKind.ByteLevel
            : throw new InputException($"{directory} has a unigram tokenizer, which GGUF files of decoders cannot hold.");
        int? eos = vocabulary.Eos ?? (model.EosTokenIds.Count > 0 ? model.EosTokenIds[0] : null);
        return new()
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
            Unknown = isByteLevel ? null : vocabulary.Unknown,
            AddBos = vocabulary.AddsBos,
            AddEos = vocabulary.AddsEos,
            AddSpacePrefix = isByteLevel ? null : vocabulary.AddsPrefixSpace,
            ChatTemplate = Template(directory),
            Json = Encoding.UTF8.GetString(tokenizer.Json.Span),
        };
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

    static string? Template(string directory)
    {
        string file = Path.Combine(directory, TemplateFile), config = Path.Combine(directory, ConfigFile);
        if (File.Exists(file))
        {
            return RegularFile.ReadAllText(file);
        }
        if (!File.Exists(config))
        {
            return null;
        }
        try
        {
            using JsonDocument json = JsonDocument.Parse(RegularFile.ReadAllBytes(config));
            return !json.RootElement.TryGetProperty("chat_template", out JsonElement template) ? null
                : template.ValueKind == JsonValueKind.String ? template.GetString()
                : template.ValueKind == JsonValueKind.Array ? Named(template) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InputException($"{config} is damaged; download it again.", e);
        }
    }

    static string? Named(JsonElement templates) => templates.EnumerateArray()
        .Where(t => t.TryGetProperty("name", out JsonElement name) && name.GetString() == "default" && t.TryGetProperty("template", out _))
        .Select(t => t.GetProperty("template").GetString()).FirstOrDefault();
}
