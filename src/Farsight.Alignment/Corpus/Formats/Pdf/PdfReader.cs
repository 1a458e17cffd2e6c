using Farsight.Engine;
using UglyToad.PdfPig;
using UglyToad.PdfPig.Exceptions;
using UglyToad.PdfPig.Logging;

namespace Farsight.Alignment.Corpus.Formats.Pdf;

/// <summary>Extracts the text of PDF files: in reading order, without running heads, with words that line ends divide joined.</summary>
/// <remarks>
/// PdfPig parses the file. It bounds neither filters nor page trees, so <see cref="PdfFilters"/> decodes the streams, and the file is read
/// on a thread with a deep stack.
/// </remarks>
sealed class PdfReader : IFormatReader
{
    const int HeaderWithin = 1024; // bytes, as other readers accept
    const int StackBytes = 256 << 20; // reserved, and used only by page trees of many levels
    const int MaxPages = 50_000;
    const int MaxReasons = 2; // in the message about a file without text

    /// <inheritdoc/>
    public string Name => "PDF";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".pdf"];

    /// <inheritdoc/>
    public bool Recognizes(ReadOnlySpan<byte> head) => head[..Math.Min(head.Length, HeaderWithin)].IndexOf("%PDF-"u8) >= 0;

    /// <inheritdoc/>
    public FormattedText Read(Stream file, FormatLimits limits)
    {
        if (file.Length == 0)
        {
            throw new InputException("the file is empty (0 bytes)");
        }
        byte[] head = new byte[HeaderWithin];
        if (!Recognizes(head.AsSpan(0, file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false))))
        {
            throw new InputException("the file is not a PDF: it has no %PDF- header");
        }
        List<string> warnings = HasEnd(file) ? [] : ["the end of the file is missing, so text may be missing"];
        file.Position = 0;
        FormattedText? text = null;
        Exception? fault = null;
        Thread thread = new(
            () =>
            {
                try
                {
                    text = Extract(file, limits, warnings);
                }
#pragma warning disable CA1031 // the exception is thrown again on the thread of the caller
                catch (Exception e)
#pragma warning restore CA1031
                {
                    fault = e;
                }
            },
            StackBytes);
        thread.Start();
        thread.Join();
        return text ?? throw (fault as InputException ?? new InputException(Reason(fault!), fault!));
    }

    static FormattedText Extract(Stream file, FormatLimits limits, List<string> warnings)
    {
        PdfFilters filters = new(limits);
        Log log = new();
        ParsingOptions options = new()
        {
            FilterProvider = filters,
            Logger = log,
            MaxStackDepth = limits.Depth,
            SkipMissingFonts = true,
        };
        using PdfDocument document = PdfDocument.Open(file, options);
        document.AddPageFactory<PdfPage, PdfPageFactory>();
        int count = document.NumberOfPages;
        if (count == 0)
        {
            throw new InputException("the file is damaged: its page tree has no pages");
        }
        if (count > MaxPages)
        {
            throw new InputException($"the file has {count} pages; the limit is {MaxPages}, so split it");
        }
        if (log.HasOtherPageCount)
        {
            warnings.Add($"the file states another number of pages than the {count} that were found, so pages may be missing");
        }
        List<PdfPage> pages = [];
        List<(int Page, string Fault)> faults = [];
        for (int number = 1; number <= count; number++)
        {
            log.IsFontMissing = log.IsFormNested = false;
            try
            {
                PdfPage page = document.GetPage<PdfPage>(number);
                pages.Add(page);
                faults.AddRange(Faults(page, log).Select(f => (number, f)));
            }
#pragma warning disable CA1031 // PdfPig throws exceptions of every kind for damaged pages; the other pages are still of use
            catch (Exception e)
#pragma warning restore CA1031
            {
                faults.Add((number, $"cannot be read: {Reason(e)}"));
            }
        }
        warnings.AddRange(Sentences(faults));
        if (filters.IsExceeded && faults.Count == 0)
        {
            warnings.Add("a stream exceeds the limits on unpacked data and was left out");
        }
        (string text, List<TextMark> marks) = PdfText.Of(pages);
        return !string.IsNullOrWhiteSpace(text)
            ? new(text, marks, warnings)
            : throw new InputException(
                warnings.Count > 0 ? $"the file has no text: {string.Join("; ", warnings.Take(MaxReasons))}" : "the file has no text");
    }

    /// <summary>Returns what is missing of a page.</summary>
    static IEnumerable<string> Faults(PdfPage page, Log log)
    {
        const int Drawing = 20; // painted paths; fewer are rules and frames
        bool hasText = page.Glyphs.Values.Any(g => g.Exists(c => !c.IsSpace));
        if (page.Unmapped > 0)
        {
            yield return hasText
                ? $"has {page.Unmapped} characters without a map to Unicode, which were left out"
                : "has no readable text: the font has no map to Unicode";
        }
        else if (!hasText && page.Images > 0)
        {
            yield return "has no text (scanned image)";
        }
        else if (!hasText && page.Paths >= Drawing)
        {
            yield return "has no text (drawing)";
        }
        if (log.IsFontMissing)
        {
            yield return "has text in a font that the file does not contain, which was left out";
        }
        if (log.IsFormNested)
        {
            yield return "has a form that draws itself, which was drawn once";
        }
    }

    /// <summary>Combines equal faults of several pages into one sentence.</summary>
    static IEnumerable<string> Sentences(IEnumerable<(int Page, string Fault)> faults)
    {
        const int MaxNumbers = 10;
        foreach (IGrouping<string, int> same in faults.GroupBy(f => f.Fault, f => f.Page))
        {
            int[] pages = [.. same];
            string more = pages.Length > MaxNumbers ? $" and {pages.Length - MaxNumbers} more" : "";
            yield return pages.Length == 1 ? $"page {pages[0]} {same.Key}"
                : $"pages {string.Join(", ", pages.Take(MaxNumbers))}{more} {Plural(same.Key)}";
        }
    }

    static string Plural(string fault) => fault.StartsWith("has ", StringComparison.Ordinal) ? $"have {fault[4..]}" : fault;

    static string Reason(Exception fault) => fault switch
    {
        PdfDocumentEncryptedException => "the file is encrypted with a password",
        PdfLimitException => fault.Message,
        OutOfMemoryException => "it needs more memory than the limit",
        _ when fault.InnerException is PdfLimitException or PdfDocumentEncryptedException => Reason(fault.InnerException),
        _ => $"the file is damaged ({Short(fault.Message)})",
    };

    /// <summary>Shortens a message of PdfPig, which may print whole objects.</summary>
    static string Short(string message)
    {
        const int MaxLength = 120;
        string line = new([.. message.Select(c => char.IsControl(c) ? ' ' : c)]);
        return line.Length <= MaxLength ? line.TrimEnd('.', ' ') : line[..MaxLength] + "…";
    }

    /// <summary>Returns whether the file has the mark of its end near its end; some programs add zeros or lines behind it.</summary>
    static bool HasEnd(Stream file)
    {
        const int Near = 1 << 16;
        byte[] tail = new byte[(int)Math.Min(file.Length, Near)];
        file.Position = file.Length - tail.Length;
        file.ReadExactly(tail);
        return tail.AsSpan().IndexOf("%%EOF"u8) >= 0 || tail.AsSpan().IndexOf("startxref"u8) >= 0;
    }

    /// <summary>Notes the warnings of PdfPig that say that text is missing.</summary>
    sealed class Log : ILog
    {
        internal bool HasOtherPageCount { get; private set; }

        internal bool IsFontMissing { get; set; }

        internal bool IsFormNested { get; set; }

        public void Debug(string message)
        {
        }

        public void Debug(string message, Exception ex)
        {
        }

        public void Warn(string message)
        {
            HasOtherPageCount |= message.Contains("Page Count", StringComparison.Ordinal);
            IsFontMissing |= message.StartsWith("Skipping a missing font", StringComparison.Ordinal);
            IsFormNested |= message.Contains("draw itself", StringComparison.Ordinal)
                || message.Contains("referencing itself", StringComparison.Ordinal);
        }

        public void Error(string message)
        {
        }

        public void Error(string message, Exception ex)
        {
        }
    }
}
