using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Farsight.Text.Tokenizers;

/// <summary>
/// Reads the tokenizer.json of Hugging Face's library, as far as it describes a BPE of bytes or of characters, or a unigram.
/// </summary>
sealed class TokenizerReader
{
    readonly TokenizerJson _json;
    readonly Dictionary<string, int> _vocabulary = new(StringComparer.Ordinal);
    readonly Dictionary<string, AddedToken> _added = new(StringComparer.Ordinal);
    int _largestId;

    /// <param name="name">The file's name, for messages.</param>
    internal TokenizerReader(string name) => _json = new(name);

    /// <summary>Reads a tokenizer.json and merges the tokens of the files beside it.</summary>
    /// <param name="bytes">Content of the file.</param>
    /// <param name="config">Special and added tokens of the files beside it.</param>
    /// <param name="capacity">Number of ids of the model.</param>
    internal TokenizerDefinition Read(ReadOnlyMemory<byte> bytes, TokenizerConfig config, int capacity)
    {
        // an entry takes some bytes, and few ids are left out: keeps a damaged id from asking for gigabytes
        _largestId = Math.Min(bytes.Length, 10_000_000) + 65_536;
        using JsonDocument document = _json.Parse(bytes);
        JsonElement root = document.RootElement;
        JsonElement model = _json.Object(root, "model");
        bool isUnigram = IsUnigram(model);
        PreTokenizerReader preTokenizers = new(_json);
        PreTokenizer preTokenizer = preTokenizers.Read(root);
        TokenizerKind kind = isUnigram ? TokenizerKind.Unigram
            : preTokenizers.ByteLevel ? TokenizerKind.ByteLevel
            : TokenizerKind.SentencePiece;
        RequireKind(model, kind, preTokenizers.ByteLevel);
        DecoderReader decoder = new(_json);
        double[] scores = isUnigram ? ReadScores(model) : [];
        if (!isUnigram)
        {
            ReadVocabulary(model);
        }
        ReadAdded(root);
        AddedToken[] own = [.. _added.Values];
        Lazy<Merge[]> merges = new(() => isUnigram ? [] : Merges(model));
        Lazy<int[]?> idOfByte = new(() => IdOfByte(model, kind));
        Lazy<HashSet<int>> made = new(() => [.. merges.Value.Select(m => m.Merged), .. idOfByte.Value ?? []]);
        bool IsText(string token, int id) =>
            (kind != TokenizerKind.ByteLevel && new StringInfo(token).LengthInTextElements == 1) || made.Value.Contains(id);
        IReadOnlyList<string> notices = new TokenMerger(_vocabulary, _added, IsText, Math.Min(capacity, _largestId)).Add(config);
        string?[] tokens = Tokens(kind);
        PostProcessorReader around = new(_json, IdOf, id => id < tokens.Length && tokens[id] is not null);
        around.Read(root);
        return new()
        {
            Kind = kind,
            Tokens = tokens,
            Vocabulary = _vocabulary,
            Merges = merges.Value,
            Scores = scores,
            Added = [.. _added.Values],
            AddsTokens = !own.SequenceEqual(_added.Values),
            Special = _added.Values.Where(a => a.Special).Select(a => a.Id).ToHashSet(),
            Normalizer = new NormalizerReader(_json).Read(root),
            Prefix = preTokenizers.Prefix,
            PreTokenizer = preTokenizer,
            SplitPatterns = preTokenizers.Patterns,
            Decoder = kind == TokenizerKind.ByteLevel ? decoder.ReadByteLevel(root) : decoder.ReadSentencePiece(root),
            IgnoresMerges = _json.Flag(model, "ignore_merges", false),
            IdOfByte = idOfByte.Value,
            Unknown = Unknown(model, kind),
            FusesUnknown = _json.Flag(model, "fuse_unk", isUnigram),
            Before = around.Before,
            After = around.After,
            Notices = [.. config.Notices, .. notices, .. MissingBytes(idOfByte.Value)],
        };
    }

