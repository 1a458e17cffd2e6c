using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using Farsight.Engine;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Files;

namespace Farsight.Text.Tokenizers;

/// <summary>
/// A BPE tokenizer, byte-level or in the style of SentencePiece, read from Hugging Face's tokenizer.json: text to token ids and back.
/// </summary>
/// <remarks>
/// Text that is encoded comes back from <see cref="Decode"/> (composed, where the tokenizer composes characters first; half a
/// surrogate pair becomes U+FFFD). Encoding never adds a token by itself. All members may be used by many threads.
/// </remarks>
public sealed class Tokenizer
{
    const int MeanTokenBytes = 5;

    readonly ReadOnlyMemory<byte> _json;
    readonly TokenizerDefinition _definition;
    readonly Dictionary<string, AddedToken> _added;
    readonly TokenBytes _bytes;
    readonly PieceModel _model;
    readonly AddedTokens _ordinary, _every, _inside;
    readonly ConcurrentBag<EncodingRoom> _rooms = []; // as many as threads that have encoded at once

    Tokenizer(ReadOnlyMemory<byte> json, string name, TokenizerConfig config, int capacity = int.MaxValue)
    {
        _json = json;
        _definition = new TokenizerReader(name).Read(json, config, capacity);
        _added = _definition.Added.ToDictionary(a => a.Content, StringComparer.Ordinal);
        _bytes = new(_definition);
        BytePairMerges merges = new(new(_definition.Merges));
        WholePieces? whole = _definition.IgnoresMerges ? new(_definition.Vocabulary, _definition.Special) : null;
        _model =
            Kind == TokenizerKind.ByteLevel
                ? new ByteLevelModel(merges, _definition.IdOfByte!, whole)
                : new SentencePieceModel(_definition, merges, whole);
        _ordinary = new(_definition.Added.Where(IsOrdinary), _definition.Normalizer);
        _every = new(_definition.Added, _definition.Normalizer);
        _inside = new(_definition.Added.Where(IsOrdinary), [.. _definition.Normalizer.Where(s => s is not PrependStep)]);
        Bos = config.Bos is not null ? IdOfAny(config.Bos) : _definition.Before is [var first, ..] && IsSpecial(first) ? first : null;
        Eos = config.Eos is not null ? IdOfAny(config.Eos) : _definition.After is [.., var last] && IsSpecial(last) ? last : null;
        Before = Around(_definition.Before, Bos, config.AddsBos);
        After = Around(_definition.After, Eos, config.AddsEos);
    }

    /// <summary>What the merges start from.</summary>
    public TokenizerKind Kind => _definition.Kind;

    /// <summary>One more than the largest id. A model may have more rows than that.</summary>
    public int VocabSize => _definition.Tokens.Length;

    /// <summary>The token that begins a text, as tokenizer_config.json or the file's post-processor says.</summary>
    public int? Bos { get; }

    /// <summary>
    /// The token that ends a text, as tokenizer_config.json or the file's post-processor says. A chat may end by another.
    /// </summary>
    public int? Eos { get; }

    /// <summary>
    /// The tokens that the model expects before a text: usually BOS, or nothing. <see cref="Encode(ReadOnlySpan{char})"/> does not add
    /// them.
    /// </summary>
    public IReadOnlyList<int> Before { get; }

    /// <summary>The tokens that the model expects after a text: usually nothing.</summary>
    public IReadOnlyList<int> After { get; }

    /// <summary>The tokens beside the merges: control tokens and such.</summary>
    public IReadOnlyList<AddedToken> AddedTokens => _definition.Added;

    /// <summary>Sentences about contradictions between the tokenizer's files, and how each was resolved.</summary>
    public IReadOnlyList<string> Notices => _definition.Notices;

    /// <summary>Reads the tokenizer of a model and checks that the model knows all of its tokens.</summary>
    /// <param name="model">A directory with tokenizer.json, or a GGUF file.</param>
    /// <param name="modelVocabulary">V of the model.</param>
    /// <exception cref="InputException">As <see cref="Load"/>, or the tokenizer has more tokens than the model.</exception>
    public static Tokenizer LoadFor(string model, int modelVocabulary)
    {
        Tokenizer tokenizer = LoadWithin(model, modelVocabulary);
        return tokenizer.VocabSize <= modelVocabulary
            ? tokenizer
            : throw new InputException(
                $"{FileOf(model)} has {tokenizer.VocabSize} tokens, the model has vocab_size {modelVocabulary}; the two are not of one model, so fetch both again."
            );
    }

    /// <summary>
    /// Reads a tokenizer.json, or the one in a directory, and what tokenizer_config.json, special_tokens_map.json and added_tokens.json
    /// beside it add; or what a GGUF file holds.
    /// </summary>
    /// <exception cref="InputException">A file cannot be read, is damaged, or describes something that is not supported, which is
    /// named.</exception>
    public static Tokenizer Load(string path) => LoadWithin(path, int.MaxValue);

