using System.Text;

namespace Farsight.Alignment.Text;

/// <summary>Decodes tokens as they are generated and never gives out part of a character.</summary>
/// <remarks>What it gives out, put together, is what <see cref="Tokenizer.Decode"/> makes of all the tokens. For one thread.</remarks>
public sealed class StreamingDecoder
{
    readonly Tokenizer _tokenizer;
    readonly bool _skipSpecialTokens;
    readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    /// <summary>Starts a new text.</summary>
    public StreamingDecoder(Tokenizer tokenizer, bool skipSpecialTokens = true)
    {
        _tokenizer = tokenizer;
        _skipSpecialTokens = skipSpecialTokens;
    }

    /// <summary>Takes the next token; returns the characters that are now complete, often none within an emoji.</summary>
    public string Append(int id) => Decode(_tokenizer.BytesOf(id, _skipSpecialTokens), flush: false);

    /// <summary>Ends the text; returns U+FFFD when it ends within a character, else nothing. The stream can then be used again.</summary>
    public string Finish() => Decode([], flush: true);

    string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        Span<char> chars = bytes.Length <= 128 ? stackalloc char[bytes.Length + 4] : new char[bytes.Length + 4];
        int count = _decoder.GetChars(bytes, chars, flush);
        return new(chars[..count]);
    }
}
