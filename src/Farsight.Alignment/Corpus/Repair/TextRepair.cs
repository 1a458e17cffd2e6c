using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Farsight.Alignment.Corpus.Repair;

/// <summary>Decodes bytes and repairs text with encoding errors, and reports the repairs.</summary>
static class TextRepair
{
    const char Replacement = '\uFFFD', Mark = '\uFEFF', NextLine = '\u0085';

    /// <summary>Characters that no document should contain: control characters except for tab and line ends.</summary>
    static readonly SearchValues<char> s_controls = SearchValues.Create(
    [
        .. Enumerable.Range(0, 32).Concat(Enumerable.Range(127, 33)).Select(c => (char)c).Except(['\t', '\n', '\r', '\f', '\v', NextLine]),
        Mark,
    ]);

    static readonly SearchValues<char> s_lineEnds = SearchValues.Create('\r', '\f', '\v', NextLine);

    /// <summary>
    /// Decodes a file: as UTF-8 if valid, as UTF-16 or UTF-32 if it has their mark or zero bytes, and otherwise as Windows-1252.
    /// </summary>
    public static RepairedText Decode(ReadOnlySpan<byte> bytes)
    {
        List<RepairCount> repairs = [];
        string text = WideEncoding.Of(bytes) is { } encoding ? Wide(bytes, encoding, repairs) : Narrow(bytes, repairs);
        return Clean(text, repairs);
    }

    /// <summary>Repairs text of known encoding, such as a JSON string: wrongly decoded UTF-8, control characters and line ends.</summary>
    public static RepairedText Clean(string text) => Clean(text, []);

    /// <summary>Decodes UTF-8. Other bytes become their Windows-1252 characters, or U+FFFD if most of the text is UTF-8.</summary>
    internal static string Narrow(ReadOnlySpan<byte> bytes, List<RepairCount> repairs)
    {
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
        {
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
            repairs.Add(new(RepairKind.ByteOrderMark, 1));
        }
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Mixed(bytes, repairs);
    }

    static string Wide(ReadOnlySpan<byte> bytes, Encoding encoding, List<RepairCount> repairs)
    {
        repairs.Add(new(RepairKind.WideEncoding, 1));
        string text = encoding.GetString(bytes);
        return text.StartsWith(Mark) ? text[1..] : text;
    }

    static string Mixed(ReadOnlySpan<byte> bytes, List<RepairCount> repairs)
    {
        (int sequences, int wrong) = Survey(bytes);
        bool isUtf8 = sequences > wrong;
        StringBuilder text = new(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                text.Append(isUtf8 ? Replacement : Windows1252.CharOf(bytes[0]));
                length = isUtf8 ? length : 1;
            }
            bytes = bytes[length..];
        }
        repairs.Add(new(isUtf8 ? RepairKind.InvalidUtf8 : RepairKind.Windows1252, wrong));
        return text.ToString();
    }

    /// <summary>Counts multi-byte characters and invalid bytes.</summary>
    static (int Sequences, int Wrong) Survey(ReadOnlySpan<byte> bytes)
    {
        int sequences = 0, wrong = 0;
        while (!bytes.IsEmpty)
        {
            bool isDone = Rune.DecodeFromUtf8(bytes, out _, out int length) == OperationStatus.Done;
            sequences += isDone && length > 1 ? 1 : 0;
            wrong += isDone ? 0 : 1;
            bytes = bytes[(isDone ? length : 1)..];
        }
        return (sequences, wrong);
    }

    static RepairedText Clean(string text, List<RepairCount> repairs)
    {
        text = Mojibake.Repair(text, out int misread);
        Note(repairs, RepairKind.Mojibake, misread);
        int lost = text.AsSpan().Count(Replacement);
        if (lost > 0)
        {
            text = text.Replace(Replacement.ToString(), "", StringComparison.Ordinal);
            Note(repairs, RepairKind.ReplacementCharacters, lost);
        }
        int controls = CountAny(text, s_controls);
        if (controls > 0)
        {
            text = Without(text, s_controls);
            Note(repairs, RepairKind.ControlCharacters, controls);
        }
        int ends = CountAny(text, s_lineEnds);
        if (ends > 0)
        {
            text = text.Replace("\r\n", "\n", StringComparison.Ordinal)
                .Replace('\r', '\n').Replace('\f', '\n').Replace('\v', '\n').Replace(NextLine, '\n');
            Note(repairs, RepairKind.LineEnds, ends);
        }
        return new(text, repairs);
    }

    static void Note(List<RepairCount> repairs, RepairKind kind, int places)
    {
        if (places > 0)
        {
            repairs.Add(new(kind, places));
        }
    }

    static int CountAny(ReadOnlySpan<char> text, SearchValues<char> values)
    {
        int count = 0;
        for (int at = text.IndexOfAny(values); at >= 0; at = text.IndexOfAny(values))
        {
            count++;
            text = text[(at + 1)..];
        }
        return count;
    }

    static string Without(ReadOnlySpan<char> text, SearchValues<char> values)
    {
        StringBuilder kept = new(text.Length);
        for (int at = text.IndexOfAny(values); at >= 0; at = text.IndexOfAny(values))
        {
            kept.Append(text[..at]);
            text = text[(at + 1)..];
        }
        return kept.Append(text).ToString();
    }
}