    static Tokenizer LoadWithin(string path, int capacity)
    {
        if (GgufFile.IsGguf(path))
        {
            using GgufFile gguf = GgufFile.Open(path);
            (ReadOnlyMemory<byte> json, TokenizerConfig told) = GgufTokenizerReader.Read(path, GgufTokenizer.Read(gguf));
            return new(json, path, told);
        }
        string file = FileOf(path);
        TokenizerConfig config = SpecialTokenFiles.Read(Path.GetDirectoryName(file)!);
        return new(TokenizerJson.ReadFile(file), file, config, capacity);
    }

    /// <summary>Reads the content of a tokenizer.json.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="InputException">As for <see cref="Load"/>.</exception>
    public static Tokenizer Parse(ReadOnlyMemory<byte> json, string name) => new(json, name, new(null, null, null, null));

    /// <summary>Writes the tokenizer.json it was read from, to a .json file or into a directory.</summary>
    /// <exception cref="IOException">The file could not be written.</exception>
    public void Save(string path) => AtomicFile.Write(FileOf(path), file => file.Write(_json.Span));

    /// <summary>The id of an added token such as <c>&lt;|user|&gt;</c>, or null.</summary>
    public int? IdOf(string addedToken) => _added.TryGetValue(addedToken, out AddedToken? token) ? token.Id : null;

    /// <summary>Whether the id is that of a control token.</summary>
    public bool IsSpecial(int id) => _definition.Special.Contains(id);

    /// <summary>A token as text, for people: U+FFFD where it holds part of a character; empty for an id without a token.</summary>
    public string TokenText(int id) => Encoding.UTF8.GetString(_bytes[id]);

    /// <summary>Encodes text. Text that spells a control token stays text, so that a document cannot inject one.</summary>
    /// <remarks>Of the added tokens only those are recognised that are not special and are all white space, as some vocabularies have
    /// them.</remarks>
    public int[] Encode(ReadOnlySpan<char> text) => Encode(text, _ordinary, []);

    /// <summary>
    /// As <see cref="Encode(ReadOnlySpan{char})"/>, for text that continues another: nothing is put in front of it, as SentencePiece's
    /// vocabularies do.
    /// </summary>
    public int[] EncodeInside(ReadOnlySpan<char> text) => Encode(text, _inside, []);

    /// <summary>Encodes text and takes added tokens spelled in it for what they are. Not for text of others.</summary>
    public int[] EncodeWithSpecialTokens(ReadOnlySpan<char> text) => Encode(text, _every, []);

    /// <summary>
    /// As <see cref="EncodeWithSpecialTokens(ReadOnlySpan{char})"/>, for a text that holds text of others, as a filled-in chat template
    /// does.
    /// </summary>
    /// <param name="text">The whole text.</param>
    /// <param name="foreign">The parts of it that are text of others: an added token that touches one of them stays text.</param>
    public int[] EncodeWithSpecialTokens(ReadOnlySpan<char> text, IReadOnlyList<Range> foreign) => Encode(text, _every, foreign);

    /// <summary>Puts <see cref="Before"/> and <see cref="After"/> around the tokens of a text.</summary>
    public int[] Enclose(ReadOnlySpan<int> ids) => [.. Before, .. ids, .. After];

    /// <summary>How many tokens <see cref="Encode(ReadOnlySpan{char})"/> makes of the text.</summary>
    public int Count(ReadOnlySpan<char> text) => Encode(text).Length;

    /// <summary>The text of tokens; bytes that are no character become U+FFFD, ids without a token nothing.</summary>
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

    /// <summary>What other formats store of it.</summary>
    public TokenizerVocabulary ToVocabulary() => new()
    {
        Kind = Kind,
        Tokens = _definition.Tokens,
        Kinds = [.. Enumerable.Range(0, VocabSize).Select(KindOf)],
        Merges = [.. _definition.Merges.Select(m => (m.Left, m.Right))],
        SplitPattern = _definition.SplitPattern,
        IgnoresMerges = _definition.IgnoresMerges,
        AddsPrefixSpace = _definition.Prefix.Any(s => s is PrefixStep) || _definition.Normalizer.Any(s => s is PrependStep),
        Bos = Bos,
        Eos = Eos,
        Unknown = _definition.Unknown,
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
        _ when id == _definition.Unknown && Kind == TokenizerKind.SentencePiece => TokenKind.Unknown,
        _ when IsSpecial(id) => TokenKind.Control,
        var token when _added.ContainsKey(token) => TokenKind.UserDefined,
        _ when _bytes.IsByte(id) => TokenKind.Byte,
        _ => TokenKind.Normal,
    };

    int[] Encode(ReadOnlySpan<char> text, AddedTokens added, IReadOnlyList<Range> foreign)
    {
        EncodingRoom room = _rooms.TryTake(out EncodingRoom? used) ? used : new();
        room.Ids.Clear();
        added.Cut(text, foreign, (part, first) => EncodePart(part, first, added != _inside, room), token => room.Ids.Add(token.Id));
        int[] ids = [.. room.Ids];
        _rooms.Add(room);
        return ids;
    }

    void EncodePart(ReadOnlySpan<char> part, bool first, bool prefixed, EncodingRoom room)
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

    static string FileOf(string path) =>
        File.Exists(path) ? path
        : Directory.Exists(path) || !path.EndsWith(".json", StringComparison.Ordinal) ? Path.Combine(path, "tokenizer.json")
        : path;
}
