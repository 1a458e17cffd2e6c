using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Farsight.Engine.Files;

/// <summary>Represents a file mapped into memory for reading: the system loads a page when it is first read.</summary>
/// <remarks>A file must not be truncated while it is mapped. Replacing it by a rename keeps the old map valid.</remarks>
sealed unsafe partial class MappedFile : IDisposable
{
    readonly MemoryMappedFile? _map;
    readonly MemoryMappedViewAccessor? _view;
    byte* _data;
    bool _disposed;

    MappedFile(FileStream file)
    {
        Length = file.Length;
        if (Length == 0)
        {
            file.Dispose(); // an empty file cannot be mapped, and need not be
            return;
        }
        _map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _data);
    }

    /// <summary>Number of bytes.</summary>
    public long Length { get; }

    /// <summary>Maps a whole file.</summary>
    /// <exception cref="InputException">The file is missing or cannot be read.</exception>
    public static MappedFile Open(string path)
    {
        MappedFile file;
        try
        {
            file = new(new FileStream(RegularFile.Require(path), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RegularFile.Refusal(path, e);
        }
        try
        {
            const int Beginning = 64;
            GitLfsPointer.Refuse(path, file.Bytes(0, (int)Math.Min(Beginning, file.Length)));
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Returns <paramref name="count"/> bytes from <paramref name="start"/> on; valid until <see cref="Dispose"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the file.</exception>
    /// <exception cref="ObjectDisposedException">The file is unmapped.</exception>
    public ReadOnlySpan<byte> Bytes(long start, int count)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Length - count);
        return new(_data + start, count);
    }

    /// <summary>Frees the memory of some bytes; reading them again loads them again.</summary>
    /// <remarks>Frees whole pages only. Systems without such a call do nothing: they free pages of files when memory is short.</remarks>
    public void Forget(long start, long count)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        long page = Environment.SystemPageSize, first = (start + page - 1) / page * page, end = (start + count) / page * page;
        if (OperatingSystem.IsLinux() && end > first)
        {
            const int DontNeed = 4;
            _ = Advise(_data + first, (nuint)(end - first), DontNeed); // advice only
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        _view?.SafeMemoryMappedViewHandle.ReleasePointer();
        _view?.Dispose();
        _map?.Dispose();
    }
}
