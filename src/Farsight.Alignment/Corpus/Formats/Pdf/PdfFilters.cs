using System.IO.Compression;
using System.Numerics;
using System.Runtime.InteropServices;
using UglyToad.PdfPig.Filters;
using UglyToad.PdfPig.Tokens;

namespace Farsight.Alignment.Corpus.Formats.Pdf;

/// <summary>Decodes the streams of one PDF file within bounds. PdfPig itself has none.</summary>
sealed class PdfFilters : IFilterProvider
{
    // Deflate expands by at most 1032, LZW by less than 1400 (12-bit codes of 4,096 bytes), run lengths by 64.
    const int MaxExpansion = 1400;

    // A chain of filters is at most this long in practice; each further one multiplies the size.
    const int MaxChain = 8;

    const int MaxColumns = 1 << 20; // of the rows that a predictor works on

    readonly FormatLimits _limits;
    readonly Dictionary<IFilter, IFilter> _bounded = [];
    long _unpacked;

    internal PdfFilters(FormatLimits limits) => _limits = limits;

    /// <summary>Gets whether a stream exceeded a bound, which PdfPig may have swallowed.</summary>
    internal bool IsExceeded { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<IFilter> GetFilters(DictionaryToken dictionary) => Bounded(DefaultFilterProvider.Instance.GetFilters(dictionary));

    /// <inheritdoc/>
    public IReadOnlyList<IFilter> GetNamedFilters(IReadOnlyList<NameToken> names) =>
        Bounded(DefaultFilterProvider.Instance.GetNamedFilters(names));

    /// <inheritdoc/>
    public IReadOnlyList<IFilter> GetAllFilters() => Bounded(DefaultFilterProvider.Instance.GetAllFilters());

    IReadOnlyList<IFilter> Bounded(IReadOnlyList<IFilter> filters)
    {
        if (filters.Count > MaxChain && filters.Distinct().Count() < filters.Count)
        {
            throw Exceeded($"a stream has more than {MaxChain} filters");
        }
        return [.. filters.Select(f => _bounded.TryGetValue(f, out IFilter? known) ? known : _bounded[f] = new Bound(f, this))];
    }

    /// <summary>Refuses a stream that would unpack to more than the bound, before it does.</summary>
    void Check(IFilter filter, ReadOnlyMemory<byte> input, DictionaryToken stream, int index)
    {
        if (filter is CcittFaxDecodeFilter or DctDecodeFilter or Jbig2DecodeFilter or JpxDecodeFilter)
        {
            throw new NotSupportedException("An image filter is used for something that is no image.");
        }
        DictionaryToken parameters = DecodeParameterResolver.GetFilterParameters(stream, index);
        if (parameters.TryGet(NameToken.Columns, out IToken columns) && columns is NumericToken { Double: > MaxColumns })
        {
            throw Exceeded($"a stream has rows of more than {MaxColumns} columns");
        }
        if ((long)input.Length * MaxExpansion > _limits.PartBytes && UnpackedSize(filter, input) > _limits.PartBytes)
        {
            throw Exceeded($"a stream unpacks to more than {_limits.PartBytes >> 20} MiB");
        }
    }

    /// <summary>Returns the size of a stream after decoding, counted up to just beyond the bound.</summary>
    long UnpackedSize(IFilter filter, ReadOnlyMemory<byte> input) => filter switch
    {
        FlateFilter => Inflated(input),
        LzwFilter => LzwSize(input.Span),
        RunLengthFilter => RunLengthSize(input.Span),
        Ascii85Filter => input.Length + (3L * input.Span.Count((byte)'z')), // a z is four zeros
        _ => input.Length,
    };

    long Inflated(ReadOnlyMemory<byte> input)
    {
        const int Header = 2; // of zlib, which DeflateStream does not read
        if (input.Length <= Header)
        {
            return 0;
        }
        ReadOnlyMemory<byte> body = input[Header..];
        ArraySegment<byte> bytes = MemoryMarshal.TryGetArray(body, out ArraySegment<byte> array) ? array : body.ToArray();
        using MemoryStream packed = new(bytes.Array!, bytes.Offset, bytes.Count, writable: false);
        using DeflateStream inflating = new(packed, CompressionMode.Decompress);
        byte[] buffer = new byte[1 << 16];
        long size = 0;
        try
        {
            for (int read = -1; read != 0 && size <= _limits.PartBytes; size += read)
            {
                read = inflating.Read(buffer);
            }
        }
        catch (InvalidDataException)
        {
            // Damage: PdfPig stops at the same place.
        }
        return size;
    }

    /// <summary>Adds up the lengths of the table entries that the codes stand for (PDF 32000-1, 7.4.4).</summary>
    long LzwSize(ReadOnlySpan<byte> input)
    {
        const int Clear = 256, End = 257, FirstFree = 258, MaxCodes = 4096, FirstWidth = 9, MaxWidth = 12;
        Span<int> lengths = stackalloc int[MaxCodes];
        lengths[..Clear].Fill(1);
        int width = FirstWidth, free = FirstFree, last = 0, bits = 0, held = 0;
        long size = 0;
        foreach (byte next in input)
        {
            (held, bits) = ((held << 8) | next, bits + 8);
            if (bits < width)
            {
                continue;
            }
            bits -= width;
            int code = (held >> bits) & ((1 << width) - 1);
            held &= (1 << bits) - 1;
            if (code == End || size > _limits.PartBytes)
            {
                break;
            }
            if (code == Clear)
            {
                (width, free, last) = (FirstWidth, FirstFree, 0);
                continue;
            }
            int length = code < free ? lengths[code] : last + 1;
            if (last > 0 && free < MaxCodes)
            {
                lengths[free++] = last + 1;
            }
            (size, last) = (size + length, length);
            width = Math.Clamp(BitOperations.Log2((uint)(free + 1)) + 1, FirstWidth, MaxWidth); // one code early, the default
        }
        return size;
    }

    static long RunLengthSize(ReadOnlySpan<byte> input)
    {
        const int End = 128, Longest = 257;
        long size = 0;
        for (int at = 0; at < input.Length && input[at] != End;)
        {
            bool isCopy = input[at] < End;
            size += isCopy ? input[at] + 1 : Longest - input[at];
            at += isCopy ? input[at] + 2 : 2;
        }
        return size;
    }

    void Count(long bytes)
    {
        _unpacked += bytes;
        if (_unpacked > _limits.UnpackedBytes)
        {
            throw Exceeded($"the file unpacks to more than {_limits.UnpackedBytes >> 20} MiB");
        }
    }

    PdfLimitException Exceeded(string message)
    {
        IsExceeded = true;
        return new(message);
    }

    sealed class Bound(IFilter filter, PdfFilters owner) : IFilter
    {
        public bool IsSupported => filter.IsSupported;

        public Memory<byte> Decode(Memory<byte> input, DictionaryToken streamDictionary, IFilterProvider filterProvider, int filterIndex)
        {
            owner.Check(filter, input, streamDictionary, filterIndex);
            Memory<byte> output = filter.Decode(input, streamDictionary, filterProvider, filterIndex);
            owner.Count(output.Length);
            return output;
        }
    }
}

/// <summary>The exception for a part of a PDF file that exceeds a limit. The message has no file name and no full stop.</summary>
sealed class PdfLimitException(string message) : Exception(message);
