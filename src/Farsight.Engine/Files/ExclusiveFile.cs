namespace Farsight.Engine.Files;

/// <summary>Opens files that one process holds at a time, also in a shared folder. The system releases them when the process
/// ends.</summary>
/// <remarks>No other .NET process can read such a file meanwhile: on Linux and macOS a reader takes a shared lock on it.</remarks>
public static class ExclusiveFile
{
    // The system's error for a file that another process holds: a sharing violation on Windows, EWOULDBLOCK on Linux and macOS.
    static readonly int[] s_held = [unchecked((int)0x80070020), 11, 35];

    /// <summary>Opens a file for reading and writing, and creates it and its folder where they are missing.</summary>
    /// <exception cref="InUseException">Another process holds the file.</exception>
    /// <exception cref="InputException">The file cannot be written, or its folder cannot be created.</exception>
    public static FileStream Open(string path) =>
        TryOpen(path) ?? throw new InUseException($"{path} is in use by another process; wait for that process or stop it.");

    /// <summary>Opens a file as <see cref="Open"/> does, and returns null if another process holds it.</summary>
    /// <exception cref="InputException">The file cannot be written, or its folder cannot be created.</exception>
    public static FileStream? TryOpen(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        try
        {
            Directory.CreateDirectory(folder);
            return new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (s_held.Contains(e.HResult))
        {
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InputException(
                $"{path} cannot be written: the permission is missing, or a folder has that name; choose another output path.", e);
        }
        catch (IOException e) when (!Directory.Exists(folder))
        {
            throw new InputException($"The folder {folder} cannot be created; choose another output folder.", e);
        }
    }
}

/// <summary>Reports a file or folder that another process uses; it is free once that process has ended.</summary>
public sealed class InUseException : InputException
{
    /// <summary>Creates the exception with a message that is shown as it is.</summary>
    public InUseException(string message)
        : base(message)
    {
    }
}
