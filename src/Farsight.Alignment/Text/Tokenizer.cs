using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Unicode;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;

namespace Farsight.Alignment.Text;

/// <summary>A byte-level BPE tokenizer, read from Hugging Face's tokenizer.json: text to token ids and back.</summary>
/// <remarks>
/// Any text can be encoded, and <see cref="Decode"/> gives it back (composed, where the tokenizer composes characters first;
/// half a surrogate pair becomes U+FFFD). Encoding never adds a token by itself. All members may be used by many threads.
/// </remarks>
public sealed class Tokenizer
{
    const int LongestCachedPiece = 64;
    const int LargestCache = 1 << 16;

    readonly ReadOnlyMemory<byte> _json;
    readonly TokenizerDefinition _definition;
    readonly BytePairMerges _merges;
    readonly Dictionary<string, AddedToken> _added;
    readonly HashSet<int> _special;
    readonly AddedTokenFinder _everyAdded, _ordinaryAdded;
    readonly Dictionary<string, int> _wholePieces = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, int[]> _pieces = new(StringComparer.Ordinal);
    int _cached;

    Tokenizer(ReadOnlyMemory<byte> json, string name)
    {
        _json = json;
        _definition = new TokenizerReader(name).Read(json);
        _added = _definition.Added.ToDictionary(a => a.Content, StringComparer.Ordinal);
        _special = [.. _definition.Added.Where(a => a.Special).Select(a => a.Id)];
        _everyAdded = new(_definition.Added);
        _ordinaryAdded = new(_definition.Added.Where(a => !a.Special && string.IsNullOrWhiteSpace(a.Content)));
        _merges = new(IdOfBytes(name), _definition.Merges);
        if (_definition.IgnoresMerges)
        {
            FillWholePieces();
        }
    }

    /// <summary>One more than the largest id. A model may have more rows than that.</summary>
    public int VocabSize => _definition.Bytes.Length;

    /// <summary>The token that the file's post-processor puts before every text, if it does.</summary>
    public int? Bos => _definition.Bos;

    /// <summary>The tokens beside the merges: control tokens and such.</summary>
    public IReadOnlyList<AddedToken> AddedTokens => _definition.Added;

    /// <summary>Reads the tokenizer of a model directory and checks that the model knows all of its tokens.</summary>
    /// <param name="directory">Holds tokenizer.json.</param>
    /// <param name="modelVocabulary">V of the model.</param>
    /// <exception cref="InputException">As <see cref="Load"/>, or the tokenizer has more tokens than the model.</exception>
    public static Tokenizer LoadFor(string directory, int modelVocabulary)
    {
        Tokenizer tokenizer = Load(directory);
        return tokenizer.VocabSize <= modelVocabulary ? tokenizer : throw new InputException(
            $"{FileOf(directory)} has {tokenizer.VocabSize} tokens, config.json says vocab_size {modelVocabulary}; the two are not of one model, so fetch both again.");
    }

