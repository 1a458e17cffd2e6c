using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Farsight.Engine;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Files;

namespace Farsight.Text.Tokenizers;

/// <summary>
/// Represents a tokenizer, byte-level or SentencePiece-style BPE or unigram, read from Hugging Face's tokenizer.json or SentencePiece's
/// tokenizer.model.
/// </summary>
/// <remarks>
/// Text that is encoded comes back from <see cref="Decode"/> (composed, where the tokenizer composes characters first; half a
/// surrogate pair becomes U+FFFD). Encoding never adds a token by itself. All members may be used by many threads.
/// </remarks>
public sealed class Tokenizer
{
    const string JsonFile = "tokenizer.json";
    const int MeanTokenBytes = 5;

    readonly Lazy<ReadOnlyMemory<byte>> _json;
    readonly TokenizerDefinition _definition;
    readonly Dictionary<string, AddedToken> _added;
    readonly TokenBytes _bytes;
    readonly PieceModel _model;
    readonly AddedTokens _ordinary, _every, _inside;
    readonly ConcurrentBag<EncodingBuffers> _rooms = []; // as many as threads that have encoded at once

    Tokenizer(ReadOnlyMemory<byte> json, string name, TokenizerConfig config, int capacity = int.MaxValue)
    {
        _definition = new TokenizerReader(name).Read(json, config, capacity);
        _json = new(() => _definition.AddsTokens ? TokenizerJsonWriter.WithAdded(json, _definition.Added) : json);
        Notices = _definition.Notices;
        _added = _definition.Added.ToDictionary(a => a.Content, StringComparer.Ordinal);
        _bytes = new(_definition);
        BytePairMerges merges = new(new(_definition.Merges));
        WholePieces? whole = _definition.IgnoresMerges ? new(_definition.Vocabulary, _definition.Special) : null;
        _model = Kind switch
        {
            TokenizerKind.ByteLevel => new ByteLevelModel(_definition, merges, whole),
            TokenizerKind.SentencePiece => new SentencePieceModel(_definition, merges, whole),
            _ => new UnigramModel(_definition),
        };
        _ordinary = new(_definition.Added.Where(IsOrdinary), _definition.Normalizer);
        _every = new(_definition.Added, _definition.Normalizer);
        _inside = new(_definition.Added.Where(IsOrdinary), [.. _definition.Normalizer.Where(s => s is not PrependStep)]);
        Bos = config.Bos is not null ? IdOfAny(config.Bos) : _definition.Before is [var first, ..] && IsSpecial(first) ? first : null;
        Eos = config.Eos is not null ? IdOfAny(config.Eos) : _definition.After is [.., var last] && IsSpecial(last) ? last : null;
        Before = Around(_definition.Before, Bos, config.AddsBos);
        After = Around(_definition.After, Eos, config.AddsEos);
        Named = config.Named.Where(n => IdOfAny(n.Value) is not null).ToDictionary(n => n.Key, n => IdOfAny(n.Value)!.Value);
    }

    /// <summary>Gets how text becomes tokens.</summary>
    public TokenizerKind Kind => _definition.Kind;

    /// <summary>Gets the largest id plus one. A model may have more rows.</summary>
    public int VocabSize => _definition.Tokens.Length;

    /// <summary>Gets the token that begins a text, from tokenizer_config.json or the post-processor.</summary>
    public int? Bos { get; }

    /// <summary>Gets the token that ends a text, from tokenizer_config.json or the post-processor. A chat may use another.</summary>
    public int? Eos { get; }

    /// <summary>
    /// Gets the tokens that the model expects before a text: usually BOS or none. <see cref="Encode(ReadOnlySpan{char})"/> does not
    /// add them.
    /// </summary>
    public IReadOnlyList<int> Before { get; }

    /// <summary>Gets the tokens that the model expects after a text: usually none.</summary>
    public IReadOnlyList<int> After { get; }

    /// <summary>Gets the ids of the special tokens by the names that files beside tokenizer.json give them, such as sep_token.</summary>
    internal IReadOnlyDictionary<string, int> Named { get; }

    /// <summary>Gets the tokens outside the merges, such as control tokens.</summary>
    public IReadOnlyList<AddedToken> AddedTokens => _definition.Added;

    /// <summary>Gets notices about contradictions between the tokenizer's files, with the value that is used.</summary>
    public IReadOnlyList<string> Notices { get; private init; }

    /// <summary>Loads the tokenizer of a model and checks that the model has all of its tokens.</summary>
    /// <param name="model">A directory with tokenizer.json or tokenizer.model, or a GGUF file.</param>
    /// <param name="modelVocabulary">V of the model.</param>
    /// <exception cref="InputException">As <see cref="Load"/>, or the tokenizer has more tokens than the model.</exception>
    public static Tokenizer LoadFor(string model, int modelVocabulary)
    {
        Tokenizer tokenizer = LoadWithin(model, modelVocabulary);
        return tokenizer.VocabSize <= modelVocabulary
            ? tokenizer
            : throw new InputException(
                $"{FileOf(model)} has {tokenizer.VocabSize} tokens, the model has vocab_size {modelVocabulary}; they do not belong to "
                    + "the same model, so download both again."
            );
    }

