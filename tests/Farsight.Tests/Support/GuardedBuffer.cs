using System.Runtime.InteropServices;

namespace Farsight.Tests.Support;

/// <summary>A float buffer that ends against an unreadable page: an out-of-range load crashes instead of passing.</summary>
sealed unsafe class GuardedBuffer : IDisposable
{
    readonly nint _map;
    readonly nuint _bytes;
    readonly float* _start;
    readonly int _count;

    internal GuardedBuffer(float[] values)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        nuint body = ((nuint)values.Length * sizeof(float) + page - 1) / page * page;
        _bytes = body + page;
        _map = mmap(0, _bytes, 3, 0x22, -1, 0);
        if (_map == -1 || mprotect(_map + (nint)body, page, 0) != 0)
        {
            throw new InvalidOperationException("mmap or mprotect failed.");
        }
        _count = values.Length;
        _start = (float*)(_map + (nint)body) - _count;
        values.CopyTo(Span);
    }

    internal Span<float> Span => new(_start, _count);

    public void Dispose() => _ = munmap(_map, _bytes);

    [DllImport("libc", SetLastError = true)] static extern nint mmap(nint addr, nuint length, int prot, int flags, int fd, nint offset);
    [DllImport("libc", SetLastError = true)] static extern int mprotect(nint addr, nuint len, int prot);
    [DllImport("libc", SetLastError = true)] static extern int munmap(nint addr, nuint length);
}