    /// <summary>Reads a tokenizer.json, or the one in a directory.</summary>
    /// <exception cref="InputException">The file cannot be read, is damaged, or describes something other than a byte-level BPE.</exception>
    public static Tokenizer Load(string path)
    {
        string file = FileOf(path);
        try
        {
            byte[] bytes = File.ReadAllBytes(file);
            return new(bytes.AsMemory(bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? 3 : 0), file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"The tokenizer '{file}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads the content of a tokenizer.json.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="InputException">As for <see cref="Load"/>.</exception>
    public static Tokenizer Parse(ReadOnlyMemory<byte> json, string name) => new(json, name);

    /// <summary>Writes the tokenizer.json it was read from, to a .json file or into a directory.</summary>
    /// <exception cref="IOException">The file could not be written.</exception>
    public void Save(string path) => AtomicFile.Write(FileOf(path), file => file.Write(_json.Span));

    /// <summary>The id of an added token such as <c>&lt;|user|&gt;</c>, or null.</summary>
    public int? IdOf(string addedToken) => _added.TryGetValue(addedToken, out AddedToken? token) ? token.Id : null;

    /// <summary>Whether the id is that of a control token.</summary>
    public bool IsSpecial(int id) => _special.Contains(id);

    /// <summary>A token as text, for people: U+FFFD where it holds part of a character; empty for an id without a token.</summary>
    public string TokenText(int id) => Encoding.UTF8.GetString(BytesOf(id, skipSpecialTokens: false));

    /// <summary>Encodes text. Text that spells a control token stays text, so that a document cannot inject one.</summary>
    /// <remarks>Of the added tokens only those are recognised that are not special and are all white space, as some vocabularies have them.</remarks>
    public int[] Encode(ReadOnlySpan<char> text) => Encode(text, _ordinaryAdded);

    /// <summary>Encodes text and takes added tokens spelled in it for what they are. Not for text of others.</summary>
    public int[] EncodeWithSpecialTokens(ReadOnlySpan<char> text) => Encode(text, _everyAdded);

    /// <summary>How many tokens <see cref="Encode(ReadOnlySpan{char})"/> makes of the text.</summary>
    public int Count(ReadOnlySpan<char> text) => Encode(text).Length;

    /// <summary>The text of tokens; bytes that are no character become U+FFFD, ids without a token nothing.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true)
    {
        ArrayBufferWriter<byte> bytes = new();
        foreach (int id in ids)
        {
            bytes.Write(BytesOf(id, skipSpecialTokens));
        }
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    internal ReadOnlySpan<byte> BytesOf(int id, bool skipSpecialTokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        return id >= VocabSize || (skipSpecialTokens && _special.Contains(id)) ? [] : _definition.Bytes[id];
    }

    int[] Encode(ReadOnlySpan<char> text, AddedTokenFinder finder)
    {
        List<int> ids = [];
        Room room = new([], new());
        while (finder.Find(text, out int at) is { } token)
        {
            EncodeText(text[..at], ids, room);
            ids.Add(token.Id);
            text = text[(at + token.Content.Length)..];
        }
        EncodeText(text, ids, room);
        return [.. ids];
    }

    void EncodeText(ReadOnlySpan<char> text, List<int> ids, Room room)
    {
        if (_definition.Composes)
        {
            text = UnicodeComposition.Compose(text);
        }
        _definition.PreTokenizer.Split(text, room.Ends);
        ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> pieces = _pieces.GetAlternateLookup<ReadOnlySpan<char>>();
        int start = 0;
        foreach (int end in room.Ends)
        {
            ReadOnlySpan<char> piece = text[start..end];
            if (!pieces.TryGetValue(piece, out int[]? tokens))
            {
                tokens = EncodePiece(piece, room);
                Remember(piece, tokens);
            }
            ids.AddRange(tokens);
            start = end;
        }
    }

    int[] EncodePiece(ReadOnlySpan<char> piece, Room room)
    {
        if (_definition.IgnoresMerges && _wholePieces.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(piece, out int whole))
        {
            return [whole];
        }
        int most = Encoding.UTF8.GetMaxByteCount(piece.Length);
        Span<byte> bytes = most <= 512 ? stackalloc byte[most] : new byte[most];
        return _merges.Apply(bytes[..Encoding.UTF8.GetBytes(piece, bytes)], room.Candidates);
    }

    void Remember(ReadOnlySpan<char> piece, int[] tokens)
    {
        if (piece.Length <= LongestCachedPiece && Volatile.Read(ref _cached) < LargestCache && _pieces.TryAdd(piece.ToString(), tokens))
        {
            Interlocked.Increment(ref _cached);
        }
    }

    int[] IdOfBytes(string name)
    {
        int[] ids = new int[256];
        Array.Fill(ids, -1);
        HashSet<int> added = [.. _definition.Added.Select(a => a.Id)];
        for (int id = 0; id < VocabSize; id++)
        {
            if (_definition.Bytes[id] is [byte single] && !added.Contains(id))
            {
                ids[single] = id;
            }
        }
        int missing = Array.IndexOf(ids, -1);
        return missing < 0 ? ids : throw new InputException($"'{name}': the vocabulary has no token for the byte 0x{missing:X2}; use a model with a byte-level BPE tokenizer.");
    }

    void FillWholePieces()
    {
        for (int id = 0; id < VocabSize; id++)
        {
            if (_definition.Bytes[id] is { } bytes && !_special.Contains(id) && Utf8.IsValid(bytes))
            {
                _wholePieces.TryAdd(Encoding.UTF8.GetString(bytes), id);
            }
        }
    }

    static string FileOf(string path) => Directory.Exists(path) || !path.EndsWith(".json", StringComparison.Ordinal) ? Path.Combine(path, "tokenizer.json") : path;

    /// <summary>What one call works in, so that pieces do not allocate.</summary>
    readonly record struct Room(List<int> Ends, PriorityQueue<BytePairMerges.Candidate, long> Candidates);
}
