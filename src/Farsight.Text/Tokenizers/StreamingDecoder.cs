using System.Buffers;

namespace Farsight.Text.Tokenizers;

/// <summary>Decodes tokens as they are generated and returns only complete characters.</summary>
/// <remarks>The texts that it returns, joined, equal what <see cref="Tokenizer.Decode"/> makes of all the tokens. For one thread.</remarks>
public sealed class StreamingDecoder
{
    readonly Tokenizer _tokenizer;
    readonly bool _skipSpecialTokens;
    readonly TextStream _stream;
    readonly ArrayBufferWriter<char> _text = new();

    /// <summary>Starts a new text.</summary>
    public StreamingDecoder(Tokenizer tokenizer, bool skipSpecialTokens = true)
    {
        _tokenizer = tokenizer;
        _skipSpecialTokens = skipSpecialTokens;
        _stream = tokenizer.NewStream();
    }

    /// <summary>Appends the next token and returns the characters that are now complete; often none within an emoji.</summary>
    public string Append(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        if (!_skipSpecialTokens || !_tokenizer.IsSpecial(id))
        {
            _stream.Append(id, _text);
        }
        return Take();
    }

    /// <summary>
    /// Ends the text and returns the remaining characters, or U+FFFD if it ends within a character. The decoder can then be reused.
    /// </summary>
    public string Finish()
    {
        _stream.Finish(_text);
        return Take();
    }

    string Take()
    {
        string text = _text.WrittenSpan.ToString();
        _text.ResetWrittenCount();
        return text;
    }
}
