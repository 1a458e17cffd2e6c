using System.Buffers.Text;
using System.Text;
using Farsight.Engine;

namespace Farsight.Text.Tokenizers;

/// <summary>
/// Creates a tokenizer.json from SentencePiece's tokenizer.model, a Protocol Buffers message, as older checkpoints have it.
/// </summary>
/// <remarks>Fields: sentencepiece_model.proto of SentencePiece (ModelProto, TrainerSpec, NormalizerSpec).</remarks>
sealed class SentencePieceFile
{
    /// <summary>Usual name of the file.</summary>
    internal const string Name = "tokenizer.model";

    const int Unigram = 1, BytePairs = 2, ByteType = 6;

    readonly string _file;
    readonly List<string> _pieces = [];
    readonly List<float> _scores = [];
    readonly List<int> _types = [];
    int _modelType = Unigram, _unknown, _bos = 1, _eos = 2;
    bool _isSuffix, _addsPrefixSpace = true, _removesExtraSpaces = true, _escapesSpaces = true;
    ReadOnlyMemory<byte> _characterMap;

    SentencePieceFile(ReadOnlyMemory<byte> content, string file)
    {
        _file = file;
        foreach (ProtoField field in Fields(content))
        {
            switch (field.Number)
            {
                case 1:
                    ReadPiece(field.Bytes);
                    break;
                case 2:
                    ReadTrainer(field.Bytes);
                    break;
                case 3:
                    ReadNormalizer(field.Bytes);
                    break;
            }
        }
        Check();
    }

    /// <summary>Reads a file.</summary>
    /// <param name="content">Its bytes.</param>
    /// <param name="file">Its path, for messages.</param>
    /// <param name="config">Special tokens of the files beside it, which come before those of the model.</param>
    /// <returns>
    /// A tokenizer.json, and the config with the tokens of the model. BOS is put before a text unless a file says otherwise.
    /// </returns>
    /// <exception cref="InputException">The file is damaged, or the model is of a kind that is not supported.</exception>
    internal static (ReadOnlyMemory<byte> Json, TokenizerConfig Config) Read(
        ReadOnlyMemory<byte> content,
        string file,
        TokenizerConfig config)
    {
        if (IsTiktoken(content.Span))
        {
            throw new InputException(
                $"{file} is a tokenizer of tiktoken, not of SentencePiece, and is not read. Use the tokenizer.json of the model's Hugging "
                    + $"Face version, or convert it: {TokenizerJson.Conversion(file)}");
        }
        SentencePieceFile model = new(content, file);
        int? bos = model.Existing(model._bos), eos = model.Existing(model._eos);
        bool addsBos = config.AddsBos ?? bos is not null, addsEos = config.AddsEos ?? false;
        VocabularyJson vocabulary = new()
        {
            Tokens = model._pieces,
            Types = model._types,
            Unknown = model.Existing(model._unknown),
            Before = addsBos ? bos : null,
            After = addsEos ? eos : null,
        };
        ReadOnlyMemory<byte> json = vocabulary.SentencePiece(model._scores, new()
        {
            IsUnigram = model._modelType == Unigram,
            HasBytes = model._types.Contains(ByteType),
            AddsPrefixSpace = model._addsPrefixSpace,
            RemovesExtraSpaces = model._removesExtraSpaces,
            CharacterMap = model._characterMap,
        });
        string? Spelled(int? id) => id is { } token ? model._pieces[token] : null;
        return (json, config with { Bos = config.Bos ?? Spelled(bos), Eos = config.Eos ?? Spelled(eos), AddsBos = addsBos });
    }

    /// <summary>Returns whether a file begins with a line of tiktoken: a token in Base64, a space and its rank.</summary>
    static bool IsTiktoken(ReadOnlySpan<byte> content)
    {
        int end = content.IndexOf((byte)'\n'), space = content.IndexOf((byte)' ');
        return space > 0 && end > space + 1 && Base64.IsValid(content[..space])
            && !content[(space + 1)..end].TrimEnd((byte)'\r').ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }

    int? Existing(int id) => id >= 0 && id < _pieces.Count ? id : null;

