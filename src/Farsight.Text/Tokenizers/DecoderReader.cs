using System.Text.Json;

namespace Farsight.Text.Tokenizers;

/// <summary>Reads the <c>decoder</c> of a tokenizer.json.</summary>
sealed class DecoderReader(TokenizerJson json)
{
    // the order in which the parts of a sequence are understood; none may come after a later one
    static readonly string[] s_order = ["Replace", "ByteFallback", "Fuse", "Strip"];

    readonly ReplacementReader _reader = new(json);
    readonly List<ReplaceStep> _replacements = [];
    DecoderDefinition _decoder = new();
    int _stage;
    bool _fuses;

    /// <summary>Reads the decoder of byte-level vocabularies; also the default of files without one.</summary>
    internal DecoderDefinition ReadByteLevel(JsonElement root)
    {
        if (json.Optional(root, "decoder") is { } decoder && !IsByteLevel(decoder))
        {
            throw json.Unsupported($"the decoder '{json.Type(decoder, "decoder")}' of a byte-level vocabulary");
        }
        return new() { ByteLevel = true };
    }

    /// <summary>Reads the decoder of SentencePiece-style vocabularies.</summary>
    internal DecoderDefinition ReadSentencePiece(JsonElement root)
    {
        Read(json.Optional(root, "decoder") ?? throw json.Unsupported("a SentencePiece-style vocabulary without a decoder"));
        return _decoder with { Replacements = _replacements };
    }

    bool IsByteLevel(JsonElement decoder) => json.Type(decoder, "decoder") switch
    {
        "ByteLevel" or "Fuse" => true,
        "Sequence" => json.Array(decoder, "decoders").All(IsByteLevel),
        _ => false,
    };

    void Read(JsonElement decoder)
    {
        string type = json.Type(decoder, "decoder");
        if (type == "Sequence")
        {
            foreach (JsonElement inner in json.Array(decoder, "decoders"))
            {
                Read(inner);
            }
            return;
        }
        int stage = type == "Metaspace" ? 0 : Array.IndexOf(s_order, type);
        if (stage < _stage || (type == "Metaspace" && _replacements.Count > 0))
        {
            throw json.Unsupported($"the decoder '{type}' at this place");
        }
        _stage = stage;
        Read(type, decoder);
    }

    void Read(string type, JsonElement decoder)
    {
        switch (type)
        {
            case "Replace":
                _replacements.Add(_reader.Read(decoder));
                break;
            case "Metaspace":
                MetaspaceFields fields = MetaspaceFields.Read(json, decoder);
                _replacements.Add(new(fields.Sign.ToString(), " "));
                _decoder = _decoder with { DroppedInFirst = fields.Scheme == "never" ? null : fields.Sign };
                break;
            case "ByteFallback":
                _decoder = _decoder with { ByteFallback = true };
                break;
            case "Fuse":
                _fuses = true;
                break;
            default:
                ReadStrip(decoder);
                break;
        }
    }

    void ReadStrip(JsonElement strip)
    {
        string content = json.Text(strip, "content");
        if (!_fuses || _decoder.MostStripped > 0 || content.Length != 1 || json.Number(strip, "stop") != 0)
        {
            throw json.Unsupported("the decoder 'Strip' other than once, after 'Fuse', of one character at the start");
        }
        _decoder = _decoder with { Stripped = content[0], MostStripped = json.Number(strip, "start") };
    }
}
