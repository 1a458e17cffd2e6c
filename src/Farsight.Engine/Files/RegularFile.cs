using System.Runtime.InteropServices;

namespace Farsight.Engine.Files;

/// <summary>Reads regular files, and refuses named pipes, sockets and devices, which can block a reader forever.</summary>
public static partial class RegularFile
{
    const int CurrentFolder = -100, Mode = 2; // AT_FDCWD, STATX_TYPE | STATX_MODE
    const int KindMask = 0xF000, Regular = 0x8000, Folder = 0x4000;
    const int SizeOfStatx = 256, OffsetOfMode = 28;
    const int BytesOfStart = 4096;

    /// <summary>Returns false for a pipe, socket or device, or a link to one; else true. True on systems that cannot tell.</summary>
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
                || (MemoryMarshal.Read<ushort>(found[OffsetOfMode..]) & KindMask) is Regular or Folder;
        }
        catch (EntryPointNotFoundException)
        {
            return true;
        }
    }

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="InputException">The path is a pipe, socket or device.</exception>
    public static FileStream OpenRead(string path) => File.OpenRead(Require(path));

    /// <summary>Reads all bytes of a file.</summary>
    /// <exception cref="InputException">The path is a pipe, socket or device.</exception>
    public static byte[] ReadAllBytes(string path) => File.ReadAllBytes(Require(path));

    /// <summary>Reads the text of a file.</summary>
    /// <exception cref="InputException">The path is a pipe, socket or device.</exception>
    public static string ReadAllText(string path) => File.ReadAllText(Require(path));

    /// <summary>Refuses a file of a known binary kind or with a zero byte near its start: texts in UTF-8 have none.</summary>
    /// <returns>The path.</returns>
    /// <exception cref="InputException">The path is a pipe, socket or device, or the file is not a text.</exception>
    public static string RequireText(string path)
    {
        Span<byte> start = stackalloc byte[BytesOfStart];
        using FileStream file = OpenRead(path);
        start = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        bool isUtf16 = start is [0xFE, 0xFF, ..] or [0xFF, 0xFE, ..];
        if (BinaryKind.Of(start) is { } kind)
        {
            throw new InputException($"{path} seems to be {kind}; use a text file.");
        }
        if (start.Contains((byte)0) && !isUtf16)
        {
            throw new InputException($"{path} is a binary file; use a text file.");
        }
        return path;
    }

    /// <summary>Reads the lines of a file one after the other.</summary>
    /// <exception cref="InputException">The path is a pipe, socket or device.</exception>
    public static IEnumerable<string> ReadLines(string path) => File.ReadLines(Require(path));

    /// <summary>Returns the error for a file that could not be opened or read.</summary>
    internal static InputException Refusal(string path, Exception cause) => new(
        cause switch
        {
            FileNotFoundException or DirectoryNotFoundException or PathTooLongException => $"{path} does not exist; check the path.",
            UnauthorizedAccessException => $"{path} cannot be read; check that it is a file and that you have read permission.",
            _ => $"{path} cannot be read; check that it is the right file and that its disk works. {cause.Message}",
        },
        cause);

    /// <summary>Returns the path of a regular file, or of none.</summary>
    /// <exception cref="InputException">The path is a pipe, socket or device.</exception>
    public static string Require(string path) =>
        Is(path) ? path : throw new InputException($"{path} is a pipe, socket or device; use a regular file.");

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(int folder, string path, int flags, uint mask, ref byte found);
}
