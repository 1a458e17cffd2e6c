using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using Farsight.Alignment.Corpus.Repair;

namespace Farsight.Alignment.Corpus.Formats.Html;

/// <summary>Decodes the bytes of a page: a byte order mark decides before valid UTF-8, and that before the declared charset.</summary>
/// <remarks>Names of charsets mean what browsers take them for (WHATWG Encoding): iso-8859-1, for example, is Windows-1252.</remarks>
static partial class HtmlEncoding
{
    const int Declared = 1 << 18; // bytes that are searched for a declaration

    /// <summary>Decodes a page. Bytes without meaning in its charset become U+FFFD.</summary>
    internal static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (WideEncoding.Of(bytes) is { } wide)
        {
            return wide.GetString(bytes);
        }
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
        {
            return Encoding.UTF8.GetString(bytes[Encoding.UTF8.Preamble.Length..]);
        }
        // A file that was cut inside a character is still UTF-8.
        if (Utf8.IsValid(bytes) || IsCutUtf8(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }
        return DeclaredBy(bytes) is { } encoding ? encoding.GetString(bytes) : TextRepair.Narrow(bytes, []);
    }

    static bool IsCutUtf8(ReadOnlySpan<byte> bytes)
    {
        for (int cut = 1; cut <= Math.Min(3, bytes.Length); cut++)
        {
            if (Rune.DecodeFromUtf8(bytes[^cut..], out _, out _) == OperationStatus.NeedMoreData)
            {
                return bytes[..^cut].ContainsAnyInRange((byte)0x80, (byte)0xFF) && Utf8.IsValid(bytes[..^cut]);
            }
        }
        return false;
    }

    /// <summary>Returns the declared encoding; null for none, an unknown one, and UTF-8 or UTF-16, which the bytes contradict.</summary>
    static Encoding? DeclaredBy(ReadOnlySpan<byte> bytes)
    {
        string start = Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, Declared)]);
        Match match = Charset().Match(Comment().Replace(start, ""));
        if (!match.Success)
        {
            return null;
        }
        string name = match.Groups["name"].Value.ToLowerInvariant();
        int page = name switch
        {
            "iso-8859-1" or "iso8859-1" or "iso_8859-1" or "latin1" or "latin-1" or "l1" or "us-ascii" or "ascii" or "cp1252" or "x-cp1252"
                => 1252,
            "iso-8859-9" or "iso8859-9" or "latin5" or "l5" => 1254,
            "iso-8859-11" or "tis-620" or "windows-874" => 874,
            "shift_jis" or "shift-jis" or "sjis" or "x-sjis" or "ms_kanji" or "windows-31j" or "ms932" => 932,
            "gb2312" or "gbk" or "x-gbk" or "gb_2312-80" or "chinese" or "gb18030" => 54936,
            "euc-kr" or "ks_c_5601-1987" or "ks_c_5601-1989" or "korean" or "windows-949" => 949,
            "big5" or "big5-hkscs" or "x-x-big5" or "cn-big5" => 950,
            "euc-jp" or "x-euc-jp" => 51932,
            "iso-2022-jp" => 50220,
            "koi8-r" or "koi8" or "koi" => 20866,
            "koi8-u" or "koi8-ru" => 21866,
            "iso-8859-8-i" or "iso-8859-8" or "logical" => 1255,
            "macintosh" or "mac" or "x-mac-roman" => 10000,
            "cp866" or "ibm866" or "866" => 866,
            _ when CodePage().Match(name) is { Success: true } numbered
                => int.Parse(numbered.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture),
            _ when IsoPart().Match(name) is { Success: true } part
                => 28590 + int.Parse(part.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture),
            _ => 0,
        };
        try
        {
            return page == 0 ? null : CodePagesEncodingProvider.Instance.GetEncoding(page, EncoderFallback.ReplacementFallback, Lost);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    static DecoderReplacementFallback Lost => new("\uFFFD");

    [GeneratedRegex("<!--.*?-->", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(
        """(<meta\s[^>]*?charset\s*=\s*["']?\s*|^\s*<\?xml\s[^>]*?encoding\s*=\s*["'])(?<name>[\w.:-]+)""", RegexOptions.IgnoreCase)]
    private static partial Regex Charset();

    [GeneratedRegex(@"^(?:windows-|cp|x-cp)(125\d)$")]
    private static partial Regex CodePage();

    [GeneratedRegex(@"^iso[-_]?8859-(\d\d?)$")]
    private static partial Regex IsoPart();
}
