using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Farsight.Alignment.Hub;

/// <summary>Represents the checksum of a file: the SHA-256 of its content, or the SHA-1 by which git names it.</summary>
/// <param name="Value">40 or 64 hexadecimal digits, in lower case.</param>
public sealed record FileChecksum(string Value)
{
    const int Sha1Digits = 40, Sha256Digits = 64;

    /// <summary>Parses the value of an ETag, in quotes or not; null if it is no checksum.</summary>
    internal static FileChecksum? TryParse(string? tag)
    {
        string value = (tag ?? "").Trim();
        value = (value.StartsWith("W/", StringComparison.Ordinal) ? value[2..] : value).Trim('"').ToLowerInvariant();
        return value.Length is Sha1Digits or Sha256Digits && value.All(char.IsAsciiHexDigitLower) ? new(value) : null;
    }

    /// <summary>Computes the checksum of the same kind of a stream, from its beginning.</summary>
    internal async Task<string> Compute(Stream content, CancellationToken cancel)
    {
        content.Position = 0;
        if (Value.Length == Sha256Digits)
        {
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancel).ConfigureAwait(false));
        }
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1); // by which git names its objects
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0")));
        byte[] buffer = new byte[1 << 16];
        int read;
        while ((read = await content.ReadAsync(buffer, cancel).ConfigureAwait(false)) > 0)
        {
            hash.AppendData(buffer, 0, read);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Name of the kind, for messages.</summary>
    internal string Kind => Value.Length == Sha256Digits ? "SHA-256" : "git SHA-1";
}
