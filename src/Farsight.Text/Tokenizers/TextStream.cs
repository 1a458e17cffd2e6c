using System.Buffers;
using System.Text;

namespace Farsight.Text.Tokenizers;

/// <summary>Decodes the bytes of tokens to text, token by token, in whole characters.</summary>
abstract class TextStream
{
    /// <summary>Takes the next token and writes the text that is now certain.</summary>
    internal abstract void Append(int id, ArrayBufferWriter<char> text);

    /// <summary>Ends the text. The stream can then be used again.</summary>
    internal abstract void Finish(ArrayBufferWriter<char> text);

    /// <summary>Returns the stream for a vocabulary.</summary>
    internal static TextStream For(TokenizerDefinition definition, TokenBytes bytes) =>
        definition.Decoder.ByteLevel ? new ByteLevelStream(bytes) : new SentencePieceStream(definition, bytes);
}

/// <summary>Decodes byte-level tokens as one UTF-8 text; invalid bytes become U+FFFD.</summary>
sealed class ByteLevelStream(TokenBytes bytes) : TextStream
{
    readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    internal override void Append(int id, ArrayBufferWriter<char> text) => Decode(bytes[id], text, flush: false);

    internal override void Finish(ArrayBufferWriter<char> text) => Decode([], text, flush: true);

    void Decode(ReadOnlySpan<byte> token, ArrayBufferWriter<char> text, bool flush) =>
        text.Advance(_decoder.GetChars(token, text.GetSpan(token.Length + 4), flush));
}

/// <summary>
/// Decodes SentencePiece-style tokens. A run of byte tokens is decoded as UTF-8 if valid, otherwise each byte becomes U+FFFD.
/// </summary>
/// <remarks>That is what Hugging Face's library does, so a run is held back until a token ends it.</remarks>
sealed class SentencePieceStream(TokenizerDefinition definition, TokenBytes bytes) : TextStream
{
    readonly DecoderDefinition _decoder = definition.Decoder;
    readonly ArrayBufferWriter<byte> _run = new();
    bool _started;
    int _toStrip = definition.Decoder.MostStripped;

    internal override void Append(int id, ArrayBufferWriter<char> text)
    {
        if (bytes.IsByte(id))
        {
            _run.Write(bytes[id]);
        }
        else if (!_started && _decoder.DroppedInFirst is { } dropped && id < definition.Tokens.Length && definition.Tokens[id] is { } first)
        {
            Write(first.Replace(dropped.ToString(), "", StringComparison.Ordinal), text);
        }
        else
        {
            EndRun(text);
            WriteUtf8(bytes[id], text);
        }
        _started |= id < definition.Tokens.Length && definition.Tokens[id] is not null;
    }

    internal override void Finish(ArrayBufferWriter<char> text)
    {
        EndRun(text);
        _toStrip = _decoder.MostStripped;
        _started = false;
    }

    void EndRun(ArrayBufferWriter<char> text)
    {
        if (_run.WrittenCount == 0)
        {
            return;
        }
        if (System.Text.Unicode.Utf8.IsValid(_run.WrittenSpan))
        {
            WriteUtf8(_run.WrittenSpan, text);
        }
        else
        {
            Write(new string('\uFFFD', _run.WrittenCount), text);
        }
        _run.ResetWrittenCount();
    }

    void WriteUtf8(ReadOnlySpan<byte> utf8, ArrayBufferWriter<char> text)
    {
        Span<char> chars = text.GetSpan(utf8.Length + 1);
        int count = Encoding.UTF8.GetChars(utf8, chars);
        int skipped = Strip(chars[..count]);
        chars[skipped..count].CopyTo(chars);
        text.Advance(count - skipped);
    }

    void Write(ReadOnlySpan<char> part, ArrayBufferWriter<char> text) => text.Write(part[Strip(part)..]);

    int Strip(ReadOnlySpan<char> part)
    {
        int skipped = 0;
        while (_toStrip > 0 && skipped < part.Length)
        {
            bool strips = part[skipped] == _decoder.Stripped;
            _toStrip = strips ? _toStrip - 1 : 0;
            skipped += strips ? 1 : 0;
        }
        return skipped;
    }
}
