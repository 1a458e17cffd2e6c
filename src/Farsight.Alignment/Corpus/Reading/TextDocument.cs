using System.Text;
using System.Text.Unicode;
using Farsight.Alignment.Corpus.Repair;
using Farsight.Engine;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>Reads a file that is one document.</summary>
static class TextDocument
{
    // Where more of a text is lost than this, the file is something else.
    const double MostLost = 0.01;

    /// <summary>Reads the file.</summary>
    /// <exception cref="InputException">It cannot be read; or repair is not wanted, and it is empty or not UTF-8; or strictness is, and it
    /// is too large.</exception>
    internal static CandidateDocument Read(CorpusFile file, CorpusOptions options)
    {
        if (CorpusStream.ReadAll(file) is not { } bytes)
        {
            return options.IsStrict
                ? throw CorpusStream.TooLarge($"'{file.Path}'")
                : new(new(file.Id, "", []), [], DropReason.TooLarge);
        }
        return options.Repair ? Repaired(file, bytes.Span) : new(new(file.Id, Strict(file, bytes.Span), []), [], null);
    }

    /// <summary>Returns whether too much of a text is lost to use it.</summary>
    internal static bool IsGarbled(CandidateDocument found)
    {
        long lost = 0;
        foreach (RepairCount repair in found.Repairs)
        {
            lost += repair.Kind is RepairKind.ReplacementCharacters or RepairKind.ControlCharacters ? repair.Places : 0;
        }
        return lost > MostLost * (found.Document.Text.Length + lost);
    }

    static CandidateDocument Repaired(CorpusFile file, ReadOnlySpan<byte> bytes)
    {
        RepairedText clean = TextRepair.Decode(bytes);
        return new(new(file.Id, clean.Text, []), clean.Repairs, null);
    }

    static string Strict(CorpusFile file, ReadOnlySpan<byte> bytes)
    {
        bytes = bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes;
        if (!Utf8.IsValid(bytes))
        {
            throw new InputException(
                $"'{file.Path}', line {1 + BreaksBeforeDamage(bytes)}: the bytes are not UTF-8; save the file as UTF-8.");
        }
        string text = Encoding.UTF8.GetString(bytes);
        return !string.IsNullOrWhiteSpace(text)
            ? text
            : throw new InputException($"'{file.Path}' contains no text; add text or remove the file.");
    }

    /// <summary>Counts line breaks before the first byte that is not UTF-8.</summary>
    static int BreaksBeforeDamage(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out int length) == System.Buffers.OperationStatus.Done)
        {
            at += length;
        }
        return bytes[..at].Count((byte)'\n');
    }
}
