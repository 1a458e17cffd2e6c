using System.IO.Compression;
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
    void Check(IFilter filter, ReadOnlyMemory<byte> input)
    {
        if ((long)input.Length * MaxExpansion <= _limits.PartBytes)
        {
            return;
        }
        if (input.Length > _limits.PartBytes || (filter switch
        {
            FlateFilter => Inflated(input),
            LzwFilter or RunLengthFilter => (long)input.Length * 16, // texts and images in these old formats expand by less
            _ => input.Length,
        }) > _limits.PartBytes)
        {
            throw Exceeded($"a stream unpacks to more than {_limits.PartBytes >> 20} MiB");
        }
    }

    /// <summary>Returns the size of a stream after inflation, counted up to just beyond the bound.</summary>
    long Inflated(ReadOnlyMemory<byte> input)
    {
        const int Header = 2; // of zlib, which DeflateStream does not read
        if (input.Length <= Header || !MemoryMarshal.TryGetArray(input[Header..], out ArraySegment<byte> bytes))
        {
            return 0;
        }
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
            owner.Check(filter, input);
            Memory<byte> output = filter.Decode(input, streamDictionary, filterProvider, filterIndex);
            owner.Count(output.Length);
            return output;
        }
    }
}

/// <summary>The exception for a part of a PDF file that exceeds a limit. The message has no file name and no full stop.</summary>
sealed class PdfLimitException(string message) : Exception(message);