    /// <summary>
    /// Loads a tokenizer.json, or the one in a directory, with tokenizer_config.json, special_tokens_map.json and added_tokens.json
    /// beside it if present; or a tokenizer.model of SentencePiece, where there is no tokenizer.json; or the tokenizer of a GGUF file.
    /// </summary>
    /// <exception cref="InputException">A file cannot be read, is damaged, or describes something that is not supported, which is
    /// named.</exception>
    public static Tokenizer Load(string path) => LoadWithin(path, int.MaxValue);

    static Tokenizer LoadWithin(string path, int capacity)
    {
        if (GgufFile.IsGguf(path))
        {
            using GgufFile gguf = GgufFile.Open(path);
            GgufTokenizer lists = GgufTokenizer.Read(gguf);
            (ReadOnlyMemory<byte> json, TokenizerConfig told) = GgufTokenizerReader.Read(path, lists);
            Tokenizer tokenizer = new(json, path, told);
            return lists.Json is not null && GgufTokenizerReader.Contradiction(path, lists, tokenizer._definition.Tokens) is { } notice
                ? new(json, path, told) { Notices = [.. tokenizer.Notices, notice] }
                : tokenizer;
        }
        string file = FileOf(path);
        TokenizerConfig config = SpecialTokenFiles.Read(Path.GetDirectoryName(file)!);
        ReadOnlyMemory<byte> content = TokenizerJson.ReadFile(file);
        if (file.EndsWith(".model", StringComparison.Ordinal))
        {
            (content, config) = SentencePieceFile.Read(content, file, config);
        }
        return new(content, file, config, capacity);
    }

    /// <summary>Parses the content of a tokenizer.json.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="InputException">As for <see cref="Load"/>.</exception>
    public static Tokenizer Parse(ReadOnlyMemory<byte> json, string name) => new(json, name, new(null, null, null, null));

    /// <summary>
    /// Gets the content of a tokenizer.json that describes the tokenizer, with the tokens that the files beside it add: UTF-8.
    /// </summary>
    public ReadOnlyMemory<byte> Json => _json.Value;

