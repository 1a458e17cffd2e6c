using System.Globalization;
using System.Text;

namespace Farsight.Text.Tokenizers;

/// <summary>Stores the UTF-8 bytes of all tokens in one array.</summary>
sealed class TokenBytes
{
    readonly byte[] _bytes;
    readonly int[] _starts;
    readonly bool[] _isByte;

    internal TokenBytes(TokenizerDefinition definition)
    {
        string?[] tokens = definition.Tokens;
        MemoryStream bytes = new();
        _starts = new int[tokens.Length + 1];
        _isByte = new bool[tokens.Length];
        for (int id = 0; id < tokens.Length; id++)
        {
            bytes.Write(Of(tokens[id] ?? "", definition.Decoder, out _isByte[id]));
            _starts[id + 1] = (int)bytes.Length;
        }
        _bytes = bytes.ToArray();
    }

    /// <summary>The bytes of a token; none for an id without one.</summary>
    internal ReadOnlySpan<byte> this[int id] => (uint)id < (uint)_isByte.Length ? _bytes.AsSpan(_starts[id].._starts[id + 1]) : [];

    /// <summary>Returns whether the token is one byte, which makes a character only with its neighbors.</summary>
    internal bool IsByte(int id) => (uint)id < (uint)_isByte.Length && _isByte[id];

    /// <summary>Returns the byte that <c>&lt;0x0A&gt;</c> spells, or null.</summary>
    internal static byte? ReadByte(string token) =>
        token is ['<', '0', 'x', var high, var low, '>'] && char.IsAsciiHexDigit(high) && char.IsAsciiHexDigit(low)
            ? byte.Parse([high, low], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : null;

    static byte[] Of(string token, DecoderDefinition decoder, out bool isByte)
    {
        isByte = false;
        if (decoder.ByteLevel)
        {
            return ByteAlphabet.Read(token) ?? Encoding.UTF8.GetBytes(token); // an added token need not be spelled in bytes
        }
        foreach (ReplaceStep replacement in decoder.Replacements)
        {
            token = token.Replace(replacement.Old, replacement.Replacement, StringComparison.Ordinal);
        }
        byte? single = decoder.ByteFallback ? ReadByte(token) : null;
        isByte = single is not null;
        return single is { } value ? [value] : Encoding.UTF8.GetBytes(token);
    }
}
