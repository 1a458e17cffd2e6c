using System.Text.Json;

namespace Farsight.Text.Tokenizers;

/// <summary>Reads each <c>Replace</c> of a normalizer or a decoder.</summary>
sealed class ReplacementReader(TokenizerJson json)
{
    // real files put one character for another; keeps a damaged file from making gigabytes of a short text
    const double MostGrowth = 64;

    double _growth = 1;

    internal ReplaceStep Read(JsonElement replace)
    {
        JsonElement pattern = json.Object(replace, "pattern");
        if (json.Optional(pattern, "String") is null || json.Text(pattern, "String") is not { Length: > 0 } old)
        {
            throw json.Unsupported("'Replace' of anything but a text");
        }
        string content = json.Text(replace, "content");
        _growth *= Math.Max(1, (double)content.Length / old.Length);
        return _growth <= MostGrowth ? new(old, content) : throw json.Unsupported("'Replace' of a short text by a very long one");
    }
}
