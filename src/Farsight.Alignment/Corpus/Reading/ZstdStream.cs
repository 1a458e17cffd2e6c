using System.Runtime.InteropServices;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>Decompresses Zstandard with the system's own library, where there is one.</summary>
/// <remarks>.NET 10 reads gzip and Brotli only. The functions are those that zstd.h calls stable (ZSTD_DStream).</remarks>
sealed class ZstdStream : ForwardStream
{
    static readonly string[] s_names = ["libzstd.so.1", "libzstd.1.dylib", "libzstd", "zstd"];
    static readonly Lazy<Library?> s_library = new(Load);

    readonly Library _library;
    readonly Stream _compressed;
    readonly nint _context;
    readonly byte[] _input = GC.AllocateArray<byte>(1 << 17, pinned: true), _output = GC.AllocateArray<byte>(1 << 17, pinned: true);
    Part _in, _out;
    int _taken; // of the output, by the reader
    bool _isFrameOpen, _isDisposed;

    ZstdStream(Library library, Stream compressed)
    {
        (_library, _compressed, _context) = (library, compressed, library.Create());
        _in = new() { Start = Marshal.UnsafeAddrOfPinnedArrayElement(_input, 0) };
        _out = new() { Start = Marshal.UnsafeAddrOfPinnedArrayElement(_output, 0), Size = (nuint)_output.Length };
    }

    delegate nint CreateStream();

    delegate nuint FreeStream(nint context);

    delegate nuint DecompressStream(nint context, ref Part output, ref Part input);

    delegate uint IsErrorCode(nuint code);

    /// <summary>A stream of the decompressed bytes; null where the system has no library. It owns <paramref name="compressed"/>.</summary>
    internal static ZstdStream? Open(Stream compressed) => s_library.Value is { } library ? new(library, compressed) : null;

    /// <exception cref="InvalidDataException">The data are damaged or end too early.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (_taken == (int)_out.Position)
        {
            Produce();
        }
        int count = Math.Min(buffer.Length, (int)_out.Position - _taken);
        _output.AsSpan(_taken, count).CopyTo(buffer);
        _taken += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            _ = _library.Free(_context);
            _compressed.Dispose();
        }
        base.Dispose(disposing);
    }

    /// <summary>Fills the output; leaves it empty at the end of the file.</summary>
    void Produce()
    {
        bool holdsMore = _out.Position == _out.Size; // than its last output had room for
        (_taken, _out.Position) = (0, 0);
        while (_out.Position == 0)
        {
            if (_in.Position == _in.Size && !holdsMore && !Fill())
            {
                return;
            }
            holdsMore = false;
            nuint left = _library.Decompress(_context, ref _out, ref _in);
            if (_library.IsError(left) != 0)
            {
                throw new InvalidDataException("The compressed data are damaged.");
            }
            _isFrameOpen = left != 0;
        }
    }

    bool Fill()
    {
        (_in.Position, _in.Size) = (0, (nuint)_compressed.Read(_input));
        return _in.Size > 0 || (_isFrameOpen ? throw new InvalidDataException("The compressed data end inside a frame.") : false);
    }

    static Library? Load()
    {
        foreach (string name in s_names)
        {
            if (NativeLibrary.TryLoad(name, out nint handle))
            {
                return new(
                    Function<CreateStream>(handle, "ZSTD_createDStream"), Function<FreeStream>(handle, "ZSTD_freeDStream"),
                    Function<DecompressStream>(handle, "ZSTD_decompressStream"), Function<IsErrorCode>(handle, "ZSTD_isError"));
            }
        }
        return null;
    }

    static T Function<T>(nint library, string name)
        where T : Delegate => Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(library, name));

    /// <summary>ZSTD_inBuffer and ZSTD_outBuffer.</summary>
    [StructLayout(LayoutKind.Sequential)]
    struct Part
    {
        public nint Start;
        public nuint Size;
        public nuint Position;
    }

    sealed record Library(CreateStream Create, FreeStream Free, DecompressStream Decompress, IsErrorCode IsError);
}
