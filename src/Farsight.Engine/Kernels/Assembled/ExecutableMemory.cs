using System.Runtime.InteropServices;

namespace Farsight.Engine.Kernels.Assembled;

/// <summary>Places machine code in memory that is never writable and executable at once.</summary>
/// <remarks>
/// The code is written first, and the memory is made executable and read-only afterwards. A page without access lies before and after
/// it, and int3 fills the rest of its last page, so that a jump or a run beyond an end stops at once. A policy may refuse, such as SELinux
/// without execmem. A process that refuses all memory to become executable (PR_SET_MDWE) cannot run .NET's own compiler either. Windows
/// and macOS are not tested.
/// </remarks>
static unsafe partial class ExecutableMemory
{
    /// <summary>Bytes of a page on x64.</summary>
    internal const int Page = 4096;

    const byte Trap = 0xCC; // int3

    /// <summary>Makes code executable for the rest of the process; a process needs a handful of kernels, which are not freed.</summary>
    /// <param name="code">Position-independent machine code.</param>
    /// <param name="entry">Address of its first byte.</param>
    /// <param name="refusal">Why the system refuses, in its words; empty on success.</param>
    internal static bool TryWrite(ReadOnlySpan<byte> code, out nint entry, out string refusal)
    {
        nuint size = (nuint)((code.Length + Page - 1) / Page * Page);
        entry = OperatingSystem.IsWindows() ? Windows.Reserve(size)
            : OperatingSystem.IsLinux() || OperatingSystem.IsMacOS() ? Posix.Reserve(size)
            : throw new PlatformNotSupportedException("Only Linux, macOS and Windows have executable memory here.");
        if (entry != 0)
        {
            Span<byte> memory = new((void*)entry, (int)size);
            memory.Fill(Trap);
            code.CopyTo(memory);
            if (OperatingSystem.IsWindows() ? Windows.TryExecute(entry, size) : Posix.TryExecute(entry, size))
            {
                refusal = "";
                return true;
            }
        }
        refusal = Marshal.GetLastPInvokeErrorMessage();
        entry = 0;
        return false;
    }

    static partial class Posix
    {
        const int None = 0, Read = 1, Write = 2, Execute = 4, Private = 2;
        const nint Failed = -1;

        static int Anonymous => OperatingSystem.IsMacOS() ? 0x1000 : 0x20;

        /// <summary>Returns writable memory between two pages without access; 0 on failure.</summary>
        internal static nint Reserve(nuint size)
        {
            nint all = MemoryMap(0, size + 2 * Page, None, Private | Anonymous, -1, 0);
            return all != Failed && Protect(all + Page, size, Read | Write) == 0 ? all + Page : 0;
        }

        internal static bool TryExecute(nint memory, nuint size) => Protect(memory, size, Read | Execute) == 0;

        [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
        private static partial nint MemoryMap(nint address, nuint size, int protection, int flags, int file, nint offset);

        [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
        private static partial int Protect(nint address, nuint size, int protection);
    }

    static partial class Windows
    {
        const uint CommitPages = 0x1000, ReservePages = 0x2000, ReadWrite = 0x04, ExecuteRead = 0x20;

        /// <inheritdoc cref="Posix.Reserve"/>
        internal static nint Reserve(nuint size)
        {
            // Pages that are reserved but not committed have no access.
            nint all = VirtualAlloc(0, size + 2 * Page, ReservePages, ReadWrite);
            return all == 0 ? 0 : VirtualAlloc(all + Page, size, CommitPages, ReadWrite);
        }

        internal static bool TryExecute(nint memory, nuint size) =>
            VirtualProtect(memory, size, ExecuteRead, out _) && FlushInstructionCache(GetCurrentProcess(), memory, size);

        [LibraryImport("kernel32", SetLastError = true)]
        private static partial nint VirtualAlloc(nint address, nuint size, uint type, uint protection);

        [LibraryImport("kernel32", SetLastError = true)]
        [return: MarshalAs(UnmanagedType.Bool)]
        private static partial bool VirtualProtect(nint address, nuint size, uint protection, out uint old);

        [LibraryImport("kernel32", SetLastError = true)]
        [return: MarshalAs(UnmanagedType.Bool)]
        private static partial bool FlushInstructionCache(nint process, nint address, nuint size);

        [LibraryImport("kernel32")]
        private static partial nint GetCurrentProcess();
    }
}
