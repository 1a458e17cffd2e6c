using System.Runtime.InteropServices;

namespace Farsight.Engine.Files;

/// <summary>Tells regular files from named pipes, sockets and devices, which can block a reader forever.</summary>
public static partial class RegularFile
{
    const int CurrentFolder = -100, Mode = 2; // AT_FDCWD, STATX_TYPE | STATX_MODE
    const int KindMask = 0xF000, Regular = 0x8000;
    const int SizeOfStatx = 256, OffsetOfMode = 28;

    /// <summary>Returns whether a path is a regular file, or a link to one. True on systems that cannot tell.</summary>
    /// <param name="path">Path of an existing file.</param>
    public static bool Is(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return true;
        }
        Span<byte> found = stackalloc byte[SizeOfStatx];
        try
        {
            return Stat(CurrentFolder, path, 0, Mode, ref found[0]) != 0
                || (MemoryMarshal.Read<ushort>(found[OffsetOfMode..]) & KindMask) == Regular;
        }
        catch (EntryPointNotFoundException)
        {
            return true;
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(int folder, string path, int flags, uint mask, ref byte found);
}