    /// <summary>Gets the SHA-256 of <see cref="Json"/> in hexadecimal. Tokenizers with equal hashes have equal token ids.</summary>
    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Json.Span));

    /// <summary>Writes <see cref="Json"/> to a .json file or into a directory.</summary>
    /// <exception cref="IOException">The file could not be written.</exception>
    public void Save(string path) => AtomicFile.Write(
        path.EndsWith(".json", StringComparison.Ordinal) ? path : Path.Combine(path, JsonFile),
        file => file.Write(Json.Span));

    /// <summary>Returns the id of an added token such as <c>&lt;|user|&gt;</c>, or null.</summary>
    internal int? IdOf(string addedToken) => _added.TryGetValue(addedToken, out AddedToken? token) ? token.Id : null;

    /// <summary>Returns whether the id is that of a control token.</summary>
    public bool IsSpecial(int id) => _definition.Special.Contains(id);

    /// <summary>Returns a token as text for display: U+FFFD for part of a character, empty for an id without a token.</summary>
    public string TokenText(int id) => Encoding.UTF8.GetString(_bytes[id]);

    /// <summary>Returns the bytes of a token in a text: UTF-8, or part of a character; none for an id without a token.</summary>
    public ReadOnlySpan<byte> BytesOf(int id) => _bytes[id];

    /// <summary>Encodes text. Text that spells a control token is encoded as text, so that a document cannot inject one.</summary>
    /// <remarks>Recognizes only those added tokens that are not special and consist of white space; some vocabularies have them.</remarks>
    public int[] Encode(ReadOnlySpan<char> text) => Encode(text, _ordinary, []);

    /// <summary>
    /// Encodes text that continues another text: like <see cref="Encode(ReadOnlySpan{char})"/>, but without the leading space that
    /// SentencePiece vocabularies add.
    /// </summary>
    public int[] EncodeInside(ReadOnlySpan<char> text) => Encode(text, _inside, []);

    /// <summary>Encodes text and recognizes added tokens in it. Not for untrusted text.</summary>
    internal int[] EncodeWithSpecialTokens(ReadOnlySpan<char> text) => Encode(text, _every, []);

    /// <summary>Encodes text with added tokens that contains untrusted ranges, such as a rendered chat template.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="foreign">Ranges of foreign text; an added token that overlaps one of them remains text.</param>
    internal int[] EncodeWithSpecialTokens(ReadOnlySpan<char> text, IReadOnlyList<Range> foreign) => Encode(text, _every, foreign);

    /// <summary>Adds <see cref="Before"/> and <see cref="After"/> to the tokens of a text.</summary>
    public int[] Enclose(ReadOnlySpan<int> ids) => [.. Before, .. ids, .. After];

    /// <summary>Counts the tokens that <see cref="Encode(ReadOnlySpan{char})"/> returns for the text.</summary>
    public int Count(ReadOnlySpan<char> text) => Encode(text).Length;

    /// <summary>Decodes tokens. Bytes that are not a character become U+FFFD; ids without a token are skipped.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true)
    {
        if (_definition.Decoder.ByteLevel)
        {
            return DecodeBytes(ids, skipSpecialTokens);
        }
        TextStream stream = NewStream();
        ArrayBufferWriter<char> text = new();
        foreach (int id in ids)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(id, nameof(ids));
            if (!skipSpecialTokens || !IsSpecial(id))
            {
                stream.Append(id, text);
            }
        }
        stream.Finish(text);
        return text.WrittenSpan.ToString();
    }

    /// <summary>Returns the vocabulary for other file formats.</summary>
    public TokenizerVocabulary ToVocabulary() => new()
    {
        Kind = Kind,
        Tokens = _definition.Tokens,
        Kinds = [.. Enumerable.Range(0, VocabSize).Select(KindOf)],
        RightStripped = AddedTokens.Where(t => t.RightStrip).Select(t => t.Id).ToHashSet(),
        Merges = [.. _definition.Merges.Select(m => (m.Left, m.Right))],
        SplitPattern = _definition.SplitPatterns is { } patterns ? GgufPreTokenizer.NameOf(patterns, _definition.IgnoresMerges) : null,
        IgnoresMerges = _definition.IgnoresMerges,
        AddsPrefixSpace = _definition.Prefix.Any(s => s is PrefixStep) || _definition.Normalizer.Any(s => s is PrependStep),
        Bos = Bos,
        Eos = Eos,
        Unknown = _definition.Unknown,
        Named = Named,
        AddsBos = Before.Count > 0 && Before[0] == Bos,
        AddsEos = After.Count > 0 && After[^1] == Eos,
    };

    internal TextStream NewStream() => TextStream.For(_definition, _bytes);

    /// <summary>All bytes at once: a decoder that is called for every token takes much longer.</summary>
    string DecodeBytes(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        ArrayBufferWriter<byte> utf8 = new((ids.Length + 1) * MeanTokenBytes);
        foreach (int id in ids)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(id, nameof(ids));
            if (!skipSpecialTokens || !IsSpecial(id))
            {
                utf8.Write(_bytes[id]);
            }
        }
        return Encoding.UTF8.GetString(utf8.WrittenSpan);
    }

    TokenKind KindOf(int id) => _definition.Tokens[id] switch
    {
        null => TokenKind.Unused,
        _ when id == _definition.Unknown && Kind != TokenizerKind.ByteLevel => TokenKind.Unknown,
        _ when IsSpecial(id) => TokenKind.Control,
        var token when _added.ContainsKey(token) => TokenKind.UserDefined,
        _ when _bytes.IsByte(id) => TokenKind.Byte,
        _ => TokenKind.Normal,
    };

    int[] Encode(ReadOnlySpan<char> text, AddedTokens added, IReadOnlyList<Range> foreign)
    {
        EncodingBuffers room = _rooms.TryTake(out EncodingBuffers? used) ? used : new();
        room.Ids.Clear();
        added.Cut(text, foreign, (part, first) => EncodePart(part, first, added != _inside, room), token => room.Ids.Add(token.Id));
        int[] ids = [.. room.Ids];
        _rooms.Add(room);
        return ids;
    }

    void EncodePart(ReadOnlySpan<char> part, bool first, bool prefixed, EncodingBuffers room)
    {
        ReadOnlySpan<char> text = TextStep.ApplyAll(prefixed ? _definition.Prefix : _definition.PrefixInside, part, first);
        _definition.PreTokenizer.Split(text, room.Ends);
        int start = 0;
        foreach (int end in room.Ends)
        {
            _model.Encode(text[start..end], room.Ids, room.Cache);
            start = end;
        }
    }

    int? IdOfAny(string token) => IdOf(token) ?? (_definition.Vocabulary.TryGetValue(token, out int id) ? id : null);

    static bool IsOrdinary(AddedToken token) => !token.Special && string.IsNullOrWhiteSpace(token.Content);

    static IReadOnlyList<int> Around(IReadOnlyList<int> ids, int? token, bool? adds) => (token, adds) switch
    {
        ({ } id, true) when !ids.Contains(id) => [id],
        ({ } id, false) => [.. ids.Where(i => i != id)],
        _ => ids,
    };

    /// <summary>Returns the file that <see cref="Load"/> reads first.</summary>
    public static string FileOf(string path)
    {
        if (File.Exists(path) || (path.EndsWith(".json", StringComparison.Ordinal) && !Directory.Exists(path)))
        {
            return path;
        }
        string json = Path.Combine(path, JsonFile), model = Path.Combine(path, SentencePieceFile.Name);
        return !File.Exists(json) && File.Exists(model) ? model : json;
    }
}

/// <summary>Represents the buffers and the piece cache of one encoding call; reused by later calls.</summary>
sealed class EncodingBuffers
{
    internal List<int> Ends { get; } = [];

    internal List<int> Ids { get; } = [];

    internal PieceCache Cache { get; } = new();
}
