using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Farsight.Engine.Files;

/// <summary>A file mapped into memory for reading: nothing is copied, and the system loads a page when it is first touched.</summary>
/// <remarks>A file must not be shortened while it is mapped. Files are replaced by renaming, which leaves the old map whole.</remarks>
public sealed unsafe partial class MappedFile : IDisposable
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

    /// <summary>Bytes in the file.</summary>
    public long Length { get; }

    /// <summary>Maps a whole file.</summary>
    /// <exception cref="InputException">The file is missing or must not be read.</exception>
    public static MappedFile Open(string path)
    {
        try
        {
            return new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or PathTooLongException)
        {
            throw new InputException($"{path} does not exist; check the path.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InputException($"{path} cannot be read; it must be a file, and you need the permission to read it.", e);
        }
    }

    /// <summary>
    /// Bytes <paramref name="start"/> to <paramref name="start"/> + <paramref name="count"/> − 1; valid until <see cref="Dispose"/>.
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

    /// <summary>Gives back the memory that some bytes fill; reading them again loads them again.</summary>
    /// <remarks>Whole pages only. Where the system has no such call, nothing happens: it takes pages of a file back by itself when memory
    /// is short.</remarks>
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
