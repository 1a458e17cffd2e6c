using System.Text;
using System.Text.Json;
using Farsight.Engine;

namespace Farsight.Alignment.Text;

/// <summary>Reads the tokenizer.json of Hugging Face's library, as far as it describes a byte-level BPE.</summary>
sealed class TokenizerReader
{
    // far above every vocabulary there is; keeps a damaged id from asking for gigabytes
    const int LargestId = 10_000_000;

    readonly TokenizerJson _json;
    readonly Dictionary<string, int> _vocabulary = new(StringComparer.Ordinal);
    readonly List<AddedToken> _added = [];

    /// <param name="name">The file's name, for messages.</param>
    internal TokenizerReader(string name) => _json = new(name);

    internal TokenizerDefinition Read(ReadOnlyMemory<byte> bytes)
    {
        using JsonDocument document = _json.Parse(bytes);
        JsonElement root = document.RootElement;
        JsonElement model = _json.Object(root, "model");
        RequireBytePairs(model);
        RequireByteLevelDecoder(root);
        ReadVocabulary(model);
        ReadAdded(root);
        return new()
        {
            Bytes = TokenBytes(),
            Merges = Merges(model),
            Added = _added,
            PreTokenizer = new PreTokenizerReader(_json).Read(root),
            Composes = Composes(_json.Optional(root, "normalizer")),
            IgnoresMerges = _json.Flag(model, "ignore_merges", false),
            Bos = Bos(_json.Optional(root, "post_processor")),
        };
    }

    void RequireBytePairs(JsonElement model)
    {
        string type = _json.Optional(model, "type") is null ? "BPE" : _json.Text(model, "type");
        if (type != "BPE")
        {
            throw _json.Unsupported($"the model '{type}'");
        }
        if (_json.Flag(model, "byte_fallback", false))
        {
            throw _json.Unsupported("'byte_fallback' (a SentencePiece vocabulary)");
        }
        foreach (string affix in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (_json.Optional(model, affix) is not null && _json.Text(model, affix).Length > 0)
            {
                throw _json.Unsupported($"'{affix}'");
            }
        }
        if (_json.Optional(model, "dropout") is { } dropout && (dropout.ValueKind != JsonValueKind.Number || dropout.GetDouble() != 0))
        {
            throw _json.Unsupported("'dropout' of merges");
        }
    }

    void RequireByteLevelDecoder(JsonElement root)
    {
        if (_json.Optional(root, "decoder") is { } decoder && _json.Type(decoder, "decoder") is var type and not "ByteLevel")
        {
            throw _json.Unsupported($"the decoder '{type}'");
        }
    }

    void ReadVocabulary(JsonElement model)
    {
        foreach (JsonProperty entry in _json.Object(model, "vocab").EnumerateObject())
        {
            string token = _json.Name(entry);
            if (!_vocabulary.TryAdd(token, _json.Id(entry.Value, $"the vocabulary's '{token}'", LargestId)))
            {
                throw _json.Damaged($"the vocabulary holds '{token}' twice");
            }
        }
    }

    void ReadAdded(JsonElement root)
    {
        foreach (JsonElement entry in _json.OptionalArray(root, "added_tokens"))
        {
            string content = _json.Text(entry, "content");
            int id = _json.Id(_json.Required(entry, "id"), $"the added token '{content}'", LargestId);
            foreach (string flag in (string[])["single_word", "lstrip", "rstrip"])
            {
                if (_json.Flag(entry, flag, false))
                {
                    throw _json.Unsupported($"'{flag}' of the added token '{content}'");
                }
            }
            if (content.Length == 0 || _added.Exists(a => a.Content == content) || (_vocabulary.TryGetValue(content, out int other) && other != id))
            {
                throw _json.Damaged($"the added token '{content}' is empty, there twice or has another id in the vocabulary");
            }
            _added.Add(new(id, content, _json.Flag(entry, "special", false)));
        }
    }

    byte[]?[] TokenBytes()
    {
        Dictionary<int, string> added = [];
        byte[]?[] bytes = new byte[1 + _vocabulary.Values.Concat(_added.Select(a => a.Id)).DefaultIfEmpty(-1).Max()][];
        foreach (AddedToken token in _added)
        {
            Put(bytes, token.Id, Encoding.UTF8.GetBytes(token.Content));
            added.Add(token.Id, token.Content);
        }
        foreach ((string token, int id) in _vocabulary)
        {
            if (!added.TryGetValue(id, out string? content) || content != token)
            {
                Put(bytes, id, ByteAlphabet.Read(token) ?? throw _json.Unsupported($"the token '{token}', which is not spelled in bytes,"));
            }
        }
        return bytes;
    }

    void Put(byte[]?[] bytes, int id, byte[] token) =>
        bytes[id] = bytes[id] is null ? token : throw _json.Damaged($"two tokens have the id {id}");

    Dictionary<(int Left, int Right), (int Rank, int Merged)> Merges(JsonElement model)
    {
        HashSet<string> special = [.. _added.Where(a => a.Special).Select(a => a.Content)];
        Dictionary<(int, int), (int, int)> merges = [];
        int rank = 0;
        foreach (JsonElement entry in _json.Array(model, "merges"))
        {
            (string left, string right) = Pair(entry, rank);
            if (!_vocabulary.TryGetValue(left, out int leftId) || !_vocabulary.TryGetValue(right, out int rightId)
                || !_vocabulary.TryGetValue(left + right, out int merged) || special.Contains(left + right))
            {
                throw _json.Damaged($"merge {rank} ('{left}' and '{right}') uses or makes a token that the vocabulary lacks");
            }
            merges[(leftId, rightId)] = (rank++, merged);
        }
        return merges;
    }

    (string Left, string Right) Pair(JsonElement entry, int rank)
    {
        string[] parts = entry.ValueKind switch
        {
            JsonValueKind.String => _json.Value(entry).Split(' '),
            JsonValueKind.Array => [.. entry.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.String ? _json.Value(e) : "")],
            _ => [],
        };
        return parts is [{ Length: > 0 } left, { Length: > 0 } right] ? (left, right) : throw _json.Damaged($"merge {rank} is not a pair of tokens");
    }

    bool Composes(JsonElement? normalizer)
    {
        if (normalizer is not { } value)
        {
            return false;
        }
        return _json.Type(value, "normalizer") switch
        {
            "NFC" => true,
            "Sequence" => _json.Array(value, "normalizers").Select(n => Composes(n)).ToArray().Contains(true),
            var type => throw _json.Unsupported($"the normalizer '{type}'"),
        };
    }

    int? Bos(JsonElement? postProcessor)
    {
        if (postProcessor is not { } value)
        {
            return null;
        }
        return _json.Type(value, "post_processor") switch
        {
            "Sequence" => _json.Array(value, "processors").Select(p => Bos(p)).FirstOrDefault(id => id is not null),
            "TemplateProcessing" => FirstOfTemplate(value),
            _ => null, // post-processors add tokens, and encoding here never does
        };
    }

    int? FirstOfTemplate(JsonElement template)
    {
        JsonElement first = _json.Array(template, "single").FirstOrDefault();
        if (first.ValueKind != JsonValueKind.Object || _json.Optional(first, "SpecialToken") is not { } token)
        {
            return null;
        }
        string content = _json.Text(token, "id");
        return _added.Find(a => a.Content == content)?.Id ?? throw _json.Damaged($"the post-processor puts '{content}' first, which is not among the added tokens");
    }
}
