using System.Text.Json;

namespace Farsight.Alignment.Text.Tokenizers;

/// <summary>Reads a <c>Replace</c>, which normalizers and decoders have alike.</summary>
static class ReplacementReader
{
    internal static ReplaceStep Read(TokenizerJson json, JsonElement replace)
    {
        JsonElement pattern = json.Object(replace, "pattern");
        if (json.Optional(pattern, "String") is null || json.Text(pattern, "String") is not { Length: > 0 } old)
        {
            throw json.Unsupported("'Replace' of anything but a text");
        }
        return new(old, json.Text(replace, "content"));
    }
}