    void ReadPiece(ReadOnlyMemory<byte> piece)
    {
        (string text, float score, int type) = ("", 0, 1);
        foreach (ProtoField field in Fields(piece))
        {
            switch (field.Number)
            {
                case 1:
                    text = Encoding.UTF8.GetString(field.Bytes.Span);
                    break;
                case 2:
                    score = BitConverter.UInt32BitsToSingle((uint)field.Value);
                    break;
                case 3:
                    type = (int)field.Value;
                    break;
            }
        }
        _pieces.Add(text.Length > 0 ? text : throw Damaged($"piece {_pieces.Count} is empty"));
        _scores.Add(float.IsFinite(score) ? score : throw Damaged($"piece {_scores.Count} has no finite score"));
        _types.Add(type is >= 1 and <= 6 ? type : throw Damaged($"piece {_types.Count} has the type {type}"));
    }

    void ReadTrainer(ReadOnlyMemory<byte> trainer)
    {
        foreach (ProtoField field in Fields(trainer))
        {
            switch (field.Number)
            {
                case 3:
                    _modelType = (int)field.Value;
                    break;
                case 24:
                    _isSuffix = field.Value != 0;
                    break;
                case 40:
                    _unknown = (int)field.Value;
                    break;
                case 41:
                    _bos = (int)field.Value;
                    break;
                case 42:
                    _eos = (int)field.Value;
                    break;
            }
        }
    }

    void ReadNormalizer(ReadOnlyMemory<byte> normalizer)
    {
        foreach (ProtoField field in Fields(normalizer))
        {
            switch (field.Number)
            {
                case 2:
                    _characterMap = field.Bytes;
                    break;
                case 3:
                    _addsPrefixSpace = field.Value != 0;
                    break;
                case 4:
                    _removesExtraSpaces = field.Value != 0;
                    break;
                case 5:
                    _escapesSpaces = field.Value != 0;
                    break;
            }
        }
    }

    void Check()
    {
        string? foreign = _modelType is not (Unigram or BytePairs)
            ? $"a SentencePiece model of the type {_modelType} (neither unigram nor BPE)"
            : _isSuffix ? "a SentencePiece model with spaces at the ends of words (treat_whitespace_as_suffix)"
            : !_escapesSpaces ? "a SentencePiece model that does not escape spaces (escape_whitespaces)"
            : null;
        if (foreign is not null)
        {
            throw new InputException($"'{_file}': {foreign} is not supported; use a tokenizer.json.");
        }
        if (_pieces.Count == 0 || _pieces.Distinct(StringComparer.Ordinal).Count() < _pieces.Count)
        {
            throw Damaged(_pieces.Count == 0 ? "it has no pieces" : "a piece occurs twice");
        }
    }

    InputException Damaged(string what) => new($"'{_file}' is damaged: {what}; get the file again.");

    /// <summary>Reads the fields of a message.</summary>
    List<ProtoField> Fields(ReadOnlyMemory<byte> message)
    {
        List<ProtoField> fields = [];
        int at = 0;
        while (at < message.Length)
        {
            ulong tag = Number(message.Span, ref at);
            ulong value = 0;
            ReadOnlyMemory<byte> bytes = default;
            switch (tag & 7)
            {
                case 0:
                    value = Number(message.Span, ref at);
                    break;
                case 1:
                    bytes = Take(message, sizeof(ulong), ref at);
                    break;
                case 2:
                    bytes = Take(message, Number(message.Span, ref at), ref at);
                    break;
                case 5:
                    value = BitConverter.ToUInt32(Take(message, sizeof(uint), ref at).Span);
                    break;
                default:
                    throw Damaged("it is not a SentencePiece model");
            }
            fields.Add(new(tag >> 3, value, bytes));
        }
        return fields;
    }

    ReadOnlyMemory<byte> Take(ReadOnlyMemory<byte> message, ulong length, ref int at)
    {
        if (length > (ulong)(message.Length - at))
        {
            throw Damaged("it ends inside a field");
        }
        ReadOnlyMemory<byte> bytes = message.Slice(at, (int)length);
        at += (int)length;
        return bytes;
    }

    /// <summary>Reads a number of seven bits per byte, the lowest first.</summary>
    ulong Number(ReadOnlySpan<byte> message, ref int at)
    {
        ulong number = 0;
        for (int shift = 0; shift < 64 && at < message.Length; shift += 7)
        {
            byte next = message[at++];
            number |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return number;
            }
        }
        throw Damaged("it ends inside a number");
    }

    /// <param name="Number">Number of the field.</param>
    /// <param name="Value">Bits of an integer or a float.</param>
    /// <param name="Bytes">Bytes of a text or a message.</param>
    readonly record struct ProtoField(ulong Number, ulong Value, ReadOnlyMemory<byte> Bytes);
}