    static string[] MissingBytes(int[]? idOfByte)
    {
        int[] missing = [.. (idOfByte ?? []).Index().Where(b => b.Item == TokenizerDefinition.NoToken).Select(b => b.Index)];
        return missing.Length == 0
            ? []
            :
            [
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The vocabulary has no token for {missing.Length} of 256 bytes, such as 0x{missing[0]:X2}; encoding leaves them out "
                        + $"or writes the unknown token, as Hugging Face's library does."),
            ];
    }

    /// <summary>Returns whether the model is a unigram, and checks that it is one or a BPE.</summary>
    bool IsUnigram(JsonElement model)
    {
        string type = _json.Optional(model, "type") is null ? "BPE" : _json.Text(model, "type");
        if (type is not ("BPE" or "Unigram"))
        {
            throw _json.Unsupported($"the model '{type}'");
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
        return type == "Unigram";
    }

    void RequireKind(JsonElement model, TokenizerKind kind, bool isByteLevel)
    {
        if (kind == TokenizerKind.Unigram && isByteLevel)
        {
            throw _json.Unsupported("the pre_tokenizer 'ByteLevel' of a unigram");
        }
        bool fallsBack = _json.Flag(model, "byte_fallback", false);
        if (kind == TokenizerKind.ByteLevel && fallsBack)
        {
            throw _json.Unsupported("'byte_fallback' together with the pre_tokenizer 'ByteLevel'");
        }
        if (kind == TokenizerKind.SentencePiece && !fallsBack && _json.Optional(model, "unk_token") is null)
        {
            throw _json.Unsupported("a pre_tokenizer without 'ByteLevel' to a model without 'byte_fallback' and 'unk_token'");
        }
    }

    /// <summary>Reads the vocabulary of a unigram, pairs of token and score in the order of their ids; returns the scores.</summary>
    double[] ReadScores(JsonElement model)
    {
        List<double> scores = [];
        foreach (JsonElement entry in _json.Array(model, "vocab"))
        {
            if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() != 2 || entry[0].ValueKind != JsonValueKind.String
                || entry[1].ValueKind != JsonValueKind.Number || !double.IsFinite(entry[1].GetDouble()))
            {
                throw _json.Damaged($"entry {scores.Count} of 'vocab' is not a pair of token and score");
            }
            string token = _json.Value(entry[0]);
            if (!_vocabulary.TryAdd(token, scores.Count))
            {
                throw _json.Damaged($"the vocabulary holds '{token}' twice");
            }
            scores.Add(entry[1].GetDouble());
        }
        return [.. scores];
    }

    void ReadVocabulary(JsonElement model)
    {
        foreach (JsonProperty entry in _json.Object(model, "vocab").EnumerateObject())
        {
            string token = _json.Name(entry);
            if (!_vocabulary.TryAdd(token, _json.Id(entry.Value, $"the vocabulary's '{token}'", _largestId)))
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
            int id = _json.Id(_json.Required(entry, "id"), $"the added token '{content}'", _largestId);
            AddedToken token = new(id, content, _json.Flag(entry, "special", false))
            {
                SingleWord = _json.Flag(entry, "single_word", false),
                LeftStrip = _json.Flag(entry, "lstrip", false),
                RightStrip = _json.Flag(entry, "rstrip", false),
                Normalized = _json.Flag(entry, "normalized", false),
            };
            if (content.Length == 0 || (_vocabulary.TryGetValue(content, out int other) && other != id) || !_added.TryAdd(content, token))
            {
                throw _json.Damaged($"the added token '{content}' is empty, duplicated or has another id in the vocabulary");
            }
        }
    }

    string?[] Tokens(TokenizerKind kind)
    {
        string?[] tokens = new string?[1 + _vocabulary.Values.Concat(_added.Values.Select(a => a.Id)).DefaultIfEmpty(-1).Max()];
        foreach (AddedToken token in _added.Values)
        {
            Put(tokens, token.Id, token.Content);
        }
        foreach ((string token, int id) in _vocabulary)
        {
            if (_added.ContainsKey(token))
            {
                continue;
            }
            if (kind == TokenizerKind.ByteLevel && !ByteAlphabet.Spells(token))
            {
                throw _json.Unsupported($"the token '{token}', which is not spelled in bytes,");
            }
            Put(tokens, id, token);
        }
        return tokens;
    }

    void Put(string?[] tokens, int id, string token) =>
        tokens[id] = tokens[id] is null ? token : throw _json.Damaged($"two tokens have the id {id}");

    Merge[] Merges(JsonElement model)
    {
        JsonElement.ArrayEnumerator entries = _json.Array(model, "merges");
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> ids = _vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        List<Merge> merges = [];
        char[] joined = [];
        foreach (JsonElement entry in entries)
        {
            (string left, string right) = Pair(entry, merges.Count);
            int length = left.Length + right.Length;
            joined = joined.Length < length ? new char[2 * length] : joined;
            left.CopyTo(joined);
            right.CopyTo(joined.AsSpan(left.Length));
            ReadOnlySpan<char> whole = joined.AsSpan(0, length);
            if (
                !_vocabulary.TryGetValue(left, out int leftId)
                || !_vocabulary.TryGetValue(right, out int rightId)
                || !ids.TryGetValue(whole, out int merged)
                || (_added.TryGetValue(whole.ToString(), out AddedToken? token) && token.Special))
            {
                throw _json.Damaged($"merge {merges.Count} ('{left}' and '{right}') uses or makes a token that the vocabulary lacks");
            }
            merges.Add(new(leftId, rightId, merged));
        }
        return [.. merges];
    }

    /// <summary>Reads a merge: a pair of strings, which may contain spaces, or in older files one string with a space in between.</summary>
    (string Left, string Right) Pair(JsonElement entry, int rank)
    {
        string[] pair = entry.ValueKind switch
        {
            JsonValueKind.String => _json.Value(entry).Split(' '),
            JsonValueKind.Array when entry.GetArrayLength() == 2 && entry.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String) =>
                [_json.Value(entry[0]), _json.Value(entry[1])],
            _ => [],
        };
        return pair is [{ Length: > 0 } left, { Length: > 0 } right]
            ? (left, right)
            : throw _json.Damaged($"merge {rank} is not a pair of tokens");
    }

    int[]? IdOfByte(JsonElement model, TokenizerKind kind)
    {
        if (kind != TokenizerKind.ByteLevel && !_json.Flag(model, "byte_fallback", false))
        {
            return null;
        }
        int[] ids = new int[256];
        for (int b = 0; b < 256; b++)
        {
            string spelled =
                kind == TokenizerKind.ByteLevel
                    ? ByteAlphabet.Spell([(byte)b])
                    : string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>");
            if (!_vocabulary.TryGetValue(spelled, out ids[b]) || (_added.TryGetValue(spelled, out AddedToken? added) && added.Special))
            {
                // Vocabularies that were trained on little text lack bytes that it did not contain, never those of plain English.
                ids[b] = kind == TokenizerKind.ByteLevel && (b < ' ' || b > '~')
                    ? TokenizerDefinition.NoToken
                    : throw _json.Unsupported($"a vocabulary that has no token for the byte 0x{b:X2}");
            }
        }
        return ids;
    }

    int? Unknown(JsonElement model, TokenizerKind kind)
    {
        if (kind == TokenizerKind.Unigram)
        {
            return _json.Optional(model, "unk_id") is { } id ? _json.Id(id, "'unk_id'", _vocabulary.Count - 1) : null;
        }
        if (_json.Optional(model, "unk_token") is null)
        {
            return null;
        }
        string unknown = _json.Text(model, "unk_token");
        return _vocabulary.TryGetValue(unknown, out int found) ? found
            : kind == TokenizerKind.ByteLevel ? null : throw _json.Damaged($"the unk_token '{unknown}' is not in the vocabulary");
    }

    int? IdOf(string token) =>
        _added.TryGetValue(token, out AddedToken? added) ? added.Id
        : _vocabulary.TryGetValue(token, out int id) ? id
        : null;
}
