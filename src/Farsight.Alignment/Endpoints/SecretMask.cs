using System.Globalization;
using System.Text;

namespace Farsight.Alignment.Endpoints;

/// <summary>Finds a secret and parts of it in text and replaces them.</summary>
/// <remarks>
/// The secret is found as it is, reversed, in hexadecimal and in Base64, in upper and lower case, with spaces and invisible characters in
/// it, and with characters escaped as in URLs, JSON and HTML.
/// </remarks>
/// <param name="secret">Visible ASCII characters.</param>
/// <param name="run">Number of consecutive characters of the secret that are replaced wherever they occur; of a shorter secret all.</param>
/// <param name="replacement">Stands for what is removed.</param>
sealed class SecretMask(string secret, int run, string replacement)
{
    readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>>[] _parts = [.. Forms(secret, run)
        .GroupBy(f => f.Run, f => f.Text)
        .Select(g => Parts(g, g.Key).GetAlternateLookup<ReadOnlySpan<char>>())];

    readonly int[] _runs = [.. Forms(secret, run).GroupBy(f => f.Run).Select(g => g.Key)];

    /// <summary>Returns the text with every part of the secret replaced.</summary>
    internal string Apply(string text)
    {
        (char[] characters, Range[] places) = Decoded(text);
        StringBuilder masked = new();
        int copied = 0;
        foreach ((int from, int end) in Found(characters))
        {
            masked.Append(text, copied, places[from].Start.Value - copied).Append(replacement);
            copied = places[end - 1].End.Value;
        }
        return copied == 0 ? text : masked.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>Finds the stretches of characters that are parts of the secret, in order and without overlaps.</summary>
    IEnumerable<(int From, int End)> Found(char[] characters)
    {
        int from = 0, end = 0;
        for (int at = 0; at < characters.Length; at++)
        {
            int length = LengthAt(characters, at);
            if (length == 0)
            {
                continue;
            }
            if (at > end && end > 0)
            {
                yield return (from, end);
            }
            from = at > end || end == 0 ? at : from;
            end = Math.Max(end, at + length);
        }
        if (end > 0)
        {
            yield return (from, end);
        }
    }

    int LengthAt(char[] characters, int at)
    {
        int longest = 0;
        for (int i = 0; i < _runs.Length; i++)
        {
            int length = _runs[i];
            bool isPart = length > longest && at + length <= characters.Length && _parts[i].Contains(characters.AsSpan(at, length));
            longest = isPart ? length : longest;
        }
        return longest;
    }

    /// <summary>Returns the visible ASCII characters of a text, with escapes resolved, and where each of them is.</summary>
    static (char[] Characters, Range[] Places) Decoded(string text)
    {
        List<char> characters = new(text.Length);
        List<Range> places = new(text.Length);
        for (int at = 0; at < text.Length;)
        {
            (char character, int length) = DecodedAt(text.AsSpan(at));
            if (character is > ' ' and < '\x7f')
            {
                characters.Add(character);
                places.Add(at..(at + length));
            }
            at += length;
        }
        return ([.. characters], [.. places]);
    }

    static (char Character, int Length) DecodedAt(ReadOnlySpan<char> text) => text switch
    {
        ['%', ..] when Hex(text, 1, 2) is { } code => ((char)code, 3),
        ['\\', 'u', ..] when Hex(text, 2, 4) is { } code => ((char)code, 6),
        ['\\', 'x', ..] when Hex(text, 2, 2) is { } code => ((char)code, 4),
        ['\\', '/' or '"' or '\\', ..] => (text[1], 2),
        ['&', '#', ..] when Entity(text) is ({ } code, int length) => ((char)code, length),
        _ => (text[0], 1),
    };

    /// <summary>Reads a numeric character reference of HTML.</summary>
    static (int? Code, int Length) Entity(ReadOnlySpan<char> text)
    {
        int end = text[..Math.Min(text.Length, 10)].IndexOf(';');
        bool isHex = text.Length > 2 && text[2] is 'x' or 'X';
        int first = isHex ? 3 : 2;
        return end > first && int.TryParse(
            text[first..end], isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out int code)
            ? (code & 0xFFFF, end + 1)
            : (null, 0);
    }

    static int? Hex(ReadOnlySpan<char> text, int from, int digits) =>
        text.Length >= from + digits
        && int.TryParse(text.Slice(from, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code)
            ? code
            : null;

    static HashSet<string> Parts(IEnumerable<string> forms, int length) =>
        new(
            forms.SelectMany(f => Enumerable.Range(0, f.Length - length + 1).Select(at => f.Substring(at, length))),
            StringComparer.OrdinalIgnoreCase);

    /// <summary>Returns the secret's encodings, each with the number of characters that stands for a run.</summary>
    static IEnumerable<(string Text, int Run)> Forms(string secret, int run)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(secret);
        int least = Math.Min(run, secret.Length);
        yield return (secret, least);
        yield return (string.Concat(secret.Reverse()), least);
        yield return (Convert.ToHexString(bytes), 2 * least);
        for (int offset = 0; offset < 3; offset++)
        {
            // Base64 of a longer text that begins 0, 1 or 2 bytes before the secret and ends with it; and the part that depends on no other
            // bytes, in case that more follow.
            string whole = Convert.ToBase64String([.. new byte[offset], .. bytes])[((offset * 8 + 5) / 6)..];
            string inside = whole[..((offset + bytes.Length) * 8 / 6 - (offset * 8 + 5) / 6)];
            foreach (string form in (string[])[whole, whole.TrimEnd('='), inside])
            {
                yield return (form, Math.Min(4 * least / 3, inside.Length));
                yield return (form.Replace('+', '-').Replace('/', '_'), Math.Min(4 * least / 3, inside.Length));
            }
        }
    }
}
