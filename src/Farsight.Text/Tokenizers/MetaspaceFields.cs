using System.Text.Json;

namespace Farsight.Text.Tokenizers;

/// <summary>Represents the fields of <c>Metaspace</c>, shared by pre-tokenizers and decoders, in old and new files.</summary>
/// <param name="Sign">What stands for the space.</param>
/// <param name="Scheme">Where it is put in front: always, first, or never.</param>
/// <param name="Splits">Text is cut before every sign.</param>
readonly record struct MetaspaceFields(char Sign, string Scheme, bool Splits)
{
    internal static MetaspaceFields Read(TokenizerJson json, JsonElement metaspace)
    {
        string sign = json.Text(metaspace, "replacement");
        string scheme = json.Optional(metaspace, "prepend_scheme") is not null ? json.Text(metaspace, "prepend_scheme")
            : json.Flag(metaspace, "add_prefix_space", true) ? "always" : "never";
        if (sign.Length != 1 || scheme is not ("always" or "first" or "never"))
        {
            throw json.Unsupported($"'Metaspace' with the replacement '{sign}' and the prepend_scheme '{scheme}'");
        }
        return new(sign[0], scheme, json.Flag(metaspace, "split", true));
    }
}
